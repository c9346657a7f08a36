"""What a user's own script may do: an algorithm of scikit-learn, one from scratch, or a model written without this package."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import SCHEMA
from onnx import TensorProto, helper
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier

from sluice_training import ALGORITHMS, BaseModel, Examples, InputRefused, SklearnModel
from sluice_training.check import check_model
from sluice_training.encoders import Matrix
from sluice_training.graph import Graph
from sluice_training.job import Folders, train


@dataclass(frozen=True)
class ForestParameters:
    trees: int = 10
    depth: int = 4


class Forest(SklearnModel):
    Parameters = ForestParameters

    def estimator(self) -> ClassifierMixin:
        given = self.parameters
        return RandomForestClassifier(n_estimators=given.trees, max_depth=given.depth, random_state=self.seed)


@dataclass(frozen=True)
class NoParameters:
    pass


class BaseRate(BaseModel):
    """Says the same for every row; `slip` makes its graph disagree with it."""

    Parameters = NoParameters
    slip = 0.0

    def fit(self, train: Examples, validation: Examples) -> None:
        self.rate = float(train.y.mean())

    def predict(self, x: Matrix) -> np.ndarray:
        return np.full(len(x), self.rate)

    def emit(self, graph: Graph, matrix: str) -> str:
        first = graph.node("Gather", matrix, graph.integers(0), axis=1)
        nothing = graph.node("Mul", first, graph.floats(0))
        return graph.node("Add", nothing, graph.floats(self.rate + self.slip))


class Slipping(BaseRate):
    slip = 0.01


def test_an_algorithm_of_scikit_learn(folders: Folders) -> None:
    given = {"algorithm": "forest", "schema": json.dumps(SCHEMA), "trees": "7", "seed": "3"}
    described = train(given, folders, {**ALGORITHMS, "forest": Forest})
    check_model(folders.model)
    assert described["hyperparameters"]["trees"] == 7
    assert described["validation"]["auc"] > 0.65


def test_an_algorithm_from_scratch(folders: Folders) -> None:
    described = train({"algorithm": "base_rate", "schema": SCHEMA}, folders, {"base_rate": BaseRate})
    check_model(folders.model)
    assert described["validation"]["auc"] == 0.5


def test_a_graph_that_disagrees_with_its_estimator_stays_in_the_job(folders: Folders) -> None:
    with pytest.raises(RuntimeError, match="700 of 700 rows differ"):
        train({"algorithm": "slipping", "schema": SCHEMA}, folders, {"slipping": Slipping})
    assert not folders.model.exists()


def hand_made(folder: Path, named: str = "x", said: str = "float", label: str = "flat") -> Path:
    """A graph of one input x; the signature may name or type it wrongly, the label may have the wrong shape."""
    shaped = ("Squeeze", ["wide", "axis"], ["label"]) if label == "flat" else ("Identity", ["wide"], ["label"])
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
        helper.make_node("Greater", ["p", "half"], ["above"]),
        helper.make_node("Cast", ["above"], ["wide"], to=TensorProto.INT64),
        helper.make_node(*shaped),
    ]
    constants = [
        helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
        helper.make_tensor("half", TensorProto.FLOAT, [1], [0.5]),
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
    ]
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, None),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, None),
    ]
    graph = helper.make_graph(nodes, "own", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])], outputs, constants)
    folder.mkdir(exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")
    outputs_named = {"label": "label", "probabilities": "probabilities"}
    signed = {"inputs": [{"name": named, "onnx": said}], "outputs": outputs_named}
    (folder / "signature.json").write_text(json.dumps(signed))
    return folder


def test_a_model_written_without_this_package(tmp_path: Path) -> None:
    check_model(hand_made(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"named": "y"}, r"has the inputs \['x'\], signature.json names \['y'\]"),
        ({"said": "int64"}, "signature.json says int64, model.onnx takes tensor\\(float\\)"),
        ({"label": "column"}, r"label must be int64 of shape \[N\]"),
    ],
)
def test_a_model_that_does_not_fit_its_signature_is_refused(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(InputRefused, match=message):
        check_model(hand_made(tmp_path, **change))


def test_a_model_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"has no model\.onnx"):
        check_model(tmp_path)
