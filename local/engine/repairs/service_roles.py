"""The role that a service acts by is asked there too where the service acts within the engine and not by a request: a state
machine's for its tasks, a schedule's for its target, a function's for the queue or the stream that feeds it. The engine asks nobody.
"""

import time

from hooks import find, replace
from ministack import app
from ministack.core import iam_evaluator
from ministack.services import lambda_svc, stepfunctions

from repairs import access_record, sagemaker, scheduler_clock
from repairs.steps_timeouts import execution_here

#: What reads a source, as AWS asks for it.
READS = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"),
}
LOOK_SECONDS = 5
_looked = {}


def may(role_arn, action, resource, **context):
    _, _, _, _, account, path = role_arn.split(":", 5)
    role = path.rsplit("/", 1)[-1]
    policies = iam_evaluator._gather_role_policies(role, account)
    ctx = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role}/service",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=stepfunctions.get_region(),
        service_context=context,
    )
    allowed = iam_evaluator.evaluate(ctx, policies).decision == "Allow"
    access_record.record(ctx, policies, allowed)
    return allowed


def _ask(action, resource, error, **context):
    execution = execution_here.get()
    machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
    if not app.AUTH or not machine or may(machine["roleArn"], action, resource, **context):
        return
    raise stepfunctions._ExecutionError(error, f"{machine['roleArn']} is not authorized to perform: {action} on resource: {resource}")


def _invoke(original):
    def invoke(resource, data):
        if "states:::lambda:invoke" in resource:
            _ask("lambda:InvokeFunction", data.get("FunctionName", ""), "Lambda.AWSLambdaException")
        return original(resource, data)

    return invoke


def _call(original):
    def call(action, data):
        name = data.get("TrainingJobName", "")
        execution = execution_here.get()
        if execution:
            _, _, _, region, account, *_ = execution["executionArn"].split(":")
            error = "SageMaker.AmazonSageMakerException"
            _ask(f"sagemaker:{action}", f"arn:aws:sagemaker:{region}:{account}:training-job/{name}", error)
            if "RoleArn" in data:
                _ask("iam:PassRole", data["RoleArn"], error, **{"iam:passedtoservice": "sagemaker.amazonaws.com"})
            if data.get("Tags"):
                _ask("sagemaker:AddTags", f"arn:aws:sagemaker:{region}:{account}:training-job/{name}", error)
        return original(action, data)

    return call


def _fire(original):
    def fire(schedule, target, moment, account, region):
        if app.AUTH and ":states:" in target["Arn"] and not may(target["RoleArn"], "states:StartExecution", target["Arn"]):
            scheduler_clock.logger.warning("%s may not start %s", target["RoleArn"], target["Arn"])
            return None
        return original(schedule, target, moment, account, region)

    return fire


def _may_read(mapping):
    source, function = mapping.get("EventSourceArn", ""), lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))[0]
    actions = READS.get(source.split(":")[2] if source.count(":") > 4 else "", ())
    role = function and function["config"].get("Role")
    return not role or all([may(role, action, source) for action in actions])


def _mappings(original):
    def mappings():
        for account, region, mapping in original():
            looked = _looked.get(mapping["UUID"])
            if app.AUTH and (not looked or time.monotonic() - looked[0] > LOOK_SECONDS):
                looked = _looked[mapping["UUID"]] = (time.monotonic(), _may_read(mapping))
            if not app.AUTH or looked[1]:
                yield account, region, mapping

    return mappings


def apply():
    find(iam_evaluator, "_gather_role_policies")
    find(lambda_svc, "_get_func_record_for_qualifier")
    replace(stepfunctions, "_invoke_resource", _invoke)
    replace(sagemaker, "call", _call)
    replace(scheduler_clock, "fire", _fire)
    replace(lambda_svc, "_iter_all_esms", _mappings)
