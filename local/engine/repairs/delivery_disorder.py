"""Messages come twice and out of order, as AWS reserves the right to: a share of `DELIVERY_DISORDER` of what queues, buses and tables'
streams deliver. For tests alone: nothing happens unless the environment says so. `DELIVERY_DISORDER_SEED` makes the choices repeatable.

Queues: a message that was handled is handed out again a moment later, another is held back while later ones pass. Buses: a target is
called twice, or late. Streams: a batch that was handled comes again, and records of different items change places; those of one item
keep their order, as they do on AWS.
"""

import contextvars
import os
import random
import threading
import time

from hooks import find, replace
from ministack.services import eventbridge, lambda_svc, sqs

LATE_SECONDS = 3

AGAIN = {"error": True, "body": {"errorType": "DeliveredAgain", "errorMessage": "this batch was handled and comes again, as DELIVERY_DISORDER wants it"}}


class Disorder:
    def __init__(self, share, seed=0):
        self.share = share
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.repeated = set()

    def strikes(self):
        with self.lock:
            return self.random.random() < self.share

    def late(self):
        with self.lock:
            return self.random.uniform(0.1, LATE_SECONDS)

    def once(self, what):
        """True for a share of what it is asked for, and never twice for the same: whatever comes again, comes to an end."""
        if not self.strikes():
            return False
        with self.lock:
            is_new = what not in self.repeated
            self.repeated.add(what)
            return is_new

    def shuffled(self, records):
        """In another order, but for those of one item."""
        queues = {}
        for record in records:
            queues.setdefault(str(record.get("dynamodb", {}).get("Keys")), []).append(record)
        with self.lock:
            places = [key for key, own in queues.items() for _ in own]
            self.random.shuffle(places)
        return [queues[key].pop(0) for key in places]

    def delete(self, original):
        """A handled message that is to come again is not deleted but becomes visible once more."""

        def delete(queue_url, receipts):
            kept = set()
            queue = sqs._get_q(queue_url)
            for message in [] if queue.get("is_fifo") else list(queue["messages"]):
                if message.get("receipt_handle") in receipts and self.once(message["id"]):
                    kept.add(message["receipt_handle"])
                    message["visible_at"] = time.time() + self.late()
            return original(queue_url, set(receipts) - kept)

        return delete

    def receive(self, original):
        """A message that is held back comes later, and counts as not received."""

        def receive(queue_url, most):
            messages = original(queue_url, most)
            if sqs._get_q(queue_url).get("is_fifo"):
                return messages
            passed = []
            for message in messages:
                if self.once(("late", message["id"])):
                    message["visible_at"] = time.time() + self.late()
                    message["receive_count"] = max(0, message.get("receive_count", 1) - 1)
                else:
                    passed.append(message)
            with self.lock:
                self.random.shuffle(passed)
            return passed

        return receive

    def target(self, original):
        def invoke(*arguments, **named):
            later = lambda: contextvars.copy_context().run(original, *arguments, **named)  # noqa: E731
            is_late, is_double = self.strikes(), self.strikes()
            if is_late or is_double:
                context = contextvars.copy_context()
                timer = threading.Timer(self.late(), lambda: context.run(later))
                timer.daemon = True
                timer.start()
            if not is_late:
                original(*arguments, **named)

        return invoke

    def batch(self, original):
        def execute(function, event, *rest, **named):
            records = event.get("Records") if isinstance(event, dict) else None
            if not records or records[0].get("eventSource") != "aws:dynamodb":
                return original(function, event, *rest, **named)
            answer = original(function, {**event, "Records": self.shuffled(records)}, *rest, **named)
            is_again = not answer.get("error") and self.once(("stream", records[0].get("eventSourceARN"), records[0].get("eventID")))
            return {**AGAIN, "log": answer.get("log", "")} if is_again else answer

        return execute


def apply():
    share = float(os.environ.get("DELIVERY_DISORDER", "0"))
    if not 0 <= share <= 1:
        raise ValueError(f"DELIVERY_DISORDER is {share}: it is the share of deliveries from 0 (none) to 1 (all)")
    find(sqs, "_get_q")
    if share == 0:
        return
    disorder = Disorder(share, os.environ.get("DELIVERY_DISORDER_SEED", "0"))
    replace(sqs, "_delete_messages_for_esm", disorder.delete)
    replace(sqs, "_receive_messages_for_esm", disorder.receive)
    replace(eventbridge, "_invoke_target", disorder.target)
    replace(lambda_svc, "_execute_function", disorder.batch)
