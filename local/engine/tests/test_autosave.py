"""A real engine in a process of its own, killed without a chance to save."""

import signal
import time

from conftest import PLUGIN


def survives(engine, command):
    process, tables = engine(command)
    # After the first save: one that leaves nothing for the next to go on from ends all that follow.
    time.sleep(5.5)
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


def test_a_state_is_written_when_it_changed_and_only_then(tmp_path, monkeypatch):
    from ministack import app
    from ministack.core import persistence
    from repairs import autosave

    layer = bytes(2 * autosave.LARGE)
    state = {"layer": layer, "small": b"a", "count": 1}
    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path))
    monkeypatch.setattr(app, "_build_persistence_save_dict", lambda: {"lambda": lambda: state, "unused": lambda: None})
    kept = tmp_path / "lambda.json"
    seen = autosave.save({})
    assert persistence.json.loads(kept.read_text(), object_hook=persistence._json_object_hook)["payload"] == state

    def rewritten():
        nonlocal seen
        before = kept.stat().st_ino
        seen = autosave.save(seen)
        return kept.stat().st_ino != before

    assert not rewritten()
    for change in ({"count": 2}, {"small": b"b"}, {"layer": bytes(2 * autosave.LARGE)}):
        state.update(change)
        assert rewritten(), change
        assert not rewritten()
    kept.unlink()
    autosave.save(seen)
    assert kept.exists()
