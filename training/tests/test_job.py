import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conftest import SCHEMA, make_table, write

from sluice_training.channel import read_channel
from sluice_training.check import check_model
from sluice_training.job import Folders, train
from sluice_training.parity import ParityFailed, score
from sluice_training.schema import parse_schema

BOTH = pytest.mark.parametrize("algorithm", ["gradient_boosting", "logistic_regression"])
SMALL = {"gradient_boosting": {"max_iter": "20"}, "logistic_regression": {}}


def given(algorithm: str, **more: object) -> dict[str, object]:
    """As SageMaker hands them over: every value a JSON-encoded string."""
    values = {"algorithm": algorithm, "schema": SCHEMA, "target": "late", "seed": 7, **more}
    return {"sagemaker_program": "train.py", **{name: json.dumps(value) for name, value in values.items()}, **SMALL[algorithm]}


@BOTH
def test_writes_a_model_the_platform_takes(folders: Folders, algorithm: str) -> None:
    described = train(given(algorithm), folders)
    assert sorted(path.name for path in folders.model.iterdir()) == ["model.onnx", "profile.json", "signature.json", "training.json"]
    check_model(folders.model)
    assert described["parity"]["rows"] == 700
    assert described["parity"]["maxAbsDifference"] <= 1e-5
    assert described["validation"]["auc"] > 0.7
    assert described == json.loads((folders.model / "training.json").read_text())


@BOTH
def test_the_same_seed_gives_the_same_bytes(folders: Folders, algorithm: str, tmp_path: Path) -> None:
    again = replace(folders, model=tmp_path / "again")
    one, two = train(given(algorithm), folders), train(given(algorithm), again)
    for name in ("model.onnx", "signature.json", "profile.json"):
        assert (folders.model / name).read_bytes() == (again.model / name).read_bytes(), name
    assert one["data"] == two["data"] and one["code"] == two["code"]


def test_another_seed_gives_another_model(folders: Folders, tmp_path: Path) -> None:
    other = replace(folders, model=tmp_path / "other")
    train(given("gradient_boosting"), folders)
    train(given("gradient_boosting", seed=8), other)
    assert (folders.model / "model.onnx").read_bytes() != (other.model / "model.onnx").read_bytes()


@BOTH
def test_an_unknown_category_and_missing_values_get_a_probability(folders: Folders, algorithm: str) -> None:
    train(given(algorithm), folders)
    session = onnxruntime.InferenceSession(str(folders.model / "model.onnx"))
    signed = json.loads((folders.model / "signature.json").read_text())
    missing = {"float": np.float32(np.nan), "string": "", "int64": np.iinfo(np.int64).min}
    feed = {}
    for entry in signed["inputs"]:
        known = {"float": 1.0, "string": "never seen", "int64": 1_000, "bool": True}[entry["onnx"]]
        value = missing[entry["onnx"]] if entry["nullable"] else known
        kind = {"float": np.float32, "string": object, "int64": np.int64, "bool": bool}[entry["onnx"]]
        feed[entry["name"]] = np.array([[value]], dtype=kind)
    label, probabilities = session.run(["label", "probabilities"], feed)
    assert 0 < probabilities[0, 1] < 1
    assert probabilities.sum() == pytest.approx(1)
    assert label.tolist() == [int(probabilities[0, 1] >= 0.5)]


def test_signature_says_how_to_feed_the_graph(folders: Folders) -> None:
    train(given("gradient_boosting"), folders)
    signed = json.loads((folders.model / "signature.json").read_text())
    by_name = {entry["name"]: entry for entry in signed["inputs"]}
    assert {name: entry["onnx"] for name, entry in by_name.items()} == {
        "at": "int64",
        "seen": "int64",
        "size": "int64",
        "steps": "float",
        "price": "float",
        "rating": "float",
        "member": "bool",
        "paid": "float",
        "city": "string",
        "club": "string",
    }
    assert by_name["city"]["categories"] == sorted(f"city {each}" for each in range(12))
    assert "" not in by_name["club"]["categories"]
    assert by_name["steps"]["range"] == [0, 8]
    assert by_name["seen"]["range"][0] > -200_000_000
    assert (signed["task"], signed["positive"], signed["threshold"]) == ("binary_classification", True, 0.5)


def test_the_threshold_can_be_chosen_on_validation(folders: Folders) -> None:
    described = train(given("gradient_boosting", threshold="max_f1"), folders)
    rows = read_channel("validation", folders.validation, parse_schema(SCHEMA))
    model = (folders.model / "model.onnx").read_bytes()
    scores, labels = score(model, rows)
    threshold = json.loads((folders.model / "signature.json").read_text())["threshold"]

    def f1(predicted: np.ndarray) -> float:
        return float(2 * (predicted & (rows.target == 1)).sum() / (predicted.sum() + rows.target.sum()))

    assert labels.tolist() == (scores >= np.float32(threshold)).astype(int).tolist()
    assert described["validation"]["f1"] == pytest.approx(f1(labels == 1))
    assert f1(labels == 1) == pytest.approx(max(f1(scores >= cut) for cut in np.unique(scores)))


def test_early_stopping_looks_at_validation(folders: Folders) -> None:
    described = train({**given("gradient_boosting", learning_rate=0.5), "max_iter": "80"}, folders)
    assert 1 <= described["fitted"]["trees"] < described["fitted"]["treesGrown"] == 80


def test_beyond_tolerance_nothing_is_written(folders: Folders) -> None:
    with pytest.raises(ParityFailed, match="validation row"):
        train(given("gradient_boosting", parity_tolerance=1e-12), folders)
    assert not folders.model.exists()


def test_a_column_the_schema_does_not_name_is_not_read(folders: Folders) -> None:
    table = make_table(300, 9)
    write(folders.validation, table.append_column("surplus", table.column("size")))
    assert "surplus" not in str(train(given("gradient_boosting"), folders)["inputsOfModel"])
