"""A record of a table's stream that its function names as failed comes again, as often as the mapping says. The engine reads the answer
for queues only, and goes on as if the batch were done."""

from hooks import find, replace
from ministack.services import lambda_svc

RETRIES = 20
FAILED = {"error": True, "body": {"errorType": "BatchItemFailures", "errorMessage": "the function named records that failed"}}

_failures = {}


def _retries(function):
    arn = (function.get("config") or function).get("FunctionArn", "")
    for _, _, mapping in lambda_svc._iter_all_esms():
        if mapping.get("FunctionArn") == arn and "/stream/" in mapping.get("EventSourceArn", ""):
            retries = mapping.get("MaximumRetryAttempts", RETRIES)
            return retries if retries >= 0 else RETRIES
    return RETRIES


def _execute(original):
    def execute(function, event, *rest, **named):
        answer = original(function, event, *rest, **named)
        records = event.get("Records") if isinstance(event, dict) else None
        if not records or records[0].get("eventSource") != "aws:dynamodb":
            return answer
        batch = (records[0].get("eventSourceARN"), records[0].get("eventID"))
        body = answer.get("body")
        if answer.get("error") or not (isinstance(body, dict) and body.get("batchItemFailures")):
            _failures.pop(batch, None)
            return answer
        _failures[batch] = _failures.get(batch, 0) + 1
        if _failures[batch] <= _retries(function):
            return {**FAILED, "log": answer.get("log", "")}
        _failures.pop(batch)
        return answer

    return execute


def apply():
    find(lambda_svc, "_iter_all_esms")
    replace(lambda_svc, "_execute_function", _execute)
