"""Resource types that the engine lacks and that do nothing on a laptop. Every other unknown type fails the deployment, loudly."""

from hooks import add
from ministack.services.cloudformation import provisioners

NO_OP = {
    "AWS::EC2::SecurityGroupIngress": "no packet is filtered here: every engine listens on 127.0.0.1",
    "AWS::EC2::SecurityGroupEgress": "no packet is filtered here: every engine listens on 127.0.0.1",
    "AWS::EC2::FlowLog": "there is no network to log",
    "AWS::SecretsManager::ResourcePolicy": "one account, and its callers are trusted",
    "AWS::CloudWatch::CompositeAlarm": "nobody is paged from a laptop; the alarms it is made of are kept",
}


def _create(logical_id, props, stack_name):
    name = f"{stack_name}-{logical_id}"
    return name, {"Id": name, "Arn": f"arn:aws:none:us-east-1:000000000000:{name}"}


def _update(physical_id, old_props, new_props, stack_name, logical_id=None):
    return _create(logical_id or physical_id, new_props, stack_name)


def _delete(physical_id, props):
    return None


def apply():
    for name in NO_OP:
        add(provisioners._RESOURCE_HANDLERS, name, {"create": _create, "update": _update, "delete": _delete})
