import json
from pathlib import Path

import classification
import pytest

FILE = Path(__file__).parents[2] / "test" / "golden" / "classification.json"
METRICS = ("auc", "logLoss", "f1", "precision", "recall", "accuracy", "brier", "ece")


@pytest.mark.parametrize("group", ["cases", "weighted"])
def test_the_file_is_what_the_generator_writes(group: str) -> None:
    written, fresh = json.loads(FILE.read_text())[group], classification.cases()[group]
    assert [case["name"] for case in written] == [case["name"] for case in fresh]
    for old, new in zip(written, fresh, strict=True):
        for metric in METRICS:
            assert old[metric] == (None if new[metric] is None else pytest.approx(new[metric], abs=1e-12)), (old["name"], metric)
