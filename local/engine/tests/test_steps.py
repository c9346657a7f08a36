import json
import threading
import time

import pytest
from ministack.services import stepfunctions
from repairs import steps_callbacks, steps_jsonata, steps_limits, steps_retries, steps_timeouts

TASK = {"Type": "Task", "Resource": "arn:aws:states:::test:do", "End": True}


@pytest.fixture
def task(monkeypatch):
    """Puts a Python function behind `arn:aws:states:::test:`."""

    def put(function):
        monkeypatch.setitem(stepfunctions._SERVICE_DISPATCH, "arn:aws:states:::test:", lambda resource, data: function(data))

    return put


def output(execution):
    assert execution["status"] == "SUCCEEDED", (execution["error"], execution["cause"])
    return json.loads(execution["output"])


def test_succeed_shapes_its_output(repair, machine):
    states = {"Done": {"Type": "Succeed", "Output": "{% $states.input.a + 1 %}"}}
    assert output(machine(states, "Done", {"a": 1})) == {"a": 1}, "drop the Succeed part of steps_jsonata"
    repair(steps_jsonata)
    assert output(machine(states, "Done", {"a": 1})) == 2


def test_parallel_takes_arguments_and_shapes_its_output(repair, machine):
    def branch(expression):
        return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 5}, "Output": expression, "End": True}}}

    states = {
        "Both": {
            "Type": "Parallel",
            "Arguments": {"n": "{% $states.input.a * 10 %}"},
            "Branches": [branch("{% $states.input.n %}"), branch("{% $states.input.n + 1 %}")],
            "Assign": {"kept": "{% $states.result[1] %}"},
            "Output": "{% $sum($states.result) %}",
            "Next": "After",
        },
        "After": {"Type": "Pass", "Output": "{% {'sum': $states.input, 'kept': $kept, 'leaked': $exists($x)} %}", "End": True},
    }
    execution = machine(states, "Both", {"a": 1})
    assert execution["status"] != "SUCCEEDED" or output(execution).get("sum") != 21, "drop the Parallel part of steps_jsonata"
    repair(steps_jsonata)
    assert output(machine(states, "Both", {"a": 1})) == {"sum": 21, "kept": 11, "leaked": False}


