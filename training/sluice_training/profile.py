"""profile.json: what train looked like, so that drift has something to be compared with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sluice_training.frame import MISSING_TIME, Categories, Column, Frame
from sluice_training.schema import Feature, Schema

HISTOGRAM_BINS = 50
MOST_CATEGORIES = 1_000
QUANTILES = np.linspace(0, 1, 101)


def training_profile(schema: Schema, train: Frame, validation_scores: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Each feature's distribution on train, the target's rate, and the predictions' distribution on validation."""
    return {
        "version": 1,
        "rows": train.rows,
        "features": [_feature(feature, train.columns[feature.name]) for feature in schema.features],
        "target": {"name": schema.target, "positives": int(train.target.sum()), "rate": float(train.target.mean())},
        "prediction": {"channel": "validation", **numeric_profile(validation_scores.astype(np.float64), 0)},
    }


def numeric_profile(values: NDArray[np.generic], missing: int) -> dict[str, Any]:
    """Count, moments, 101 quantiles and a histogram of equal-width bins (the last one closed). `count` leaves the missing out."""
    described: dict[str, Any] = {"count": len(values), "missing": missing}
    if len(values) == 0:
        return described
    numbers = values.astype(np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    # A column that holds one value gets one bin around it: numpy's default would invent a range of one.
    counts, edges = (np.array([len(numbers)]), np.array([low, low])) if low == high else np.histogram(numbers, HISTOGRAM_BINS)
    return {
        **described,
        "min": low,
        "max": high,
        "mean": float(numbers.mean()),
        "std": float(numbers.std()),
        "quantiles": np.quantile(numbers, QUANTILES).tolist(),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def category_profile(levels: list[tuple[str, int]], missing: int) -> dict[str, Any]:
    """The most frequent categories and what is left over."""
    ordered = sorted(levels, key=lambda each: (-each[1], each[0]))
    kept, rest = ordered[:MOST_CATEGORIES], ordered[MOST_CATEGORIES:]
    return {
        "count": sum(count for _, count in ordered),
        "missing": missing,
        "distinct": len(ordered),
        "categories": [{"value": value, "count": count} for value, count in kept],
        "other": sum(count for _, count in rest),
    }


def _feature(feature: Feature, column: Column) -> dict[str, Any]:
    head = {"name": feature.name, "type": feature.type}
    if isinstance(column, Categories):
        seen = [(level, count) for level, count in zip(column.levels, column.counts().tolist(), strict=True) if count]
        missing = sum(count for level, count in seen if not level)
        return {**head, **category_profile([each for each in seen if each[0]], missing)}
    values = np.asarray(column)
    absent = values == MISSING_TIME if feature.type == "datetime" else np.isnan(values.astype(np.float64))
    present = values[~absent]
    if feature.type == "boolean":
        true = int(present.sum())
        return {**head, **category_profile([("true", true), ("false", len(present) - true)], int(absent.sum()))}
    return {**head, **numeric_profile(present, int(absent.sum()))}
