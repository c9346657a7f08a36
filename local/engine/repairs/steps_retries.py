"""Retry delays: `MaxDelaySeconds` and `JitterStrategy`, which the engine ignores, and delays above the 60 s it caps them at.

The engine sleeps by itself after it chose the retrier; the delay is taken here and the engine is handed one of zero.
"""

import random

from hooks import find, replace
from ministack.services import stepfunctions


def delay(retrier, attempt, spread=random.uniform):
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempt
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return spread(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _choose(original):
    def choose(retriers, error, counts):
        retrier, place = original(retriers, error, counts)
        if retrier is None:
            return retrier, place
        stepfunctions._scaled_sleep(delay(retrier, counts.get(place, 0)))
        return {**retrier, "IntervalSeconds": 0}, place

    return choose


def apply():
    find(stepfunctions, "_scaled_sleep")
    replace(stepfunctions, "_find_matching_retrier", _choose)