def test_a_failing_branch_fails_the_state_and_can_be_caught(repair, machine):
    repair(steps_jsonata)
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "gate_failed", "Cause": "too low"}}}
    states = {
        "Both": {
            "Type": "Parallel",
            "Branches": [failing, failing],
            "End": True,
            "Catch": [{"ErrorEquals": ["gate_failed"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Caught"}],
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    assert output(machine(states, "Both", {})) == "too low"


def test_a_timeout_may_be_an_expression(repair, machine, task):
    task(lambda data: time.sleep(3))
    states = {"Do": {**TASK, "TimeoutSeconds": "{% $states.input.limit %}"}}
    assert machine(states, "Do", {"limit": 0.2})["error"] != "States.Timeout", "drop the expression part of steps_timeouts"
    repair(steps_timeouts)
    assert machine(states, "Do", {"limit": 0.2})["error"] == "States.Timeout"


def test_a_task_learns_that_nobody_waits_for_it(repair, machine, task):
    repair(steps_timeouts)
    seen = []

    def watch(data):
        while steps_timeouts.is_wanted():
            time.sleep(0.02)
        seen.append("given up")

    task(watch)
    assert machine({"Do": {**TASK, "TimeoutSeconds": 0.1}}, "Do", {})["error"] == "States.Timeout"
    time.sleep(0.2)
    assert seen == ["given up"]


def test_an_execution_has_a_timeout(repair, machine, task):
    task(lambda data: time.sleep(1) or {})
    assert machine({"Do": TASK}, "Do", {}, TimeoutSeconds=0.2)["status"] == "SUCCEEDED", "drop the execution part of steps_timeouts"
    repair(steps_timeouts)
    assert machine({"Do": TASK}, "Do", {}, TimeoutSeconds=0.2)["status"] == "TIMED_OUT"


def test_an_execution_that_was_stopped_stays_so(repair, machine, task):
    def stop_and_throw(data):
        execution = list(stepfunctions._executions._data.values())[-1]
        stepfunctions._stop_execution({"executionArn": execution["executionArn"]})
        raise stepfunctions._ExecutionError("late", "the task failed after the stop")

    task(stop_and_throw)
    assert machine({"Do": TASK}, "Do", {})["status"] == "FAILED", "drop the status part of steps_timeouts"
    repair(steps_timeouts)
    assert machine({"Do": TASK}, "Do", {})["status"] == "ABORTED"


CALLBACK = {**TASK, "Resource": "arn:aws:states:::test:do.waitForTaskToken", "Arguments": {"token": "{% $states.context.Task.Token %}"}}


def test_an_attempt_has_a_token_of_its_own(repair, machine, task):
    tokens = []

    def answer(data):
        tokens.append(data["token"])
        kind = "_send_task_failure" if len(tokens) % 2 else "_send_task_success"
        getattr(stepfunctions, kind)({"taskToken": data["token"], "error": "again", "output": '"done"'})

    task(answer)
    states = {"Ask": {**CALLBACK, "Retry": [{"ErrorEquals": ["again"], "IntervalSeconds": 0, "MaxAttempts": 1}]}}
    assert output(machine(states, "Ask", {})) == "done"
    assert tokens[0] == tokens[1], "drop the token part of steps_callbacks"
    repair(steps_timeouts, steps_callbacks)
    assert output(machine(states, "Ask", {})) == "done"
    assert tokens[2] != tokens[3]


def test_a_heartbeat_that_stays_away_fails_the_task(repair, machine, task):
    task(lambda data: None)
    states = {"Ask": {**CALLBACK, "HeartbeatSeconds": "{% 0.1 %}", "TimeoutSeconds": 1}}
    assert machine(states, "Ask", {})["error"] == "States.Timeout", "drop the heartbeat part of steps_callbacks"
    repair(steps_timeouts, steps_callbacks)
    assert machine(states, "Ask", {})["error"] == "States.HeartbeatTimeout"


def test_a_heartbeat_keeps_the_task_alive(repair, machine, task):
    repair(steps_timeouts, steps_callbacks)

    def beat(data):
        def later():
            for _ in range(4):
                time.sleep(0.3)
                stepfunctions._send_task_heartbeat({"taskToken": data["token"]})
            stepfunctions._send_task_success({"taskToken": data["token"], "output": "1"})

        threading.Thread(target=later, daemon=True).start()

    task(beat)
    assert output(machine({"Ask": {**CALLBACK, "HeartbeatSeconds": 0.8}}, "Ask", {})) == 1


def test_a_wait_ends_with_its_execution(repair, machine, task):
    repair(steps_timeouts, steps_callbacks)

    def stop(data):
        execution = list(stepfunctions._executions._data.values())[-1]
        stepfunctions._stop_execution({"executionArn": execution["executionArn"]})

    task(stop)
    assert machine({"Ask": CALLBACK}, "Ask", {})["status"] == "ABORTED"
    assert not stepfunctions._task_tokens


def test_delays_have_jitter_and_a_ceiling():
    retrier = {"IntervalSeconds": 10, "BackoffRate": 2, "MaxDelaySeconds": 50, "JitterStrategy": "FULL"}
    most = lambda low, high: high  # noqa: E731
    assert [steps_retries.delay(retrier, attempt, most) for attempt in range(4)] == [10, 20, 40, 50]
    assert all(0 <= steps_retries.delay(retrier, 2) <= 40 for _ in range(200))
    assert steps_retries.delay({"IntervalSeconds": 100}, 1) == 200


def test_a_retry_waits_as_long_as_it_says(repair, machine, task, monkeypatch):
    slept = []
    monkeypatch.setattr(stepfunctions, "_scaled_sleep", slept.append)

    def fail(data):
        raise stepfunctions._ExecutionError("again", "")

    task(fail)
    states = {"Do": {**TASK, "Retry": [{"ErrorEquals": ["again"], "IntervalSeconds": 10, "MaxAttempts": 3, "MaxDelaySeconds": 25}]}}
    machine(states, "Do", {})
    assert slept == [10, 20, 40], "drop steps_retries"
    slept.clear()
    repair(steps_retries)
    machine(states, "Do", {})
    assert [each for each in slept if each] == [10, 20, 25]


def test_256_kib_may_pass(repair, machine, task):
    task(lambda data: "x" * 300_000)
    caught = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
    states = {"Do": caught, "Caught": {"Type": "Pass", "End": True}}
    assert machine(states, "Do", {})["status"] == "SUCCEEDED", "drop steps_limits"
    repair(steps_limits)
    execution = machine(states, "Do", {})
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")
    named = {"Do": {**TASK, "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Output": "seen", "Next": "Caught"}]}, "Caught": states["Caught"]}
    assert output(machine(named, "Do", {})) == "seen"
