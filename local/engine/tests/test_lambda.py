import asyncio
import json
import time

from ministack.core import lambda_runtime
from ministack.services import apigateway, lambda_svc
from repairs import api_errors, lambda_errors, lambda_idle, lambda_limits, lambda_logs

THROWS = """
let calls = 0;
export const handler = async (event) => {
  calls += 1;
  if (event.fail) { const error = new Error('refused'); error.name = 'gate_failed'; throw error; }
  return { calls, pid: process.pid };
};
"""


def call(function, event):
    return lambda_svc._execute_function_warm(function, event, "request")


def test_a_thrown_error_keeps_its_name(repair, node_function):
    function = node_function(THROWS)
    assert call(function, {"fail": True})["body"]["errorType"] == "Runtime.HandlerError", "drop lambda_errors"
    lambda_runtime.reset()
    repair(lambda_errors)
    answer = call(function, {"fail": True})
    assert answer["error"] and answer["body"]["errorType"] == "gate_failed" and answer["body"]["errorMessage"] == "refused"
    assert answer["body"]["trace"][0] == "gate_failed: refused" and "gate_failed" in answer["log"]


def test_a_function_that_threw_keeps_its_environment(repair, node_function):
    function = node_function(THROWS)
    first = call(function, {})["body"]["pid"]
    call(function, {"fail": True})
    assert call(function, {})["body"]["pid"] != first, "the engine keeps the worker by itself now"
    lambda_runtime.reset()
    repair(lambda_errors)
    first = call(function, {})["body"]["pid"]
    call(function, {"fail": True})
    answer = call(function, {})
    assert answer["body"] == {"calls": 3, "pid": first} and "error" not in answer


def test_a_process_that_dies_in_a_call_is_an_exit(repair, node_function):
    function = node_function("export const handler = async ({ die }) => { if (die) process.kill(process.pid, 'SIGKILL'); return 1; };")
    assert call(function, {"die": True})["body"]["errorType"] == "Runtime.HandlerError", "the engine tells an exit by itself now"
    lambda_runtime.reset()
    repair(lambda_errors)
    answer = call(function, {"die": True})
    assert answer["error"] and answer["body"]["errorType"] == "Runtime.ExitError" and "trace" not in answer["body"]
    assert call(function, {})["body"] == 1


def test_a_timeout_is_still_a_timeout(repair, node_function):
    repair(lambda_errors)
    answer = call(node_function("export const handler = () => new Promise(() => {});", timeout=1), {})
    assert answer["body"]["errorType"] == "Sandbox.Timedout"


def test_the_last_environment_ends_too(repair, node_function):
    function = node_function(THROWS)
    first = call(function, {})["body"]["pid"]
    assert lambda_svc.reap_idle_workers(0) == 0, "the engine ends the last worker by itself now: drop lambda_idle"
    repair(lambda_idle)
    assert lambda_svc.reap_idle_workers(60) == 0
    assert call(function, {})["body"]["pid"] == first
    assert lambda_svc.reap_idle_workers(0) == 1
    assert call(function, {})["body"] == {"calls": 1, "pid": call(function, {})["body"]["pid"]}


def test_a_silent_function_answers_at_once(repair, node_function):
    function = node_function("export const handler = async () => 1;")
    call(function, {})

    def fastest():
        return min(_seconds(lambda: call(function, {})) for _ in range(5))

    assert fastest() > 0.045, "the engine no longer waits for logs: drop lambda_logs"
    repair(lambda_logs)
    assert fastest() < 0.03


def test_what_a_function_logged_is_kept(repair, node_function):
    repair(lambda_logs)
    function = node_function("export const handler = async () => { console.log('one'); console.error('two'); return 1; };")
    assert {"one", "two"} <= set(call(function, {})["log"].split("\n"))


def test_an_answer_has_at_most_six_megabytes(repair, node_function):
    function = node_function("export const handler = async (event) => 'x'.repeat(event.size);")
    assert "error" not in call(function, {"size": 7_000_000}), "drop the answer's limit of lambda_limits"
    repair(lambda_limits)
    assert call(function, {"size": 7_000_000})["body"]["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(call(function, {"size": 6_000_000})["body"]) == 6_000_000


def test_a_request_has_its_limits(repair, monkeypatch):
    async def taken(*_, **__):
        return 200, {}, b"taken"

    monkeypatch.setattr(lambda_svc, "_invoke", taken)
    monkeypatch.setattr(apigateway, "handle_execute", taken)
    repair(lambda_limits)
    event = {"body": "x" * 2_000_000}
    assert asyncio.run(lambda_svc._invoke("f", event, {}))[0] == 200
    assert asyncio.run(lambda_svc._invoke("f", event, {"X-Amz-Invocation-Type": "Event"}))[0] == 413
    assert asyncio.run(lambda_svc._invoke("f", {"body": "x" * 7_000_000}, {}))[0] == 413
    assert asyncio.run(apigateway.handle_execute("a", "$default", "/", "POST", {}, b"x" * 10_000_000, {}))[0] == 200
    assert asyncio.run(apigateway.handle_execute("a", "$default", "/", "POST", {}, b"x" * 11_000_000, {}))[0] == 413


def test_a_caller_does_not_see_the_error_of_a_function(repair):
    shape = lambda result: lambda_svc.lambda_execute_result_to_api_proxy_response(result)[0]  # noqa: E731
    threw = {"error": True, "body": {"errorType": "TypeError", "errorMessage": "secret", "trace": ["secret"]}}
    assert shape(threw)["statusCode"] == 502, "drop api_errors"
    repair(api_errors)
    assert shape(threw)["statusCode"] == 500 and json.loads(shape(threw)["body"]) == {"message": "Internal Server Error"}
    assert shape({"error": True, "body": {"errorType": "Sandbox.Timedout"}})["statusCode"] == 503
    assert shape({"error": True, "throttle": True, "body": {}})["statusCode"] == 429
    assert shape({"body": {"statusCode": 422, "body": "mine"}}) == {"statusCode": 422, "body": "mine"}


def _seconds(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began
