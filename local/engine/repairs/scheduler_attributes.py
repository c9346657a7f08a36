"""EventBridge Scheduler's context attributes (`<aws.scheduler.scheduled-time>` and its like) in a target's input: the engine passes them on unread."""

import re

from hooks import replace
from ministack.services import scheduler

from repairs import scheduler_clock


def attributes(schedule, moment):
    return {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": scheduler_clock.iso(moment),
        "execution-id": scheduler.new_uuid(),
        "attempt-number": "1",
    }


def _filled_in(original):
    def target_of(schedule, moment):
        target = original(schedule, moment)
        if "Input" not in target:
            return target
        known = attributes(schedule, moment)
        # A name that there is not stays as it is.
        text = re.sub(r"<aws\.scheduler\.([a-z-]+)>", lambda found: known.get(found[1], found[0]), target["Input"])
        return {**target, "Input": text}

    return target_of


def apply():
    replace(scheduler_clock, "target_of", _filled_in)
