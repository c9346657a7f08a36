"""A policy sees the condition of a write to S3 and whether the request makes an object, so that one that lets nothing be written
twice is asked. The engine tells policies neither: such a policy refuses nobody."""

from hooks import replace
from ministack.core import iam_actions


def _context(original):
    def context(iam_action, query_params, path, headers):
        found = original(iam_action, query_params, path, headers)
        if iam_action != "s3:PutObject":
            return found
        condition = headers.get("if-none-match")
        if condition:
            found["s3:if-none-match"] = condition
        # To begin an upload in parts makes no object, and neither does a part.
        makes_none = "uploads" in query_params or "partNumber" in query_params
        found["s3:ObjectCreationOperation"] = "false" if makes_none else "true"
        return found

    return context


def apply():
    replace(iam_actions, "_s3_object_context", _context)
