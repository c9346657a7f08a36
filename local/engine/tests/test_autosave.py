"""A real engine in a process of its own, killed without a chance to save."""

import signal
import time

from conftest import PLUGIN


def survives(engine, command):
    process, tables = engine(command)
    tables.create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    time.sleep(6.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, tables = engine(command)
    return tables.list_tables()["TableNames"] == ["kept"]


def test_the_engine_forgets_what_it_had_when_it_is_killed(engine):
    assert not survives(engine, ["-m", "ministack"]), "the engine saves by itself now: drop autosave"


def test_a_killed_engine_loses_at_most_the_last_seconds(engine):
    assert survives(engine, [str(PLUGIN)])
