"""Payload limits of Lambda (6 MB called and waited for, 1 MB as an event) and of an HTTP API (10 MB): the engine takes any size."""

import json

from hooks import replace
from ministack.services import apigateway, lambda_svc

API_BYTES = 10 * 1024 * 1024
CALL_BYTES = 6 * 1024 * 1024
EVENT_BYTES = 1024 * 1024


def _size(value):
    if value is None:
        return 0
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    return len((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode())


def _edge(original):
    async def handle(api_id, stage, path, method, headers, body, *rest, **named):
        if _size(body) > API_BYTES:
            return 413, {"Content-Type": "application/json"}, json.dumps({"message": "Request Entity Too Large"}).encode()
        return await original(api_id, stage, path, method, headers, body, *rest, **named)

    return handle


def _call(original):
    async def invoke(name, event, headers, *rest, **named):
        kind = {key.lower(): value for key, value in headers.items()}.get("x-amz-invocation-type")
        limit = EVENT_BYTES if kind == "Event" else CALL_BYTES
        size = _size(event)
        if size > limit:
            text = f"{size} byte payload is too large for the {kind or 'RequestResponse'} invocation type (limit {limit} bytes)"
            return lambda_svc.error_response_json("RequestTooLargeException", text, 413)
        return await original(name, event, headers, *rest, **named)

    return invoke


def _answer(original):
    def execute(func, event, request_id):
        answer = original(func, event, request_id)
        size = 0 if answer.get("error") else _size(answer.get("body"))
        if size <= CALL_BYTES:
            return answer
        text = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({CALL_BYTES} bytes)."
        return {**answer, "error": True, "body": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}}

    return execute


def apply():
    replace(apigateway, "handle_execute", _edge)
    replace(lambda_svc, "_invoke", _call)
    replace(lambda_svc, "_execute_function_warm", _answer)
