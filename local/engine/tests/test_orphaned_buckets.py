"""A real engine whose state is gone and whose objects are not."""

import json
import shutil
import signal

import boto3
from conftest import PLUGIN

OPTIONS = {"region_name": "us-east-1", "aws_access_key_id": "000000000000", "aws_secret_access_key": "x"}
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Data": {"Type": "AWS::S3::Bucket"},
            "Named": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "named-bucket"}},
        }
    }
)


def deployed(tables):
    """The buckets that the stack has after it was made, by their logical ids; None where it could not be made."""
    stacks = boto3.client("cloudformation", endpoint_url=tables.meta.endpoint_url, **OPTIONS)
    stacks.create_stack(StackName="kept-stack", TemplateBody=TEMPLATE)
    try:
        stacks.get_waiter("stack_create_complete").wait(StackName="kept-stack", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    except Exception:
        return None
    found = stacks.describe_stack_resources(StackName="kept-stack")["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def objects_after_the_loss(engine, command, tmp_path):
    process, tables = engine(command)
    buckets = deployed(tables)
    for bucket in buckets.values():
        boto3.client("s3", endpoint_url=tables.meta.endpoint_url, **OPTIONS).put_object(Bucket=bucket, Key="kept", Body=b"it")
    process.send_signal(signal.SIGKILL)
    process.wait()
    shutil.rmtree(tmp_path / "state")

    _, tables = engine(command)
    again = deployed(tables)
    if again is None:
        return None
    s3 = boto3.client("s3", endpoint_url=tables.meta.endpoint_url, **OPTIONS)
    return again == buckets and [s3.get_object(Bucket=bucket, Key="kept")["Body"].read() for bucket in again.values()] == [b"it", b"it"]


def test_the_engine_keeps_objects_from_the_stack_that_made_their_bucket(engine, tmp_path):
    assert not objects_after_the_loss(engine, ["-m", "ministack"], tmp_path), "the engine gives buckets back now: drop orphaned_buckets"


def test_a_stack_that_is_made_again_has_its_buckets_and_their_objects(engine, tmp_path):
    assert objects_after_the_loss(engine, [str(PLUGIN)], tmp_path)
