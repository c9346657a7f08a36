"""What a restart leaves of a function's place in a table's stream."""

import pytest
from ministack.services import dynamodb, lambda_svc
from repairs import stream_failures, stream_positions

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


STREAM = {"Records": [{"eventSource": "aws:dynamodb", "eventSourceARN": "arn:stream", "eventID": "1"}]}


def test_a_record_that_failed_comes_again(repair, monkeypatch):
    named = {"body": {"batchItemFailures": [{"itemIdentifier": "1"}]}}
    monkeypatch.setattr(lambda_svc, "_execute_function", lambda function, event: dict(named))
    function = {"config": {"FunctionArn": "arn:function"}}
    mapping = {"FunctionArn": "arn:function", "EventSourceArn": "arn:aws:dynamodb:::table/t/stream/s", "MaximumRetryAttempts": 2}
    monkeypatch.setattr(lambda_svc, "_iter_all_esms", lambda: iter([("000000000000", "us-east-1", mapping)]))
    assert "error" not in lambda_svc._execute_function(function, STREAM)
    repair(stream_failures)
    # The poller keeps its place in the stream for as long as it is told of an error.
    assert [bool(lambda_svc._execute_function(function, STREAM).get("error")) for _ in range(4)] == [True, True, False, True]
    stream_failures._failures.clear()
    assert "error" not in lambda_svc._execute_function(function, {"Records": [{"eventSource": "aws:sqs"}]})


def test_the_poller_still_takes_what_was_named_for_done():
    import inspect

    assert "batchItemFailures" not in inspect.getsource(lambda_svc._poll_dynamodb_streams), "the engine reads it by itself now: drop stream_failures"
