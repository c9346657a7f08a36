"""A bucket has the tags that its template gives it: CDK empties a bucket before it is deleted only when a tag says so."""

from hooks import find, replace
from ministack.services import s3
from ministack.services.cloudformation import provisioners

KIND = "AWS::S3::Bucket"


def _tagged(original, props_at):
    def handle(*args, **named):
        outcome = original(*args, **named)
        tags = {each["Key"]: each["Value"] for each in args[props_at].get("Tags") or []}
        if tags:
            s3._bucket_tags[outcome[0]] = tags
        else:
            s3._bucket_tags.pop(outcome[0], None)
        return outcome

    return handle


def apply():
    handler = find(provisioners._RESOURCE_HANDLERS, KIND)
    find(s3, "_bucket_tags")
    repaired = {**handler, "create": _tagged(find(handler, "create"), 1), "update": _tagged(find(handler, "update"), 2)}
    replace(provisioners, "_RESOURCE_HANDLERS", lambda table: {**table, KIND: repaired})
