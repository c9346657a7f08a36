"""EventBridge Scheduler looks every second: the engine looks every ten, and a rate is late by as much. `SCHEDULER_RATE_SCALE` shortens rates for tests."""

import os

from hooks import replace
from ministack.services import scheduler

from repairs import scheduler_clock

EVERY_SECONDS = 1


def apply():
    replace(scheduler, "_SCHEDULE_TICK_INTERVAL", lambda _: EVERY_SECONDS)
    scale = float(os.environ.get("SCHEDULER_RATE_SCALE", "1"))
    if not 0 < scale <= 1:
        raise ValueError(f"SCHEDULER_RATE_SCALE is {scale}: a rate can be shortened (above 0, below 1) or left alone (1)")
    if scale != 1:
        replace(scheduler_clock, "rate_seconds", lambda original: lambda expression: (original(expression) or 0) * scale)
