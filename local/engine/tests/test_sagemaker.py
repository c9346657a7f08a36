import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ministack import app
from ministack.services import stepfunctions
from repairs import sagemaker, steps_timeouts

CREATE = "arn:aws:states:::sagemaker:createTrainingJob"
JOB = {"TrainingJobName": "one"}
#: How a refusal is named on the wire and how a Retry or a Catch has to name it.
NAMES = {
    "ResourceLimitExceeded": "SageMaker.ResourceLimitExceededException",
    "ResourceInUse": "SageMaker.ResourceInUseException",
    "ResourceNotFound": "SageMaker.ResourceNotFoundException",
}


@pytest.fixture
def executor(monkeypatch):
    """Speaks SageMaker's protocol; `statuses` are what successive looks see."""
    seen, statuses = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            action = self.headers["x-amz-target"].removeprefix("SageMaker.")
            seen.append(action)
            status, answer = 200, {}
            if action == "CreateTrainingJob" and body["TrainingJobName"] == "one":
                answer = {"TrainingJobArn": "arn:one"}
            elif action == "DescribeTrainingJob" and body["TrainingJobName"] == "one":
                answer = {"TrainingJobName": "one", "TrainingJobStatus": statuses.pop(0) if len(statuses) > 1 else statuses[0]}
            elif body["TrainingJobName"] in NAMES:
                status, answer = 400, {"__type": body["TrainingJobName"], "message": "not now"}
            elif action != "StopTrainingJob":
                status, answer = 400, {"__type": "com.amazon.coral#ValidationException", "message": "not found"}
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SAGEMAKER_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(sagemaker, "LOOK_SECONDS", 0.02)
    yield seen, statuses
    server.shutdown()
    server.server_close()


def state(pattern="", **more):
    return {"Train": {"Type": "Task", "Resource": CREATE + pattern, "Arguments": JOB, "End": True, **more}}


def test_the_engine_has_no_sagemaker(machine):
    assert "sagemaker" not in app.SERVICE_HANDLERS, "the engine has its own SageMaker now"
    assert "not yet implemented" in machine(state(), "Train", {})["cause"]


def test_a_task_waits_for_its_job(repair, machine, executor):
    seen, statuses = executor
    statuses += ["InProgress", "InProgress", "Completed"]
    repair(steps_timeouts, sagemaker)
    execution = machine(state(".sync"), "Train", {})
    assert json.loads(execution["output"]) == {"TrainingJobName": "one", "TrainingJobStatus": "Completed"}
    assert seen == ["CreateTrainingJob"] + ["DescribeTrainingJob"] * 3


def test_without_sync_it_does_not_wait(repair, machine, executor):
    repair(steps_timeouts, sagemaker)
    assert json.loads(machine(state(), "Train", {})["output"]) == {"TrainingJobArn": "arn:one"}


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_failed_fails_the_task_with_its_description(repair, machine, executor, status):
    executor[1].append(status)
    repair(steps_timeouts, sagemaker)
    execution = machine(state(".sync"), "Train", {})
    assert execution["error"] == "States.TaskFailed" and json.loads(execution["cause"])["TrainingJobStatus"] == status


def test_a_timeout_stops_the_job(repair, machine, executor):
    seen, statuses = executor
    statuses.append("InProgress")
    repair(steps_timeouts, sagemaker)
    assert machine(state(".sync", TimeoutSeconds=0.2), "Train", {})["error"] == "States.Timeout"
    for _ in range(100):
        if "StopTrainingJob" in seen:
            break
        threading.Event().wait(0.02)
    assert seen.count("StopTrainingJob") == 1


def test_stopping_the_execution_stops_the_job(repair, machine, executor):
    seen, statuses = executor
    statuses.append("InProgress")
    repair(steps_timeouts, sagemaker)

    def stop():
        execution = list(stepfunctions._executions._data.values())[-1]
        stepfunctions._stop_execution({"executionArn": execution["executionArn"]})

    threading.Timer(0.5, stop).start()
    assert machine(state(".sync"), "Train", {})["status"] == "ABORTED"
    assert seen.count("StopTrainingJob") == 1


@pytest.mark.parametrize("wire", NAMES)
def test_a_refusal_is_caught_by_the_name_that_step_functions_gives_it(repair, machine, executor, wire):
    repair(steps_timeouts, sagemaker)
    states = {
        **state(".sync", Arguments={"TrainingJobName": wire}, Catch=[{"ErrorEquals": [NAMES[wire]], "Next": "Caught"}]),
        "Caught": {"Type": "Succeed", "Output": "seen"},
    }
    assert machine(states, "Train", {})["status"] == "SUCCEEDED"


def test_refusals_carry_sagemakers_names(repair, executor, monkeypatch):
    repair(sagemaker)
    with pytest.raises(stepfunctions._ExecutionError) as refused:
        sagemaker.call("DescribeTrainingJob", {"TrainingJobName": "two"})
    assert (refused.value.error, refused.value.cause) == ("SageMaker.ValidationException", "not found")
    with pytest.raises(stepfunctions._ExecutionError) as unsupported:
        sagemaker.integration("arn:aws:states:::sagemaker:createProcessingJob.sync", {})
    assert "not supported" in unsupported.value.cause
    monkeypatch.setenv("SAGEMAKER_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(sagemaker, "PATIENCE_SECONDS", 0)
    with pytest.raises(stepfunctions._ExecutionError) as away:
        sagemaker.call("DescribeTrainingJob", {"TrainingJobName": "one"})
    assert away.value.error == "SageMaker.ServiceUnavailable"


def test_an_executor_that_comes_back_is_waited_for(repair, machine, executor, monkeypatch):
    seen, statuses = executor
    statuses += ["InProgress", "Completed"]
    repair(steps_timeouts, sagemaker)
    post, away = sagemaker._post, {"CreateTrainingJob": [sagemaker.AWAY] * 2, "DescribeTrainingJob": [sagemaker.AWAY, sagemaker.LOST]}
    monkeypatch.setattr(sagemaker, "_post", lambda action, body: (away[action].pop(), b"{}") if away[action] else post(action, body))
    assert machine(state(".sync"), "Train", {})["status"] == "SUCCEEDED"
    assert seen == ["CreateTrainingJob"] + ["DescribeTrainingJob"] * 2


def test_a_job_whose_creation_was_not_answered_is_not_made_again(repair, executor, monkeypatch):
    repair(sagemaker)
    monkeypatch.setattr(sagemaker, "_post", lambda action, body: (sagemaker.LOST, b'{"__type": "ServiceUnavailable"}'))
    with pytest.raises(stepfunctions._ExecutionError) as lost:
        sagemaker.call("CreateTrainingJob", JOB)
    assert lost.value.error == "SageMaker.ServiceUnavailable"
