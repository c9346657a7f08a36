import pytest
from ministack.services import s3, secretsmanager
from ministack.services.cloudformation import provisioners
from repairs import bucket_tags, missing_types, secret_reference


@pytest.mark.parametrize("name", missing_types.NO_OP)
def test_a_type_without_meaning_here_is_made_and_deleted(repair, name):
    with pytest.raises(ValueError, match="Unsupported resource type"):
        provisioners._provision_resource(name, "It", {}, "stack")
    repair(missing_types)
    physical_id, attributes = provisioners._provision_resource(name, "It", {}, "stack")
    assert physical_id == "stack-It" and attributes["Arn"].endswith("stack-It")
    provisioners._delete_resource(name, physical_id, {})


def test_any_other_unknown_type_fails_loudly(repair):
    repair(missing_types)
    with pytest.raises(ValueError, match="Unsupported resource type: AWS::SageMaker::Endpoint"):
        provisioners._provision_resource("AWS::SageMaker::Endpoint", "It", {}, "stack")


def test_the_reference_of_a_secret_is_its_arn(repair):
    kind = "AWS::SecretsManager::Secret"
    bare, attributes = provisioners._provision_resource(kind, "Plain", {"Name": "plain", "SecretString": "x"}, "stack")
    assert bare == "plain" != attributes["Arn"], "the engine hands out the ARN by itself now: drop secret_reference"
    repair(secret_reference)
    arn, attributes = provisioners._provision_resource(kind, "Mine", {"Name": "mine", "SecretString": "x"}, "stack")
    assert arn == attributes["Arn"] and arn.startswith("arn:aws:secretsmanager:")
    update = provisioners._RESOURCE_HANDLERS[kind]["update"]
    again, _ = update(arn, {"Name": "mine", "SecretString": "x"}, {"Name": "mine", "SecretString": "y"}, "stack", "Mine")
    assert again == arn
    provisioners._delete_resource(kind, arn, {})
    assert "mine" not in secretsmanager._secrets
    provisioners._delete_resource(kind, "plain", {})
    assert "plain" not in secretsmanager._secrets


def test_a_bucket_has_the_tags_of_its_template(repair):
    props = lambda name: {"BucketName": name, "Tags": [{"Key": "emptied", "Value": "true"}]}  # noqa: E731
    provisioners._provision_resource("AWS::S3::Bucket", "Plain", props("plain-bucket"), "stack")
    assert s3._bucket_tags.get("plain-bucket") is None, "drop bucket_tags"
    repair(bucket_tags)
    name, _ = provisioners._provision_resource("AWS::S3::Bucket", "Mine", props("tagged-bucket"), "stack")
    assert s3._bucket_tags.get(name) == {"emptied": "true"}
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["update"](name, props(name), {"BucketName": name}, "stack")
    assert s3._bucket_tags.get(name) is None
    for bucket in ("plain-bucket", name):
        provisioners._delete_resource("AWS::S3::Bucket", bucket, {})
