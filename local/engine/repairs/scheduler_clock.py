"""EventBridge Scheduler's clock: time zones, what was fired before a restart, what fell due while nothing ran.

The engine reads every expression in UTC, forgets at a restart what it has fired (so that an `at` fires again and a `cron` skips what
fell due meanwhile), and counts a rate from the moment it happened to look. Here the last occurrence is kept with the schedule and so
with the state; of several that fell due unseen the latest fires. A schedule that was changed counts anew.
"""

import logging
import re
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hooks import find, replace
from ministack.services import eventbridge, scheduler

FIRED = "_fired"
# A minute schedule over a week: further back nobody wants to know which occurrence was the latest.
LOOKS = 10_080

logger = logging.getLogger("scheduler")


def rate_seconds(expression):
    """Its own function, for the tests' scale to take hold of."""
    return eventbridge._parse_rate_seconds(expression.strip())


def iso(epoch):
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cron_due(fields, zone, since, now):
    latest, after = None, datetime.fromtimestamp(since, zone)
    for _ in range(LOOKS):
        following = eventbridge._cron_next_fire(fields, after)
        if following is None or following.timestamp() > now:
            break
        latest, after = following.timestamp(), following
    return latest


def due(schedule, now):
    """When the latest occurrence was that has not been fired; None when there is none."""
    expression = schedule.get("ScheduleExpression", "").strip()
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    once = re.fullmatch(r"at\((.+)\)", expression)
    if once:
        moment = datetime.fromisoformat(once[1].strip()).replace(tzinfo=zone).timestamp()
        return moment if FIRED not in schedule and now >= moment else None
    since = schedule.get(FIRED) or max(schedule["LastModificationDate"], scheduler._to_epoch(schedule.get("StartDate")) or 0)
    step = rate_seconds(expression)
    if step:
        occurrences = int((now - since) // step)
        return since + occurrences * step if occurrences else None
    fields = eventbridge._parse_cron_fields(expression)
    return _cron_due(fields, zone, since, now) if fields else None


def fire(schedule, target, moment, account, region):
    event = {
        "EventId": scheduler.new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": moment,
        "Resources": [schedule["Arn"]],
        "Account": account,
        "Region": region,
    }
    eventbridge._invoke_target(target, event, schedule)


def target_of(schedule, moment):
    """Its own function, for `scheduler_attributes` to take hold of."""
    return schedule["Target"]


def _look_at(key, schedule, now):
    account, region, _ = key
    schedules = scheduler._schedules._data
    deletes = schedule.get("ActionAfterCompletion") == "DELETE"
    start, end = scheduler._to_epoch(schedule.get("StartDate")), scheduler._to_epoch(schedule.get("EndDate"))
    if schedule.get("State") != "ENABLED" or (start is not None and now < start):
        return
    if end is not None and now > end:
        if deletes:
            schedules.pop(key, None)
        return
    moment = due(schedule, now)
    if moment is None:
        return
    schedule[FIRED] = moment
    scheduler.set_request_account_id(account)
    scheduler.set_request_region(region)
    fire(schedule, target_of(schedule, moment), moment, account, region)
    if deletes and schedule["ScheduleExpression"].strip().startswith("at("):
        schedules.pop(key, None)


def tick():
    now, account, region = time.time(), scheduler.get_account_id(), scheduler.get_region()
    try:
        for key, schedule in list(scheduler._schedules._data.items()):
            try:
                _look_at(key, schedule, now)
            except Exception:
                logger.exception("the schedule %s could not be fired", schedule.get("Arn"))
    finally:
        scheduler.set_request_account_id(account)
        scheduler.set_request_region(region)


def apply():
    for name in ("_parse_rate_seconds", "_parse_cron_fields", "_cron_next_fire", "_invoke_target"):
        find(eventbridge, name)
    for name in ("_schedules", "_to_epoch", "new_uuid", "get_account_id", "get_region", "set_request_account_id", "set_request_region"):
        find(scheduler, name)
    replace(scheduler, "_tick_schedules", lambda _: tick)
