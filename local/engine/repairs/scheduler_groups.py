"""Policies are asked about a schedule in its own group; the engine asks about one of the group `default`, whichever it is in."""

import json

from hooks import replace
from ministack.core import iam_actions


def _resource(original):
    def resource_arn(service, method, path, headers, body, query, *rest):
        arn = original(service, method, path, headers, body, query, *rest)
        if service != "scheduler" or ":schedule/default/" not in arn:
            return arn
        named = query.get("groupName") or (json.loads(body) if body else {}).get("GroupName") or "default"
        group = named[0] if isinstance(named, list) else named
        return arn.replace(":schedule/default/", f":schedule/{group}/")

    return resource_arn


def apply():
    replace(iam_actions, "extract_resource_arn", _resource)
