"""A function that a rule calls."""

import json
import time

from ministack.services import eventbridge, lambda_svc
from repairs import rule_targets

ARN = "arn:aws:lambda:us-east-1:000000000000:function:heard"
EVENT = json.dumps({"detail": {"status": "FAILED"}})


def calls_until(monkeypatch, successes):
    """What the function was called with; it fails until it was called so often."""
    seen = []

    def execute(function, event):
        seen.append(event)
        return {"body": None} if len(seen) >= successes else {"error": True, "body": {}}

    record = {"config": {"FunctionName": "heard", "FunctionArn": ARN}, "code_zip": b""}
    monkeypatch.setattr(lambda_svc, "_execute_function", execute)
    monkeypatch.setattr(lambda_svc, "_get_func_record_for_ref", lambda arn: (record, record["config"], "heard"))
    monkeypatch.setattr(lambda_svc, "_execution_record_for_config", lambda func, config: record)
    monkeypatch.setattr(lambda_svc, "_LAMBDA_ASYNC_RETRY_BASE_SECONDS", 0.01)
    return seen


def settled(seen):
    for _ in range(100):
        count = len(seen)
        time.sleep(0.05)
        if count == len(seen) and count > 0:
            return count
    raise AssertionError("it is called without end")


def test_a_rule_calls_a_function_once(monkeypatch):
    seen = calls_until(monkeypatch, successes=3)
    eventbridge._dispatch_to_lambda(ARN, EVENT)
    assert settled(seen) == 1, "the engine tries again by itself now: drop rule_targets"


def test_a_function_that_failed_is_called_again(repair, monkeypatch):
    repair(rule_targets)
    seen = calls_until(monkeypatch, successes=3)
    eventbridge._dispatch_to_lambda(ARN, EVENT)
    assert settled(seen) == 3 and seen[0] == json.loads(EVENT)
