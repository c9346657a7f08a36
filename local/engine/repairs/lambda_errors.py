"""A thrown error keeps its name, and its worker: Retry and Catch match by name, and AWS keeps the environment of a function that threw.
A process that ends in the middle of a call is `Runtime.ExitError`.

The engine reports every error as `Runtime.HandlerError` and kills the worker. Here the worker script reports a throw as an
answer with a mark, so that the engine keeps the worker; the mark is turned into the error on our side of the pipe.
"""

import threading

from hooks import HookMissing, replace
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

ENGINE_WORD = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
OUR_WORD = 'status: "ok", thrown: { name: String(err.name || "Error"), message: String(err.message || err), trace: err.stack || "" }'

#: What the engine says of a process that died before it answered, or that it could not speak to any more.
DIED = ("Worker process died", "Worker returned no response", "[Errno 32] Broken pipe")
EXITED = {"name": "Runtime.ExitError", "message": "Error: Runtime exited without providing a reason", "trace": ""}

_last = threading.local()


def _report(script):
    if ENGINE_WORD not in script:
        raise HookMissing("the Node worker reports a thrown error in other words than expected: mend repairs/lambda_errors.py")
    return script.replace(ENGINE_WORD, OUR_WORD)


def _invoke(original):
    def invoke(self, *args, **named):
        _last.thrown = None
        answer = original(self, *args, **named)
        thrown = answer.pop("thrown", None)
        if thrown is None and answer.get("status") == "error" and answer.get("error") in DIED:
            thrown = EXITED
        if thrown is None:
            return answer
        _last.thrown = thrown
        return {**answer, "status": "error", "error": thrown["message"], "trace": thrown["trace"]}

    return invoke


def _execute(original):
    def execute(func, event, request_id):
        _last.thrown = None
        answer = original(func, event, request_id)
        thrown, _last.thrown = _last.thrown, None
        if thrown is not None and answer.get("error"):
            trace = {"trace": thrown["trace"].split("\n")} if thrown["trace"] else {}
            answer["body"] = {"errorType": thrown["name"], "errorMessage": thrown["message"], **trace}
        return answer

    return execute


def apply():
    replace(lambda_runtime, "_NODEJS_WORKER_SCRIPT", _report)
    replace(lambda_runtime.Worker, "invoke", _invoke)
    replace(lambda_svc, "_execute_function_warm", _execute)
