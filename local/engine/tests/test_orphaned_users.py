"""A real engine whose state is gone, and with it the stack that made a user pool."""

import json
import shutil

import boto3
from conftest import PLUGIN

OPTIONS = {"region_name": "us-east-1", "aws_access_key_id": "000000000000", "aws_secret_access_key": "x"}
PASSWORD = "Long-enough-1!"
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Users": {"Type": "AWS::Cognito::UserPool"},
            "People": {
                "Type": "AWS::Cognito::UserPoolClient",
                "Properties": {"UserPoolId": {"Ref": "Users"}, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]},
            },
            "Services": {"Type": "AWS::Cognito::UserPoolClient", "Properties": {"UserPoolId": {"Ref": "Users"}, "GenerateSecret": True}},
        }
    }
)


def deployed(url):
    stacks = boto3.client("cloudformation", endpoint_url=url, **OPTIONS)
    stacks.create_stack(StackName="kept-stack", TemplateBody=TEMPLATE)
    stacks.get_waiter("stack_create_complete").wait(StackName="kept-stack", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    found = stacks.describe_stack_resources(StackName="kept-stack")["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}


def seen(url, made):
    """What others know them by, and whether the password is still the password."""
    users = boto3.client("cognito-idp", endpoint_url=url, **OPTIONS)
    pool = made["Users"]
    try:
        ada = users.admin_get_user(UserPoolId=pool, Username="ada")["UserAttributes"]
    except users.exceptions.UserNotFoundException:
        return None
    signed_in = users.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=made["People"], AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD}
    )
    assert signed_in["AuthenticationResult"]["AccessToken"]
    service = users.describe_user_pool_client(UserPoolId=pool, ClientId=made["Services"])["UserPoolClient"]
    return {**made, "sub": next(each["Value"] for each in ada if each["Name"] == "sub"), "secret": service["ClientSecret"]}


def before_and_after_the_loss(engine, command, tmp_path):
    process, tables = engine(command)
    made = deployed(tables.meta.endpoint_url)
    users = boto3.client("cognito-idp", endpoint_url=tables.meta.endpoint_url, **OPTIONS)
    users.admin_create_user(UserPoolId=made["Users"], Username="ada", MessageAction="SUPPRESS")
    users.admin_set_user_password(UserPoolId=made["Users"], Username="ada", Password=PASSWORD, Permanent=True)
    before = seen(tables.meta.endpoint_url, made)
    process.terminate()
    process.wait()
    shutil.rmtree(tmp_path / "state")
    # An end before the stack is made again loses nobody either.
    process, tables = engine(command)
    process.terminate()
    process.wait()
    shutil.rmtree(tmp_path / "state")

    _, tables = engine(command)
    return before, seen(tables.meta.endpoint_url, deployed(tables.meta.endpoint_url))


def test_the_engine_makes_another_pool(engine, tmp_path):
    _, after = before_and_after_the_loss(engine, ["-m", "ministack"], tmp_path)
    assert after is None, "the engine gives users back now: drop orphaned_users"


def test_a_pool_that_is_made_again_has_its_people_and_its_clients(engine, tmp_path):
    before, after = before_and_after_the_loss(engine, [str(PLUGIN)], tmp_path)
    assert after == before
    assert (tmp_path / "users.json").stat().st_mode & 0o777 == 0o600
