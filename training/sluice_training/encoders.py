"""Turns one raw column into numbers, twice: in numpy for the fit, and as ONNX nodes for serving. Both must agree bit for bit."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from sluice_training.frame import MISSING_TIME, Categories, Column
from sluice_training.graph import ML, Graph
from sluice_training.schema import Feature

Matrix = NDArray[np.float32]
Calendar = Literal["ordinal", "cyclic"]

DAY_SECONDS = 86_400
FOLDS = 5


class Encoder(ABC):
    """What was learnt about one column. `transform` returns [n, k] in float32 and `emit` the tensor that equals it."""

    @property
    @abstractmethod
    def names(self) -> list[str]: ...

    @abstractmethod
    def transform(self, column: Column) -> Matrix: ...

    @abstractmethod
    def emit(self, graph: Graph, tensor: str) -> str: ...


class PlainEncoder(Encoder):
    """A number, an integer or a boolean as it is. NaN stays: the model decides what a missing value means."""

    def __init__(self, feature: Feature) -> None:
        self._feature = feature

    @property
    def names(self) -> list[str]:
        return [self._feature.name]

    def transform(self, column: Column) -> Matrix:
        return np.asarray(column).astype(np.float32).reshape(-1, 1)

    def emit(self, graph: Graph, tensor: str) -> str:
        return tensor if self._feature.onnx == "float" else graph.cast(tensor, TensorProto.FLOAT)


class CalendarEncoder(Encoder):
    """Minute of the day and day of the week (Monday 0) in UTC; as points on a circle for models that are linear in their inputs."""

    def __init__(self, feature: Feature, calendar: Calendar) -> None:
        self._feature = feature
        self._calendar = calendar

    @property
    def names(self) -> list[str]:
        parts = ["minute_of_day", "weekday"]
        if self._calendar == "cyclic":
            parts = [f"{part}_{wave}" for part in parts for wave in ("sin", "cos")]
        return [f"{self._feature.name}.{part}" for part in parts]

    def transform(self, column: Column) -> Matrix:
        seconds = np.asarray(column).astype(np.int64)
        of_day = np.mod(seconds, DAY_SECONDS)
        minute = (of_day // 60).astype(np.float32)
        weekday = np.mod((seconds - of_day) // DAY_SECONDS + 3, 7).astype(np.float32)
        parts = [minute, weekday]
        if self._calendar == "cyclic":
            angles = [minute * np.float32(2 * np.pi / 1440), weekday * np.float32(2 * np.pi / 7)]
            parts = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        matrix = np.column_stack(parts).astype(np.float32)
        if self._feature.nullable:
            matrix[seconds == MISSING_TIME] = np.nan
        return matrix

    def emit(self, graph: Graph, tensor: str) -> str:
        # The largest multiple of a day below the time, so that Div, which truncates, is exact before 1970 as well.
        of_day = graph.node("Mod", tensor, graph.integers(DAY_SECONDS))
        minute = graph.cast(graph.node("Div", of_day, graph.integers(60)), TensorProto.FLOAT)
        days = graph.node("Div", graph.node("Sub", tensor, of_day), graph.integers(DAY_SECONDS))
        shifted = graph.node("Add", days, graph.integers(3))
        weekday = graph.cast(graph.node("Mod", shifted, graph.integers(7)), TensorProto.FLOAT)
        parts = [minute, weekday]
        if self._calendar == "cyclic":
            turns = [(minute, 1440), (weekday, 7)]
            angles = [graph.node("Mul", part, graph.floats(2 * np.pi / period)) for part, period in turns]
            parts = [graph.node(wave, angle) for angle in angles for wave in ("Sin", "Cos")]
        matrix = graph.node("Concat", *parts, axis=1)
        if not self._feature.nullable:
            return matrix
        missing = graph.node("Equal", tensor, graph.integers(int(MISSING_TIME)))
        return graph.node("Where", missing, graph.floats(np.nan), matrix)


class CategoryEncoder(Encoder):
    """A category as two numbers from train: the share of positive rows it had, and the share of all rows it was.

    The rate is drawn towards the overall rate when the category is rare: (positives + smoothing * prior) / (rows + smoothing).
    The share of rows tells categories of the same rate apart. A category never seen gets the prior and 0.
    Two hash look-ups in the graph, however many categories there are.
    """

    def __init__(self, feature: Feature, column: Categories, target: NDArray[np.uint8], smoothing: float) -> None:
        self._feature = feature
        self._smoothing = smoothing
        self._prior = np.float32(target.mean())
        counts = column.counts()
        rates = self._rates(counts, np.bincount(column.codes, weights=target, minlength=len(column.levels)))
        shares = (counts / len(column)).astype(np.float32)
        self._known = {level: (rates[code], shares[code]) for code, level in enumerate(column.levels) if counts[code]}

    @property
    def names(self) -> list[str]:
        return [f"{self._feature.name}.rate", f"{self._feature.name}.share"]

    def transform(self, column: Column) -> Matrix:
        assert isinstance(column, Categories)
        unknown = (self._prior, np.float32(0))
        return np.asarray([self._known.get(level, unknown) for level in column.levels], dtype=np.float32)[column.codes]

    def held_out(self, column: Categories, target: NDArray[np.uint8], seed: int) -> Matrix:
        """Each train row by the rates of the other folds, so that a rare category does not tell the model its own answer."""
        fold = np.random.default_rng(seed).integers(0, FOLDS, len(column)).astype(np.int64)
        cell = fold * len(column.levels) + column.codes
        shape = (FOLDS, len(column.levels))
        counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
        positives = np.bincount(cell, weights=target, minlength=shape[0] * shape[1]).reshape(shape)
        rates = self._rates(counts.sum(axis=0) - counts, positives.sum(axis=0) - positives)
        matrix = self.transform(column)
        matrix[:, 0] = rates[fold, column.codes]
        return matrix

    def emit(self, graph: Graph, tensor: str) -> str:
        columns = [
            graph.node(
                "LabelEncoder",
                tensor,
                domain=ML,
                keys_strings=list(self._known),
                values_floats=[float(values[position]) for values in self._known.values()],
                default_float=default,
            )
            for position, default in enumerate((float(self._prior), 0.0))
        ]
        return graph.node("Concat", *columns, axis=1)

    def _rates(self, counts: NDArray[Any], positives: NDArray[Any]) -> Matrix:
        return ((positives + self._smoothing * float(self._prior)) / (counts + self._smoothing)).astype(np.float32)
