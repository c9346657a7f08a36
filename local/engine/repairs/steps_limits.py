"""256 KiB between states: more fails the execution with `States.DataLimitExceeded`, which only a catcher of that name sees."""

import json

from hooks import replace
from ministack.services import stepfunctions

LIMIT_BYTES = 256 * 1024
ERROR = "States.DataLimitExceeded"


def _check(what, value):
    size = len(json.dumps(value, ensure_ascii=False, default=str).encode())
    if size > LIMIT_BYTES:
        raise stepfunctions._ExecutionError(ERROR, f"The {what} has {size} bytes; at most {LIMIT_BYTES} may pass. Pass a reference.")


def _invoke(original):
    def invoke(resource, data):
        _check("task's input", data)
        result = original(resource, data)
        _check("task's result", result)
        return result

    return invoke


def _matches(original):
    return lambda names, error: error in names if error == ERROR else original(names, error)


def apply():
    replace(stepfunctions, "_invoke_resource", _invoke)
    replace(stepfunctions, "_error_matches", _matches)
