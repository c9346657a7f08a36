"""SageMaker, which the engine lacks: its API and its Step Functions integrations are forwarded to SAGEMAKER_ENDPOINT_URL (JSON 1.1).

A `.sync` task looks at the job several times a second, where AWS takes its time, and stops the job when the execution was
stopped or the state timed out.
"""

import asyncio
import http.client
import json
import os
import time
import urllib.error
import urllib.request

from hooks import add, find
from ministack import app
from ministack.services import stepfunctions
from repairs.steps_timeouts import is_wanted

LOOK_SECONDS = 0.3
#: An executor that crashed is up again by then. AWS does not fail a task because a look at its job failed.
PATIENCE_SECONDS = 60
#: Nobody was there, or the answer was lost on the way.
AWAY, LOST = 503, 504
PREFIX = "arn:aws:states:::sagemaker:"
#: What `.sync` can wait for.
JOBS = ("TrainingJob",)
CONTENT = "application/x-amz-json-1.1"
#: What SageMaker's model of its API names without the word that Step Functions gives every error: the wire says
#: `ResourceLimitExceeded`, a Retry has to say `SageMaker.ResourceLimitExceededException`.
BARE = ("ResourceInUse", "ResourceLimitExceeded", "ResourceNotFound")


def _post(action, body):
    """Status and body of the executor's answer."""
    url = os.environ["SAGEMAKER_ENDPOINT_URL"]
    request = urllib.request.Request(url, body, {"X-Amz-Target": f"SageMaker.{action}", "Content-Type": CONTENT})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except (OSError, http.client.HTTPException) as error:
        text = f"The SageMaker executor at {url} does not answer: {error}"
        is_away = isinstance(getattr(error, "reason", None), ConnectionRefusedError)
        return AWAY if is_away else LOST, json.dumps({"__type": "ServiceUnavailable", "message": text}).encode()


def call(action, data):
    status, body = _post(action, json.dumps(data).encode())
    end = time.monotonic() + PATIENCE_SECONDS
    # A job may have been made although the answer is lost: only looks and stops are sent again then.
    again = (AWAY,) if action.startswith("Create") else (AWAY, LOST)
    while status in again and time.monotonic() < end and is_wanted():
        time.sleep(LOOK_SECONDS)
        status, body = _post(action, json.dumps(data).encode())
    answer = json.loads(body or b"{}")
    if status < 400:
        return answer
    name = answer.get("__type", "AmazonSageMakerException").split("#")[-1]
    if name in BARE:
        name += "Exception"
    raise stepfunctions._ExecutionError(f"SageMaker.{name}", answer.get("message") or answer.get("Message") or "")


def integration(resource, data):
    action, _, pattern = resource.removeprefix(PREFIX).partition(".")
    action = action[0].upper() + action[1:]
    kind = action.removeprefix("Create")
    if pattern and (pattern != "sync" or kind not in JOBS):
        raise stepfunctions._ExecutionError("States.Runtime", f"{resource} is not supported in this region: only {', '.join(JOBS)} can be waited for")
    answer = call(action, data)
    return _finished(kind, data[f"{kind}Name"]) if pattern else answer


def _finished(kind, name):
    while True:
        job = call(f"Describe{kind}", {f"{kind}Name": name})
        status = job[f"{kind}Status"]
        if status == "Completed":
            return job
        if status in ("Failed", "Stopped"):
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(job))
        if not is_wanted():
            if status != "Stopping":
                call(f"Stop{kind}", {f"{kind}Name": name})
            raise stepfunctions._ExecutionError("States.Runtime", f"{name} was stopped with its execution")
        time.sleep(LOOK_SECONDS)


async def handle(method, path, headers, body, query):
    action = headers.get("x-amz-target", "").split(".")[-1]
    status, answer = await asyncio.to_thread(_post, action, body if isinstance(body, bytes) else (body or "{}").encode())
    return status, {"Content-Type": CONTENT}, answer


def apply():
    add(find(stepfunctions, "_SERVICE_DISPATCH"), PREFIX, integration)
    add(find(app, "SERVICE_HANDLERS"), "sagemaker", handle)
    add(find(stepfunctions, "_AWS_SDK_SERVICE_MAP"), "sagemaker", {"target_prefix": "SageMaker", "protocol": "json"})
    add(find(stepfunctions, "_AWS_SDK_ERROR_PREFIX"), "sagemaker", "SageMaker")
