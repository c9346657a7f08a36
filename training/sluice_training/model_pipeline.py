"""Preprocessing and model as one thing that fits on raw rows and becomes one ONNX graph."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from sluice_training.base_model import BaseModel, Examples
from sluice_training.frame import Frame
from sluice_training.graph import Graph
from sluice_training.preprocessing import Preprocessing
from sluice_training.schema import Schema


class ModelPipeline:
    """Raw rows in, P(positive) out. Everything is fitted on train alone."""

    def __init__(self, schema: Schema, model: BaseModel, smoothing: float = 20.0) -> None:
        self.model = model
        self.preprocessing = Preprocessing(schema, model.calendar, smoothing)

    def fit(self, train: Frame, validation: Frame) -> None:
        x = self.preprocessing.fit_transform(train, self.model.seed)
        self.model.fit(Examples(x, train.target), Examples(self.preprocessing.transform(validation), validation.target))

    def predict(self, frame: Frame) -> NDArray[np.float64]:
        return self.model.predict(self.preprocessing.transform(frame))

    def to_onnx(self, threshold: float) -> onnx.ModelProto:
        """The serving graph: `label` int64 [N] and `probabilities` float [N, 2], negative class first."""
        graph = Graph()
        positive = self.model.emit(graph, self.preprocessing.emit(graph))
        negative = graph.node("Sub", graph.floats(1), positive)
        graph.node("Concat", negative, positive, axis=1, output="probabilities")
        passed = graph.node("GreaterOrEqual", positive, graph.floats(threshold))
        flat = graph.node("Squeeze", passed, graph.integers(1))
        graph.cast(flat, TensorProto.INT64, output="label")
        return graph.model(
            [
                helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
                helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
            ]
        )
