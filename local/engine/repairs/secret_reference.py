"""`Ref` of a secret is its ARN, as on AWS; the engine gives the bare name, so a policy or an environment variable made of it is wrong.

The engine keeps secrets by name and finds them by either; only the physical id that CloudFormation hands out changes here.
"""

from hooks import find, replace
from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners


def _name(physical_id):
    """The key under which the engine keeps the secret with this physical id."""
    for name, secret in secretsmanager._secrets.items():
        if physical_id in (name, secret["ARN"]):
            return name
    return physical_id


def apply():
    handler = find(provisioners._RESOURCE_HANDLERS, "AWS::SecretsManager::Secret")
    find(secretsmanager, "_secrets")

    def arn_of(outcome):
        _, attributes = outcome
        return attributes["Arn"], attributes

    create, update, delete = find(handler, "create"), find(handler, "update"), find(handler, "delete")

    class Repaired:
        create = staticmethod(lambda logical_id, props, stack: arn_of(create(logical_id, props, stack)))
        update = staticmethod(lambda physical_id, *rest, **named: arn_of(update(_name(physical_id), *rest, **named)))
        delete = staticmethod(lambda physical_id, props: delete(_name(physical_id), props))

    repaired = {**handler, "create": Repaired.create, "update": Repaired.update, "delete": Repaired.delete}
    replace(provisioners, "_RESOURCE_HANDLERS", lambda table: {**table, "AWS::SecretsManager::Secret": repaired})
