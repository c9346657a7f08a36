"""Logistic regression on imputed, standardised inputs; in the graph one 64-bit matrix product."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from sklearn.linear_model import LogisticRegression as Estimator

from sluice_training.base_model import BaseModel, Examples
from sluice_training.encoders import Matrix
from sluice_training.graph import Graph


@dataclass(frozen=True)
class LogisticRegressionParameters:
    C: float = 1.0
    max_iter: int = 200
    tol: float = 1e-6


class LogisticRegression(BaseModel):
    Parameters = LogisticRegressionParameters
    parameters: LogisticRegressionParameters
    calendar = "cyclic"

    def fit(self, train: Examples, validation: Examples) -> None:
        del validation
        known = np.isfinite(train.x)
        counts = np.maximum(known.sum(axis=0), 1)
        self._mean = np.where(known, train.x, 0).sum(axis=0, dtype=np.float64) / counts
        x = self._imputed(train.x)
        self._scale = x.std(axis=0)
        self._scale[self._scale == 0] = 1.0
        given = self.parameters
        self._estimator = Estimator(C=given.C, max_iter=given.max_iter, tol=given.tol, random_state=self.seed)
        self._estimator.fit((x - self._mean) / self._scale, train.y)

    def predict(self, x: Matrix) -> NDArray[np.float64]:
        return self._estimator.predict_proba((self._imputed(x) - self._mean) / self._scale)[:, 1]

    def emit(self, graph: Graph, matrix: str) -> str:
        # In 64 bits: scaling in 32 loses the small differences of a column whose values are far from zero.
        wide = graph.cast(matrix, TensorProto.DOUBLE)
        imputed = graph.node("Where", graph.node("IsNaN", wide), graph.constant(self._mean.reshape(1, -1)), wide)
        weights = (self._estimator.coef_[0] / self._scale).reshape(-1, 1)
        centred = graph.node("Sub", imputed, graph.constant(self._mean.reshape(1, -1)))
        margin = graph.node("Add", graph.node("MatMul", centred, graph.constant(weights)), graph.constant(self._estimator.intercept_))
        return graph.cast(graph.node("Sigmoid", margin), TensorProto.FLOAT)

    def describe(self) -> dict[str, Any]:
        return {"iterations": int(self._estimator.n_iter_[0]), "coefficients": self._estimator.coef_[0].tolist()}

    def _imputed(self, x: Matrix) -> NDArray[np.float64]:
        return np.where(np.isnan(x), self._mean, x.astype(np.float64))
