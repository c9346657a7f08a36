"""Timeouts: a task's as a JSONata expression, an execution's at all, and an execution that ended stays ended.

The engine takes numbers only, ignores `TimeoutSeconds` of the machine, and lets a task that still runs overwrite the status of
an execution that was stopped meanwhile.
"""

import contextvars
import json
import threading

from hooks import replace
from ministack.services import stepfunctions
from repairs.steps_jsonata import is_jsonata

EXPRESSIONS = ("TimeoutSeconds", "HeartbeatSeconds")

#: The execution whose task runs in this context, and whether its state gave the task up.
execution_here = contextvars.ContextVar("execution_here", default=None)
given_up_here = contextvars.ContextVar("given_up_here", default=None)


def is_wanted():
    """False once nobody waits for the task of this context: its execution ended, or its state timed out."""
    execution, given_up = execution_here.get(), given_up_here.get()
    return (execution is None or execution["status"] == "RUNNING") and not (given_up and given_up.is_set())


def _task(original):
    def execute(state, data, execution, ctx):
        if is_jsonata(state, ctx):
            limits = {key: stepfunctions._apply_jsonata_template(state[key], data, ctx) for key in EXPRESSIONS if key in state}
            state = {**state, **limits}
        mark = execution_here.set(execution)
        try:
            return original(state, data, execution, ctx)
        finally:
            execution_here.reset(mark)

    return execute


def _limited(original):
    def invoke(resource, data, timeout):
        given_up = threading.Event()
        mark = given_up_here.set(given_up)
        try:
            return original(resource, data, timeout)
        except stepfunctions._ExecutionError:
            given_up.set()
            raise
        finally:
            given_up_here.reset(mark)

    return invoke


def _fail(original):
    return lambda execution, error, cause: original(execution, error, cause) if execution["status"] == "RUNNING" else None


def _time_out(execution):
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=stepfunctions.now_iso(), error="States.Timeout", cause="")
    stepfunctions._add_event(execution, "ExecutionTimedOut", {})
    stepfunctions._emit_execution_status_event(execution)


def _run(original):
    def run(arn):
        execution = stepfunctions._executions.get(arn)
        machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
        limit = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
        if not limit:
            return original(arn)
        timer = threading.Timer(limit, contextvars.copy_context().run, (_time_out, execution))
        timer.daemon = True
        timer.start()
        try:
            return original(arn)
        finally:
            timer.cancel()

    return run


def apply():
    replace(stepfunctions, "_execute_task", _task)
    replace(stepfunctions, "_invoke_resource_with_timeout", _limited)
    replace(stepfunctions, "_fail_execution", _fail)
    replace(stepfunctions, "_run_execution", _run)
