"""`.waitForTaskToken`: a new token for every attempt, heartbeats, and an invocation that throws fails the task.

The engine keeps one token for all attempts, has no heartbeat, swallows the function's error and then waits for ever, also when
the execution was stopped. It asks policies whether the answer may be sent to everything, where AWS asks about the machine that
gave the token out.
"""

import base64
import json
import threading
import time

from hooks import find, replace
from ministack.core import iam_actions
from ministack.services import stepfunctions
from repairs.steps_timeouts import execution_here, is_wanted

LOOK_SECONDS = 0.25
CALLBACK = ".waitForTaskToken"


def token_of(machine):
    """A new token that tells its machine, also when nobody knows the token any more."""
    return f"{base64.urlsafe_b64encode(machine.encode()).decode()}.{stepfunctions.new_uuid()}"


def machine_of(token):
    machine, dot, _ = token.partition(".")
    try:
        return base64.urlsafe_b64decode(machine).decode() if dot and machine else "*"
    except ValueError:
        return "*"


def _arguments(original):
    def arguments(state, data, ctx=None):
        if ctx is not None and CALLBACK in state.get("Resource", ""):
            ctx["Task"] = {"Token": token_of((execution_here.get() or {}).get("stateMachineArn", ""))}
        return original(state, data, ctx)

    return arguments


def _await(info, timeout, heartbeat):
    end = None if timeout is None else time.monotonic() + timeout
    beat, beat_at = info["heartbeat"], time.monotonic()
    while not info["event"].wait(LOOK_SECONDS if end is None else min(LOOK_SECONDS, max(0.0, end - time.monotonic()))):
        if info["heartbeat"] != beat:
            beat, beat_at = info["heartbeat"], time.monotonic()
        if heartbeat and time.monotonic() - beat_at > heartbeat:
            raise stepfunctions._ExecutionError("States.HeartbeatTimeout", f"No heartbeat within {heartbeat} seconds")
        if end is not None and time.monotonic() >= end:
            raise stepfunctions._ExecutionError("States.Timeout", f"Task timed out after {timeout} seconds")
        if not is_wanted():
            raise stepfunctions._ExecutionError("States.Runtime", "The execution ended while the task waited for its callback")


def _callback(original):
    def invoke(resource, data, token, state):
        info = stepfunctions._task_tokens[token] = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
        try:
            stepfunctions._invoke_resource(resource.replace(CALLBACK, ""), data)
            _await(info, state.get("TimeoutSeconds"), state.get("HeartbeatSeconds"))
        finally:
            stepfunctions._task_tokens.pop(token, None)
        if info["error"]:
            raise stepfunctions._ExecutionError(info["error"].get("Error", "TaskFailed"), info["error"].get("Cause", ""))
        try:
            return json.loads(info["result"])
        except (TypeError, json.JSONDecodeError):
            return info["result"]

    return invoke


def _resource(original):
    def resource_arn(service, method, path, headers, body, *rest):
        if service == "states" and ".SendTask" in headers.get("x-amz-target", ""):
            return machine_of(json.loads(body or b"{}").get("taskToken") or "")
        return original(service, method, path, headers, body, *rest)

    return resource_arn


def apply():
    find(stepfunctions, "_task_tokens")
    replace(stepfunctions, "_apply_jsonata_arguments", _arguments)
    replace(stepfunctions, "_invoke_with_callback", _callback)
    replace(iam_actions, "extract_resource_arn", _resource)
