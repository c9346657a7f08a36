"""A real engine in a process of its own, killed without a chance to save."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

PLUGIN = Path(__file__).parent.parent / "plugin.py"


@pytest.fixture
def engine(tmp_path):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folders = {"STATE_DIR": tmp_path / "state", "S3_DATA_DIR": tmp_path / "s3"}
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


def survives(engine, command):
    process, tables = engine(command)
    tables.create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    time.sleep(6.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, tables = engine(command)
    return tables.list_tables()["TableNames"] == ["kept"]


def test_the_engine_forgets_what_it_had_when_it_is_killed(engine):
    assert not survives(engine, ["-m", "ministack"]), "the engine saves by itself now: drop autosave"


def test_a_killed_engine_loses_at_most_the_last_seconds(engine):
    assert survives(engine, [str(PLUGIN)])
