"""What a restart leaves of a function's place in a table's stream."""

import pytest
from ministack.services import dynamodb, lambda_svc
from repairs import stream_positions

KEPT = {("000000000000", "us-east-1", "mapping"): 2}


@pytest.fixture
def place():
    yield lambda: lambda_svc._dynamodb_stream_positions._data.get(next(iter(KEPT)))
    lambda_svc._dynamodb_stream_positions.clear()


def restart():
    """The engine's own order: what was saved is read into the empty tables."""
    lambda_svc._dynamodb_stream_positions.clear()
    lambda_svc._restore_state({"functions": {}, "dynamodb_stream_positions": KEPT})


def test_a_restarted_function_would_skip_new_records(place):
    restart()
    assert place() == 2
    assert dynamodb.stream_end_position("any-table") == 0


def test_a_restarted_function_reads_the_stream_from_its_beginning(place, repair):
    repair(stream_positions)
    restart()
    assert place() is None


def test_other_streams_keep_their_place(repair):
    repair(stream_positions)
    lambda_svc._restore_esm_positions(lambda_svc._kinesis_positions, KEPT)
    assert lambda_svc._kinesis_positions._data.pop(next(iter(KEPT))) == 2
