"""What `DELIVERY_DISORDER` does to deliveries, and that nothing happens without it."""

import time

import pytest
from ministack.services import eventbridge, lambda_svc, sqs
from repairs import delivery_disorder


@pytest.fixture
def queue(monkeypatch):
    """A standard queue with three messages that are visible."""
    message = lambda name: {"id": name, "receipt_handle": None, "visible_at": 0, "receive_count": 0}  # noqa: E731
    state = {"attributes": {"VisibilityTimeout": "30"}, "messages": [message(name) for name in "abc"]}
    monkeypatch.setattr(sqs, "_get_q", lambda url: state)
    monkeypatch.setattr(sqs, "_expire_retained", lambda queue: None)
    monkeypatch.setattr(sqs, "_dlq_sweep", lambda queue: None)

    def collect(queue, most, visibility):
        found = [each for each in queue["messages"] if each["visible_at"] <= time.time()][:most]
        for each in found:
            each.update(receipt_handle=f"r-{each['id']}", visible_at=time.time() + visibility, receive_count=each["receive_count"] + 1)
        return found

    monkeypatch.setattr(sqs, "_collect_msgs", collect)
    return state


def receive():
    return [each["id"] for each in sqs._receive_messages_for_esm("url", 10)]


def disordered(repair, monkeypatch, share):
    monkeypatch.setenv("DELIVERY_DISORDER", str(share))
    monkeypatch.setattr(delivery_disorder, "LATE_SECONDS", 0.2)
    repair(delivery_disorder)


def test_nothing_happens_unless_it_is_wanted(repair, queue, monkeypatch):
    monkeypatch.delenv("DELIVERY_DISORDER", raising=False)
    before = (sqs._delete_messages_for_esm, eventbridge._invoke_target, lambda_svc._execute_function)
    repair(delivery_disorder)
    assert (sqs._delete_messages_for_esm, eventbridge._invoke_target, lambda_svc._execute_function) == before
    monkeypatch.setenv("DELIVERY_DISORDER", "2")
    with pytest.raises(ValueError, match="from 0"):
        repair(delivery_disorder)


def test_messages_come_late_and_again_and_then_no_more(repair, queue, monkeypatch):
    assert receive() == ["a", "b", "c"]
    for each in queue["messages"]:
        each["visible_at"] = 0
    disordered(repair, monkeypatch, 1)
    assert receive() == [], "all are held back"
    time.sleep(0.25)
    assert sorted(receive()) == ["a", "b", "c"]
    sqs._delete_messages_for_esm("url", {"r-a", "r-b", "r-c"})
    time.sleep(0.25)
    assert sorted(receive()) == ["a", "b", "c"], "all come again"
    sqs._delete_messages_for_esm("url", {"r-a", "r-b", "r-c"})
    assert queue["messages"] == []


def test_a_target_is_called_late_or_twice(repair, monkeypatch):
    called = []
    monkeypatch.setattr(eventbridge, "_invoke_target", lambda *arguments: called.append(arguments))
    disordered(repair, monkeypatch, 0.5)
    for number in range(40):
        eventbridge._invoke_target(number)
    at_once = len(called)
    time.sleep(0.5)
    numbers = [number for (number,) in called]
    assert at_once < 40 < len(called) and set(numbers) == set(range(40)) and numbers != sorted(numbers)


def test_a_batch_comes_again_with_its_items_in_another_order(repair, monkeypatch):
    seen = []
    monkeypatch.setattr(lambda_svc, "_execute_function", lambda function, event: seen.append(event["Records"]) or {"body": None})
    disordered(repair, monkeypatch, 1)
    record = lambda key, number: {"eventSource": "aws:dynamodb", "eventID": f"{number}", "dynamodb": {"Keys": key, "at": number}}  # noqa: E731
    records = [record(key, at) for at, key in enumerate("abcabcabc")]
    assert lambda_svc._execute_function({}, {"Records": records})["error"]
    assert "error" not in lambda_svc._execute_function({}, {"Records": records})
    assert len(seen) == 2 and any(batch != records for batch in seen)
    for batch in seen:
        for key in "abc":
            places = [each["dynamodb"]["at"] for each in batch if each["dynamodb"]["Keys"] == key]
            assert places == sorted(places)
