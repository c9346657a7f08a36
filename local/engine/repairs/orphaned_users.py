"""The people and clients of a user pool whose stack is forgotten go to the stack that makes the pool again.

The engine keeps users in its one state, beside stacks and tables. On AWS a pool outlives whatever becomes of the stacks, and who signs in
to it is known nowhere else: made anew it would give everybody another `sub`, and every client another id. So they are kept in a file of
their own, by stack and logical id, which is read only where the engine's state is gone. Tokens of before are not honoured: the pool
signs with new keys.
"""

import json
import os

from hooks import find, replace
from ministack import app
from ministack.core import persistence
from ministack.services import cloudformation, cognito
from ministack.services.cloudformation import provisioners

from repairs import autosave

POOL = "AWS::Cognito::UserPool"
CLIENT = "AWS::Cognito::UserPoolClient"
PEOPLE = ("_users", "_groups", "EstimatedNumberOfUsers")


def kept_file():
    """Where the region says; outside the engine's state, whose loss it outlives."""
    return os.environ.get("KEPT_USERS_FILE")


def _resources(kind):
    for stack_name, stack in cloudformation._stacks.items():
        for logical_id, resource in stack.get("_resources", {}).items():
            if resource.get("ResourceType") == kind and resource.get("PhysicalResourceId"):
                yield f"{stack_name}/{logical_id}", resource["PhysicalResourceId"]


def standing():
    """Every pool and every client that a stack made, as far as another could not make it again."""
    found = {}
    for place, pool_id in _resources(POOL):
        pool = cognito._user_pools.get(pool_id)
        if pool:
            found[place] = {"id": pool_id, "people": {name: pool[name] for name in PEOPLE if name in pool}}
    for place, client_id in _resources(CLIENT):
        client = cognito._find_pool_by_client_id(client_id)[2]
        if client:
            found[place] = {"id": client_id, "secret": client.get("ClientSecret")}
    return found


class Orphans:
    def __init__(self, kept):
        self.kept = dict(kept)

    def keep(self):
        """Whatever waits for its stack stays in the file with what stands."""
        document = {**self.kept, **standing()}
        if not document:
            return
        path, text = kept_file(), json.dumps(document, default=persistence._json_default)
        if _text_of(path) == text:
            return
        with open(f"{path}.draft", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as draft:
            draft.write(text)
            draft.flush()
            os.fsync(draft.fileno())
        os.replace(f"{path}.draft", path)

    def returning(self, original, give_back):
        """What makes a resource as before; what was kept for its place is given to the one that it made."""

        def create(logical_id, props, stack_name):
            made = original(logical_id, props, stack_name)
            kept = self.kept.pop(f"{stack_name}/{logical_id}", None)
            return made if kept is None else give_back(kept, made[0], props)

        return create


def _give_back_people(kept, new_id, _):
    pool = cognito._user_pools.pop(new_id)
    pool.update(kept["people"], Id=kept["id"], Arn=cognito._pool_arn(kept["id"]))
    cognito._user_pools[kept["id"]] = pool
    return kept["id"], provisioners._cognito_user_pool_attributes(kept["id"])


def _give_back_id(kept, new_id, props):
    clients = cognito._user_pools[props["UserPoolId"]]["_clients"]
    client = clients.pop(new_id)
    client["ClientId"] = kept["id"]
    if kept["secret"]:
        client["ClientSecret"] = kept["secret"]
    clients[kept["id"]] = client
    return kept["id"], provisioners._cognito_user_pool_client_attributes(client)


GIVE_BACK = {POOL: _give_back_people, CLIENT: _give_back_id}


def _text_of(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def _read():
    """Nothing where the state is there: then it knows of every pool itself."""
    if os.path.exists(os.path.join(persistence.STATE_DIR, "cloudformation.json")) or not os.path.exists(kept_file()):
        return {}
    with open(kept_file()) as file:
        return json.load(file, object_hook=persistence._json_object_hook)


def apply():
    for owner, name in (
        (cognito, "_user_pools"),
        (cognito, "_pool_arn"),
        (cognito, "_find_pool_by_client_id"),
        (cloudformation, "_stacks"),
        (provisioners, "_cognito_user_pool_attributes"),
        (provisioners, "_cognito_user_pool_client_attributes"),
        (persistence, "_json_default"),
        (persistence, "_json_object_hook"),
    ):
        find(owner, name)
    handlers = {kind: find(provisioners._RESOURCE_HANDLERS, kind) for kind in GIVE_BACK}
    creates = {kind: find(handler, "create") for kind, handler in handlers.items()}
    if not find(persistence, "PERSIST_STATE") or not kept_file():
        return
    orphans = Orphans(_read())
    repaired = {kind: {**handlers[kind], "create": orphans.returning(creates[kind], give_back)} for kind, give_back in GIVE_BACK.items()}
    replace(provisioners, "_RESOURCE_HANDLERS", lambda table: {**table, **repaired})

    def saving(original):
        def save(*states):
            saved = original(*states)
            orphans.keep()
            return saved

        return save

    replace(app, "save_all", saving)
    replace(autosave, "save", saving)
