"""Every test begins with the engine as it was published. A canary shows the gap there, then that the repair closes it: when the
engine closes the gap by itself, or renames what the repair holds on to, the canary fails and the repair is to be dropped or mended."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

os.environ.update(PERSIST_STATE="0", BIND_HOST="127.0.0.1", IOT_MTLS_ENABLED="0", TMPDIR=tempfile.mkdtemp(prefix="engine-tests-"))
tempfile.tempdir = None
Path(os.environ["TMPDIR"], "package.json").write_text('{ "type": "commonjs" }')
sys.path.insert(0, str(Path(__file__).parent.parent))

import hooks  # noqa: E402


@pytest.fixture
def repair():
    """Applies the given repairs, for this test only."""

    def apply(*modules):
        for module in modules:
            module.apply()

    yield apply
    hooks.undo_all()


@pytest.fixture
def machine():
    """Runs a state machine to its end and returns the execution."""
    from ministack.services import stepfunctions

    def run(states, start, value, query_language="JSONata", **more):
        import json

        name = f"m{len(stepfunctions._state_machines._data)}"
        arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
        definition = {"QueryLanguage": query_language, "StartAt": start, "States": states, **more}
        stepfunctions._state_machines[arn] = {"stateMachineArn": arn, "name": name, "definition": json.dumps(definition)}
        execution = {
            "executionArn": f"arn:aws:states:us-east-1:000000000000:execution:{name}:1",
            "stateMachineArn": arn,
            "name": "1",
            "status": "RUNNING",
            "startDate": stepfunctions.now_iso(),
            "stopDate": None,
            "input": json.dumps(value),
            "output": None,
            "events": [],
            "mockAttempts": {},
        }
        stepfunctions._executions[execution["executionArn"]] = execution
        stepfunctions._run_execution(execution["executionArn"])
        return execution

    return run


@pytest.fixture
def node_function(tmp_path, monkeypatch):
    """The record of a Node function with this source, as the engine keeps it."""
    import io
    import zipfile

    def make(source, timeout=5):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.mjs", source)
        config = {
            "FunctionName": f"f{abs(hash(source))}",
            "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "Runtime": "nodejs24.x",
            "Handler": "index.handler",
            "Timeout": timeout,
            "MemorySize": 128,
        }
        return {"config": config, "code_zip": packed.getvalue()}

    yield make
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


PLUGIN = Path(__file__).parent.parent / "plugin.py"


@pytest.fixture
def engine(tmp_path):
    """Starts a real engine in a process of its own, again and again over the same state."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folders = {"STATE_DIR": tmp_path / "state", "S3_DATA_DIR": tmp_path / "s3", "KEPT_USERS_FILE": tmp_path / "users.json"}
    (tmp_path / "tmp").mkdir()
    env = {
        **os.environ,
        **{name: str(path) for name, path in folders.items()},
        "TMPDIR": str(tmp_path / "tmp"),
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "LAMBDA_EXECUTOR": "local",
        "SAGEMAKER_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    running = []

    def start(command):
        process = subprocess.Popen([sys.executable, *command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        options = {"region_name": "us-east-1", "aws_access_key_id": "000000000000", "aws_secret_access_key": "x"}
        return process, boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}", **options)

    yield start
    for process in running:
        process.kill()
        process.wait()
