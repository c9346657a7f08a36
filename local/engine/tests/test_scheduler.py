"""EventBridge Scheduler: when a schedule fires, and with what."""

import json
import time
from datetime import datetime, timezone

import pytest
from ministack.services import eventbridge, scheduler
from repairs import scheduler_attributes, scheduler_clock, scheduler_pace

KEY = ("000000000000", "us-east-1", "default/it")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


@pytest.fixture
def fired(monkeypatch):
    """The inputs that targets were given."""
    inputs = []
    monkeypatch.setattr(eventbridge, "_invoke_target", lambda target, event, rule, view=None: inputs.append(target.get("Input")))
    yield inputs
    scheduler._schedules.clear()
    scheduler._schedule_last_fired.clear()


@pytest.fixture
def clock(monkeypatch):
    def look(moment):
        monkeypatch.setattr(time, "time", lambda: at(moment))
        scheduler._tick_schedules()

    return look


def make(expression, made="2026-03-01T00:00:00", text="{}", **more):
    scheduler._schedules._data[KEY] = {
        "Arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/it",
        "Name": "it",
        "GroupName": "default",
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "Target": {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m", "RoleArn": "r", "Input": text},
        "ActionAfterCompletion": "NONE",
        "CreationDate": at(made),
        "LastModificationDate": at(made),
        **more,
    }


def restart():
    """What the engine keeps goes through JSON; what it does not keep begins empty."""
    schedule = json.loads(json.dumps(scheduler._schedules._data[KEY]))
    scheduler._schedules.clear()
    scheduler._schedule_last_fired.clear()
    scheduler._schedules._data[KEY] = schedule


def test_cron_in_a_time_zone_canary(fired, clock):
    make("cron(0 6 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    clock("2026-03-01T00:00:00")
    clock("2026-03-01T05:30:00")
    assert fired == [], "the engine knows time zones by itself now: look at scheduler_clock again"


@pytest.mark.parametrize(
    ("expression", "zone", "early", "fires"),
    [
        ("cron(0 6 * * ? *)", "Europe/Berlin", "2026-03-01T04:59:59", "2026-03-01T05:00:01"),
        # The clock is put forward on 29 March.
        ("cron(0 6 * * ? *)", "Europe/Berlin", "2026-03-30T03:59:59", "2026-03-30T04:00:01"),
        ("cron(0 6 * * ? *)", "UTC", "2026-03-01T05:59:59", "2026-03-01T06:00:01"),
        ("at(2026-03-01T06:00:00)", "America/New_York", "2026-03-01T10:59:59", "2026-03-01T11:00:01"),
    ],
)
def test_an_expression_is_read_in_its_time_zone(repair, fired, clock, expression, zone, early, fires):
    repair(scheduler_clock)
    made = early[:11] + "00:30:00"
    make(expression, made, ScheduleExpressionTimezone=zone)
    clock(early)
    assert fired == []
    clock(fires)
    clock(fires)
    assert fired == ["{}"]


def test_a_restart_fires_again_canary(fired, clock):
    make("at(2026-03-01T06:00:00)")
    clock("2026-03-01T06:00:01")
    restart()
    clock("2026-03-01T06:00:02")
    assert len(fired) == 2, "the engine keeps what it has fired by itself now: look at scheduler_clock again"


def test_a_restart_fires_nothing_again_and_catches_up_once(repair, fired, clock):
    repair(scheduler_clock)
    make("at(2026-03-01T06:00:00)")
    clock("2026-03-01T06:00:01")
    restart()
    clock("2026-03-01T06:00:02")
    assert len(fired) == 1
    make("cron(0 * * * ? *)")
    clock("2026-03-01T01:00:01")
    restart()
    clock("2026-03-01T05:30:00")
    clock("2026-03-01T05:30:01")
    assert len(fired) == 3


def test_a_rate_keeps_its_beat(repair, fired, clock):
    repair(scheduler_clock)
    make("rate(1 minute)")
    for moment in ("00:00:59", "00:01:04", "00:01:59", "00:02:01", "00:02:30"):
        clock(f"2026-03-01T{moment}")
    assert len(fired) == 2


def test_a_paused_or_ended_schedule_is_silent(repair, fired, clock):
    repair(scheduler_clock)
    make("rate(1 minute)", State="DISABLED")
    clock("2026-03-02T00:00:00")
    make("rate(1 minute)", EndDate=at("2026-03-01T00:00:30"), ActionAfterCompletion="DELETE")
    clock("2026-03-02T00:00:00")
    assert fired == [] and KEY not in scheduler._schedules._data


def test_one_that_cannot_be_fired_keeps_no_other_waiting(repair, fired, clock):
    repair(scheduler_clock)
    make("rate(1 minute)")
    broken = {**scheduler._schedules._data[KEY], "ScheduleExpressionTimezone": "Mars/Olympus"}
    scheduler._schedules._data = {("000000000000", "us-east-1", "default/broken"): broken, **scheduler._schedules._data}
    clock("2026-03-01T00:01:00")
    assert fired == ["{}"]


def test_attributes_canary(repair, fired, clock):
    repair(scheduler_clock)
    make("rate(1 minute)", text='{"at":"<aws.scheduler.scheduled-time>"}')
    clock("2026-03-01T00:01:07")
    assert fired == ['{"at":"<aws.scheduler.scheduled-time>"}'], "the engine fills in attributes by itself now: drop scheduler_attributes"


def test_attributes_are_filled_in(repair, fired, clock):
    repair(scheduler_clock, scheduler_attributes)
    names = ("scheduled-time", "schedule-arn", "attempt-number", "no-such-name")
    text = json.dumps({name: f"<aws.scheduler.{name}>" for name in names})
    make("rate(1 minute)", text=text)
    clock("2026-03-01T00:01:07")
    assert json.loads(fired[0]) == {
        "scheduled-time": "2026-03-01T00:01:00Z",
        "schedule-arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/it",
        "attempt-number": "1",
        "no-such-name": "<aws.scheduler.no-such-name>",
    }
    assert scheduler._schedules._data[KEY]["Target"]["Input"] == text


def test_the_engine_looks_every_second(repair):
    assert scheduler._SCHEDULE_TICK_INTERVAL == 10, "the engine's own pace has changed: look at scheduler_pace again"
    repair(scheduler_clock, scheduler_pace)
    assert scheduler._SCHEDULE_TICK_INTERVAL == 1


def test_tests_may_shorten_rates(repair, fired, clock, monkeypatch):
    monkeypatch.setenv("SCHEDULER_RATE_SCALE", str(1 / 60))
    repair(scheduler_clock, scheduler_pace)
    make("rate(1 minute)")
    clock("2026-03-01T00:00:00.500")
    assert fired == []
    clock("2026-03-01T00:00:01")
    assert fired == ["{}"]


@pytest.mark.parametrize("scale", ["0", "-1", "2"])
def test_a_scale_without_meaning_stops_the_start(repair, monkeypatch, scale):
    monkeypatch.setenv("SCHEDULER_RATE_SCALE", scale)
    with pytest.raises(ValueError, match="SCHEDULER_RATE_SCALE"):
        repair(scheduler_pace)
