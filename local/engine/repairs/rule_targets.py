"""A function that a rule calls is called as an event: tried again when it fails, then handed to where its failures go. The engine calls
it once and forgets what came of it."""

import json

from hooks import find, replace
from ministack.services import eventbridge, lambda_svc


def _dispatch(original):
    def dispatch(arn, payload):
        func, config, _ = lambda_svc._get_func_record_for_ref(arn)
        if not func or not config:
            return original(arn, payload)
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(func, config), json.loads(payload))

    return dispatch


def apply():
    for name in ("invoke_async_with_retry", "_execution_record_for_config", "_get_func_record_for_ref"):
        find(lambda_svc, name)
    replace(eventbridge, "_dispatch_to_lambda", _dispatch)
