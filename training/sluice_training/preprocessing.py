"""Every column's encoder, fitted on train only, and the matrix they make side by side."""

import numpy as np

from sluice_training.encoders import Calendar, CalendarEncoder, CategoryEncoder, Encoder, Matrix, PlainEncoder
from sluice_training.frame import Categories, Frame
from sluice_training.graph import Graph
from sluice_training.schema import Feature, Schema


class Preprocessing:
    def __init__(self, schema: Schema, calendar: Calendar, smoothing: float) -> None:
        self._schema = schema
        self._calendar: Calendar = calendar
        self._smoothing = smoothing
        self._encoders: dict[str, Encoder] = {}

    @property
    def names(self) -> list[str]:
        return [name for encoder in self._encoders.values() for name in encoder.names]

    def fit_transform(self, train: Frame, seed: int) -> Matrix:
        """Learns from train and returns its matrix, categories encoded out of fold."""
        parts = []
        for position, feature in enumerate(self._schema.features):
            column = train.columns[feature.name]
            encoder = self._encoder(feature, train)
            self._encoders[feature.name] = encoder
            if isinstance(encoder, CategoryEncoder) and isinstance(column, Categories):
                parts.append(encoder.held_out(column, train.target, seed + position))
            else:
                parts.append(encoder.transform(column))
        return np.hstack(parts)

    def transform(self, frame: Frame) -> Matrix:
        return np.hstack([encoder.transform(frame.columns[name]) for name, encoder in self._encoders.items()])

    def emit(self, graph: Graph) -> str:
        """Adds one input per feature and returns the [N, k] float matrix."""
        parts = [self._encoders[feature.name].emit(graph, graph.input(feature.name, feature.onnx)) for feature in self._schema.features]
        return graph.node("Concat", *parts, axis=1)

    def _encoder(self, feature: Feature, train: Frame) -> Encoder:
        column = train.columns[feature.name]
        if isinstance(column, Categories):
            return CategoryEncoder(feature, column, train.target, self._smoothing)
        if feature.type == "datetime":
            return CalendarEncoder(feature, self._calendar)
        return PlainEncoder(feature)
