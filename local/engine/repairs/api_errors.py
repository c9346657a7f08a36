"""What a caller of an HTTP API sees when a function throws or runs out of time: AWS's words, not the error and its stack trace."""

import json

from hooks import replace
from ministack.services import lambda_svc

TIMED_OUT = "Sandbox.Timedout"


def _shape(original):
    def shape(result):
        response, headers = original(result)
        if not result.get("error") or response.get("statusCode") == 429:
            return response, headers
        body = result.get("body")
        timed_out = isinstance(body, dict) and body.get("errorType") == TIMED_OUT
        status, text = (503, "Service Unavailable") if timed_out else (500, "Internal Server Error")
        return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps({"message": text})}, headers

    return shape


def apply():
    replace(lambda_svc, "lambda_execute_result_to_api_proxy_response", _shape)
