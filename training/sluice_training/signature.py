"""signature.json: how to feed the graph and how to read it."""

from importlib.metadata import version
from typing import Any

import numpy as np

from sluice_training.frame import MISSING_TIME, Categories, Column, Frame
from sluice_training.graph import OPSET
from sluice_training.schema import Feature, Schema

MOST_CATEGORIES = 1_000


def signature(schema: Schema, train: Frame, threshold: float, algorithm: str) -> dict[str, Any]:
    return {
        "version": 1,
        "task": "binary_classification",
        "inputs": [_input(feature, train.columns[feature.name]) for feature in schema.features],
        "outputs": {"label": "label", "probabilities": "probabilities"},
        "positive": True,
        "threshold": threshold,
        "opset": OPSET,
        "producer": {"name": "sluice_training", "algorithm": algorithm, "onnx": version("onnx"), "sklearn": version("scikit-learn")},
    }


def _input(feature: Feature, column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {"name": feature.name, "type": feature.type, "nullable": feature.nullable, "onnx": feature.onnx}
    if isinstance(column, Categories):
        seen = [(level, count) for level, count in zip(column.levels, column.counts().tolist(), strict=True) if level and count]
        if len(seen) > MOST_CATEGORIES:
            seen = sorted(seen, key=lambda each: (-each[1], each[0]))[:MOST_CATEGORIES]
        return {**described, "categories": sorted(level for level, _ in seen)}
    if feature.type == "boolean":
        return described
    values = np.asarray(column)
    values = values[values != MISSING_TIME] if feature.type == "datetime" else values[~np.isnan(values.astype(np.float64))]
    return described if len(values) == 0 else {**described, "range": [values.min().item(), values.max().item()]}
