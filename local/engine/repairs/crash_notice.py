"""After a crash the engine says on the default bus what AWS says when a fault of DynamoDB is over: an AWS Health event.

A crash takes back the last seconds of what tables held. AWS loses nothing that way; whoever can make anew what a table holds hears of it
as he would hear of a fault on AWS. An orderly end leaves no trace, and nothing is said at the start that follows it.
"""

import json
import logging
import os
import socket
import threading
import time

from hooks import find, replace
from ministack import app
from ministack.core import persistence
from ministack.services import eventbridge

LOOKS_EVERY = 0.1

logger = logging.getLogger("crash_notice")


def marker():
    return os.path.join(persistence.STATE_DIR, "running")


def notice():
    region = os.environ.get("MINISTACK_REGION", "us-east-1")
    code = "AWS_DYNAMODB_OPERATIONAL_ISSUE"
    text = "The engine ended without saving its last seconds and is back."
    return {
        "Source": "aws.health",
        "DetailType": "AWS Health Event",
        "Detail": json.dumps(
            {
                "eventArn": f"arn:aws:health:{region}::event/DYNAMODB/{code}/{code}_{int(time.time())}",
                "service": "DYNAMODB",
                "eventTypeCode": code,
                "eventTypeCategory": "issue",
                "eventScopeCode": "PUBLIC",
                "statusCode": "closed",
                "eventRegion": region,
                "eventDescription": [{"language": "en_US", "latestDescription": text}],
            }
        ),
    }


def _serves(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _tell(port):
    while not _serves(port):
        time.sleep(LOOKS_EVERY)
    try:
        eventbridge._put_events({"Entries": [notice()]}, allow_aws_source=True)
    except Exception:
        logger.exception("nobody could be told of the crash")


def begin(port):
    """Leaves the marker, and tells of the crash when one is there already."""
    path = marker()
    crashed = os.path.exists(path)
    with open(path, "w") as mark:
        mark.write(str(os.getpid()))
    if crashed:
        threading.Thread(target=_tell, args=(port,), daemon=True, name="crash-notice").start()
    return crashed


def apply():
    find(eventbridge, "_put_events")
    if not find(persistence, "PERSIST_STATE"):
        return

    def saving(original):
        def save_all(states):
            original(states)
            if os.path.exists(marker()):
                os.remove(marker())

        return save_all

    replace(app, "save_all", saving)
    os.makedirs(persistence.STATE_DIR, exist_ok=True)
    begin(int(os.environ.get("GATEWAY_PORT", "4566")))
