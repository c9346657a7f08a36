"""The extension point: an algorithm is a subclass of BaseModel, or of SklearnModel when scikit-learn already has it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sluice_training.encoders import Calendar, Matrix
from sluice_training.graph import Graph

Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Examples:
    """Encoded rows and their labels. NaN marks a missing value."""

    x: Matrix
    y: Labels


class BaseModel(ABC):
    """Fits on encoded rows, says the probability of the positive class, and writes itself as ONNX nodes.

    `Parameters` is a dataclass of int, float, bool or str fields with defaults: its fields are the hyperparameters a job accepts.
    """

    Parameters: ClassVar[type[Any]]
    calendar: ClassVar[Calendar] = "ordinal"

    def __init__(self, parameters: Any, seed: int) -> None:
        self.parameters = parameters
        self.seed = seed

    @abstractmethod
    def fit(self, train: Examples, validation: Examples) -> None:
        """Learns from train. Validation may choose how far to go (early stopping), never what to learn."""

    @abstractmethod
    def predict(self, x: Matrix) -> NDArray[np.float64]:
        """P(positive) per row, by the fitted estimator itself: what the graph is compared with."""

    @abstractmethod
    def emit(self, graph: Graph, matrix: str) -> str:
        """Adds the nodes that take the [N, k] float matrix to P(positive) as a [N, 1] float tensor, and returns its name."""

    def describe(self) -> dict[str, Any]:
        """What the fit decided by itself, for training.json."""
        return {}
