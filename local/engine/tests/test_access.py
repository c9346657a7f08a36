import json

import pytest
from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, lambda_svc, stepfunctions, sts
from repairs import access_record, loopback_transport, sagemaker, scheduler_clock, scheduler_groups, service_roles, steps_callbacks, steps_timeouts, write_conditions

ROLE = "arn:aws:iam::000000000000:role/tester"
BUCKET = "arn:aws:s3:::things"


@pytest.fixture
def policy():
    """Gives the one role of these tests these statements."""

    def give(*statements):
        document = json.dumps({"Statement": [{"Effect": "Allow", **each} for each in statements]})
        iam._roles["tester"] = {"RoleName": "tester", "Arn": ROLE, "InlinePolicies": {"own": document}, "AttachedPolicies": []}

    yield give
    iam._roles.pop("tester", None)


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Reads what was written down."""
    file = tmp_path / "access.jsonl"
    monkeypatch.setattr(access_record, "FILE", str(file))
    access_record._written.clear()
    return lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def session():
    sts.register_session("ASIATESTER", {"Arn": "arn:aws:sts::000000000000:assumed-role/tester/one", "SecretAccessKey": "s", "SessionToken": "t"})
    return "ASIATESTER"


@pytest.fixture
def enforced(monkeypatch):
    monkeypatch.setattr(app, "AUTH", True)


def test_the_loopback_counts_as_secure(repair):
    seen = lambda: iam_evaluator._request_origin.get()  # noqa: E731
    app.pin_request_origin("127.0.0.1", False)
    assert seen() == ("127.0.0.1", False), "drop loopback_transport"
    repair(loopback_transport)
    app.pin_request_origin("127.0.0.1", False)
    assert seen() == ("127.0.0.1", True)


def test_what_is_allowed_is_told_as_its_grant_and_what_is_denied_as_asked(repair, policy, record, session):
    policy({"Action": ["s3:GetObject", "s3:PutObject"], "Resource": [f"{BUCKET}/mine/*", f"{BUCKET}/ours/*"]})
    ask = lambda action, key: iam_evaluator.enforce(session, action, "s3", "us-east-1", f"{BUCKET}/{key}")  # noqa: E731
    ask("s3:GetObject", "mine/a")
    assert record() == [], "the engine keeps a record now"
    repair(access_record)
    ask("s3:GetObject", "mine/a")
    ask("s3:GetObject", "mine/b")
    assert ask("s3:GetObject", "theirs/a").decision == "ImplicitDeny"
    assert record() == [
        {"role": "tester", "action": "s3:GetObject", "resource": f"{BUCKET}/mine/*", "allowed": True},
        {"role": "tester", "action": "s3:GetObject", "resource": f"{BUCKET}/theirs/a", "allowed": False},
    ]


def test_a_removed_record_begins_anew(repair, policy, record, session, monkeypatch):
    import os

    policy({"Action": "s3:GetObject", "Resource": "*"})
    repair(access_record)
    iam_evaluator.enforce(session, "s3:GetObject", "s3", "us-east-1", f"{BUCKET}/a")
    os.remove(access_record.FILE)
    iam_evaluator.enforce(session, "s3:GetObject", "s3", "us-east-1", f"{BUCKET}/a")
    assert len(record()) == 1


def test_a_machine_does_what_its_role_may(repair, policy, enforced, machine, monkeypatch):
    monkeypatch.setattr(stepfunctions, "_call_lambda", lambda ref, event: "done")
    states = {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:f", "Payload": {}},
            "End": True,
        }
    }

    def run():
        original = stepfunctions._run_execution

        def with_role(arn):
            stepfunctions._state_machines[stepfunctions._executions[arn]["stateMachineArn"]]["roleArn"] = ROLE
            return original(arn)

        with monkeypatch.context() as patch:
            patch.setattr(stepfunctions, "_run_execution", with_role)
            return machine(states, "Work", {})

    policy({"Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:other"})
    assert run()["status"] == "SUCCEEDED", "drop the machine's part of service_roles"
    repair(sagemaker, steps_timeouts, service_roles)
    refused = run()
    assert (refused["status"], refused["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    policy({"Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"})
    assert run()["status"] == "SUCCEEDED"


def test_a_schedule_fires_what_its_role_may_start(repair, policy, enforced, monkeypatch):
    fired = []
    monkeypatch.setattr(scheduler_clock.eventbridge, "_invoke_target", lambda target, *_: fired.append(target["Arn"]))
    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
    fire = lambda: scheduler_clock.fire({"Arn": "arn:s"}, {"Arn": arn, "RoleArn": ROLE}, 0, "000000000000", "us-east-1")  # noqa: E731
    policy({"Action": "states:StartExecution", "Resource": f"{arn}-other"})
    fire()
    assert fired == [arn]
    repair(sagemaker, steps_timeouts, service_roles)
    fire()
    assert fired == [arn]
    policy({"Action": "states:StartExecution", "Resource": arn})
    fire()
    assert fired == [arn, arn]


def test_a_queue_feeds_a_function_whose_role_may_read_it(repair, policy, enforced, monkeypatch):
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    monkeypatch.setitem(lambda_svc._esms._data, ("000000000000", "us-east-1", "m"), {"UUID": "m", "FunctionName": "f", "EventSourceArn": queue})
    monkeypatch.setattr(lambda_svc, "_get_func_record_for_qualifier", lambda *_: ({"config": {"Role": ROLE}}, {}))
    monkeypatch.setattr(service_roles, "LOOK_SECONDS", -1)
    policy({"Action": "sqs:ReceiveMessage", "Resource": queue})
    assert len(list(lambda_svc._iter_all_esms())) == 1
    repair(sagemaker, steps_timeouts, service_roles)
    assert list(lambda_svc._iter_all_esms()) == []
    policy({"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": queue})
    assert len(list(lambda_svc._iter_all_esms())) == 1


def test_a_task_token_is_answered_by_the_right_of_its_machine(repair):
    from ministack.core import iam_actions

    arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
    body = json.dumps({"taskToken": steps_callbacks.token_of(arn), "output": "{}"}).encode()
    ask = lambda: iam_actions.extract_resource_arn(  # noqa: E731
        "states", "POST", "/", {"x-amz-target": "AWSStepFunctions.SendTaskSuccess"}, body, {}, "us-east-1", get_account_id()
    )
    assert ask() == "*", "drop the resource part of steps_callbacks"
    repair(steps_callbacks)
    assert ask() == arn
    assert steps_callbacks.machine_of("unknown") == "*"


@pytest.mark.parametrize(("body", "query"), [(b'{"GroupName": "ours"}', {}), (b"", {"groupName": ["ours"]})])
def test_a_schedule_is_one_of_its_group(repair, body, query):
    from ministack.core import iam_actions

    ask = lambda: iam_actions.extract_resource_arn("scheduler", "PUT", "/schedules/s", {}, body, query, "us-east-1", "000000000000")  # noqa: E731
    assert ask().endswith(":schedule/default/s"), "drop scheduler_groups"
    repair(scheduler_groups)
    assert ask().endswith(":schedule/ours/s")


def test_a_bucket_may_ask_for_the_condition_of_a_write(repair, policy, session):
    from ministack.core.iam_actions import s3_service_context
    from ministack.services import s3

    once = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:PutObject",
        "Resource": f"{BUCKET}/once/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
    }
    s3._buckets["things"] = {"objects": {}}
    s3._bucket_policies["things"] = json.dumps({"Version": "2012-10-17", "Statement": [once]})
    policy({"Action": "s3:PutObject", "Resource": "*"})

    def put(key, query=None, **headers):
        context = s3_service_context("s3:PutObject", query or {}, f"/things/{key}", headers)
        refusal = iam_evaluator.enforce(session, "s3:PutObject", "s3", "us-east-1", f"{BUCKET}/{key}", context)
        return refusal.decision if refusal else "Allow"

    assert put("once/a") == "Allow", "drop write_conditions"
    repair(write_conditions)
    assert put("once/a") == "Deny"
    assert put("once/a", **{"if-none-match": "*"}) == "Allow"
    assert put("often/a") == "Allow"
    assert put("once/a", {"uploads": [""]}) == "Allow"
    assert put("once/a", {"uploadId": ["u"], "partNumber": ["1"]}) == "Allow"
    assert put("once/a", {"uploadId": ["u"]}) == "Deny"
    del s3._buckets["things"], s3._bucket_policies["things"]
