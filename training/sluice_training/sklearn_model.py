"""Any scikit-learn classifier that skl2onnx can convert, by naming the estimator."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import compose, helper, numpy_helper
from sklearn.base import ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from sluice_training.base_model import BaseModel, Examples
from sluice_training.encoders import Matrix
from sluice_training.graph import ML, ML_OPSET, OPSET, Graph

PREFIX = "estimator/"


class SklearnModel(BaseModel):
    """Subclass it, name `Parameters`, and return the unfitted classifier from `estimator`."""

    @abstractmethod
    def estimator(self) -> ClassifierMixin: ...

    def fit(self, train: Examples, validation: Examples) -> None:
        del validation
        self._pipeline: Any = make_pipeline(SimpleImputer(), self.estimator()).fit(train.x, train.y)

    def predict(self, x: Matrix) -> NDArray[np.float64]:
        return self._pipeline.predict_proba(x)[:, 1]

    def emit(self, graph: Graph, matrix: str) -> str:
        # Imported here: the built-in algorithms do not need the converter, and importing it takes a second.
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

        width = self._pipeline.n_features_in_
        final = self._pipeline.steps[-1][1]
        converted = to_onnx(
            self._pipeline,
            initial_types=[("matrix", FloatTensorType([None, width]))],
            options={id(final): {"zipmap": False}},
            target_opset={"": OPSET, ML: ML_OPSET},
        )
        named = compose.add_prefix(converted, PREFIX).graph
        graph.include(
            [helper.make_node("Identity", [matrix], [named.input[0].name]), *named.node],
            [numpy_helper.from_array(numpy_helper.to_array(constant), constant.name) for constant in named.initializer],
        )
        return graph.node("Gather", named.output[1].name, graph.integers(1), axis=1)
