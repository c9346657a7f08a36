"""Writes down which grants the roles' policies were used by, and what was denied: the engine decides and forgets.

A line of ACCESS_RECORD_FILE is `{role, action, resource, allowed}`. What was allowed is told as the grant that allowed it, in the
words of the policy, each once; what was denied as it was asked for. Remove the file to begin anew.
"""

import contextvars
import json
import os
import threading

from hooks import find, replace
from ministack.core import iam_evaluator

FILE = os.environ.get("ACCESS_RECORD_FILE")

_asked = contextvars.ContextVar("asked", default=None)
_lock = threading.Lock()
_written = set()


def write(role, action, resource, allowed):
    with _lock:
        if not os.path.exists(FILE):
            _written.clear()
        fact = (role, action, resource, allowed)
        if fact in _written:
            return
        _written.add(fact)
        with open(FILE, "a") as file:
            file.write(json.dumps({"role": role, "action": action, "resource": resource, "allowed": allowed}) + "\n")


def record(ctx, policies, allowed):
    if not FILE or ctx.principal_type != "AssumedRole":
        return
    role = iam_evaluator._role_name_from_assumed_arn(ctx.principal_arn)
    if not allowed:
        write(role, ctx.action, ctx.resource_arn, False)
        return
    for statement in (each for document in policies for each in document):
        if iam_evaluator._first_match(ctx, [statement], "Allow") is None:
            continue
        for action in statement.actions:
            for resource in statement.resources:
                if iam_evaluator._action_matches(ctx.action, [action], []) and iam_evaluator._resource_matches(ctx.resource_arn, [resource], []):
                    write(role, action, resource, True)


def _evaluate(original):
    def evaluate(ctx, policies, *limits):
        asked = _asked.get()
        if asked is not None:
            asked.append((ctx, policies))
        return original(ctx, policies, *limits)

    return evaluate


def _enforce(original):
    def enforce(*args, **named):
        mark = _asked.set([])
        try:
            refusal = original(*args, **named)
            # The first question is to the caller's own policies; those to the resource's policy follow.
            asked = _asked.get()[:1]
        finally:
            _asked.reset(mark)
        for ctx, policies in asked:
            record(ctx, policies, allowed=refusal is None)
        return refusal

    return enforce


def apply():
    for name in ("_role_name_from_assumed_arn", "_first_match", "_action_matches", "_resource_matches"):
        find(iam_evaluator, name)
    replace(iam_evaluator, "evaluate", _evaluate)
    replace(iam_evaluator, "enforce", _enforce)
