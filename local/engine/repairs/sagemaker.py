"""SageMaker, which the engine lacks: its API and its Step Functions integrations are forwarded to SAGEMAKER_ENDPOINT_URL (JSON 1.1).

A `.sync` task looks at the job several times a second, where AWS takes its time, and stops the job when the execution was
stopped or the state timed out.
"""

import asyncio
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
    except OSError as error:
        text = f"The SageMaker executor at {url} does not answer: {error}"
        return 503, json.dumps({"__type": "ServiceUnavailable", "message": text}).encode()


def call(action, data):
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
