"""`.waitForTaskToken`: a new token for every attempt, heartbeats, and an invocation that throws fails the task.

The engine keeps one token for all attempts, has no heartbeat, swallows the function's error and then waits for ever, also when
the execution was stopped.
"""

import json
import threading
import time

from hooks import find, replace
from ministack.services import stepfunctions
from repairs.steps_timeouts import is_wanted

LOOK_SECONDS = 0.25
CALLBACK = ".waitForTaskToken"


def _arguments(original):
    def arguments(state, data, ctx=None):
        if ctx is not None and CALLBACK in state.get("Resource", ""):
            ctx["Task"] = {"Token": stepfunctions.new_uuid()}
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


def apply():
    find(stepfunctions, "_task_tokens")
    replace(stepfunctions, "_apply_jsonata_arguments", _arguments)
    replace(stepfunctions, "_invoke_with_callback", _callback)
