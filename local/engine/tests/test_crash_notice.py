"""Who listens on the default bus hears of a crash, and of nothing after an orderly end."""

import json
import signal
import time

import boto3
from conftest import PLUGIN

OPTIONS = {"region_name": "us-east-1", "aws_access_key_id": "000000000000", "aws_secret_access_key": "x"}


def client(service, tables):
    return boto3.client(service, endpoint_url=tables.meta.endpoint_url, **OPTIONS)


def heard(tables, queue, seconds):
    answer = client("sqs", tables).receive_message(QueueUrl=queue, WaitTimeSeconds=seconds)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_crash_is_told_as_a_fault_of_dynamodb_that_is_over_and_an_orderly_end_is_not(engine):
    process, tables = engine([str(PLUGIN)])
    events, queues = client("events", tables), client("sqs", tables)
    queue = queues.create_queue(QueueName="heard")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="faults", EventPattern=json.dumps({"source": ["aws.health"], "detail": {"statusCode": ["closed"]}}))
    events.put_targets(Rule="faults", Targets=[{"Id": "queue", "Arn": arn}])
    time.sleep(6.5)
    process.send_signal(signal.SIGKILL)
    process.wait()

    process, tables = engine([str(PLUGIN)])
    (event,) = heard(tables, queue, 10)
    assert (event["detail-type"], event["detail"]["service"], event["detail"]["eventTypeCategory"]) == ("AWS Health Event", "DYNAMODB", "issue")
    client("sqs", tables).purge_queue(QueueUrl=queue)
    process.send_signal(signal.SIGTERM)
    process.wait()

    _, tables = engine([str(PLUGIN)])
    assert heard(tables, queue, 3) == []
