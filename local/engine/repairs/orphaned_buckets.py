"""A bucket whose stack is forgotten goes to the stack that makes it again.

Objects are kept in files of their own. Where everything else that the engine kept is gone, they are there and no stack knows of them: a
stack that gives its bucket a name would be refused, and one that does not would get another bucket, and leave its objects behind. On
AWS stacks are not lost without their resources. Whatever the engine's state knows of is no orphan.
"""

import os

from hooks import find, replace
from ministack.core import persistence
from ministack.services import s3
from ministack.services.cloudformation import provisioners

BUCKET = "AWS::S3::Bucket"


def kept_buckets(folder):
    """Names of buckets that have files, the one that was written last first."""
    found = []
    for account in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, account)
        if account.isdigit() and len(account) == 12:
            found += [(os.path.getmtime(os.path.join(path, name)), name) for name in os.listdir(path) if os.listdir(os.path.join(path, name))]
    return [name for _, name in sorted(found, reverse=True)]


def _own_prefix(stack_name, logical_id):
    name = provisioners._physical_name(stack_name, logical_id, lowercase=True, max_len=63)
    return name[: name.rindex("-") + 1]


class Orphans:
    def __init__(self, names):
        self.names = list(names)
        self.adopted = None

    def match(self, logical_id, props, stack_name):
        wanted = props.get("BucketName")
        if wanted:
            return wanted if wanted in self.names else None
        prefix = _own_prefix(stack_name, logical_id)
        return next((name for name in self.names if name.startswith(prefix)), None)

    def create(self, original):
        def create(logical_id, props, stack_name):
            name = self.match(logical_id, props, stack_name)
            if name is None:
                return original(logical_id, props, stack_name)
            self.names.remove(name)
            self.adopted = name
            try:
                made = original(logical_id, {**props, "BucketName": name}, stack_name)
            finally:
                self.adopted = None
            s3._buckets[name]["region"] = s3._buckets[name].get("region") or provisioners.get_region()
            return made

        return create

    def owner(self, original):
        return lambda name: None if name == self.adopted else original(name)

    def conflict(self, original):
        return lambda name: None if name in self.names else original(name)


def apply():
    for owner, name in ((provisioners, "_physical_name"), (provisioners, "get_region"), (s3, "_buckets")):
        find(owner, name)
    handlers = find(provisioners._RESOURCE_HANDLERS, BUCKET)
    if not find(persistence, "PERSIST_STATE") or os.path.exists(os.path.join(persistence.STATE_DIR, "cloudformation.json")):
        return
    orphans = Orphans(kept_buckets(find(s3, "DATA_DIR")))
    replace(s3, "_bucket_owner_account", orphans.owner)
    replace(provisioners, "s3_bucket_name_conflict", orphans.conflict)
    original = find(handlers, "create")
    handlers["create"] = orphans.create(original)
