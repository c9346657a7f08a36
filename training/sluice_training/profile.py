"""profile.json: what train looked like, so that drift has something to be compared with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sluice_training.frame import MISSING_TIME, Categories, Column, Frame
from sluice_training.schema import Feature, Schema

HISTOGRAM_BINS = 50
MOST_CATEGORIES = 1_000
MOST_VALUES = 2_048
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
    """Count, moments, quantiles, counted values, a histogram of equal-width bins (the last closed). `count` leaves the missing out."""
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
        "points": counted_values(numbers),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def counted_values(numbers: NDArray[np.float64]) -> dict[str, Any]:
    """Each distinct value and how often it is there, so that ties stay ties when a window is compared with it.

    Beyond MOST_VALUES distinct values the mantissas keep their leading `bits` only, as many as leave no more values than that
    (core/drift/numeric-sketch.ts does the same to the window's).
    """
    values, counts = np.unique(numbers, return_counts=True)
    fits, fails = 0, 53
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if len(np.unique(_cut(values, middle))) <= MOST_VALUES:
            fits = middle
        else:
            fails = middle
    kept, index = np.unique(_cut(values, fits), return_inverse=True)
    summed = np.bincount(index.ravel(), weights=counts).astype(np.int64)
    return {"bits": fits, "values": kept.tolist(), "counts": summed.tolist()}


def calendar_profile(seconds: NDArray[np.int64], missing: int) -> dict[str, Any]:
    """The span of the moments, and how many fall on each hour of the day and day of the week (Monday first), in UTC."""
    described: dict[str, Any] = {"count": len(seconds), "missing": missing}
    if len(seconds):
        described |= {"min": int(seconds.min()), "max": int(seconds.max())}
    hours, days = np.floor_divide(seconds, 3_600) % 24, (np.floor_divide(seconds, 86_400) + 3) % 7
    return {
        **described,
        "hour_of_day": np.bincount(hours, minlength=24).tolist(),
        "day_of_week": np.bincount(days, minlength=7).tolist(),
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
    if feature.type == "datetime":
        return {**head, **calendar_profile(present.astype(np.int64), int(absent.sum()))}
    return {**head, **numeric_profile(present, int(absent.sum()))}


def _cut(values: NDArray[np.float64], bits: int) -> NDArray[np.float64]:
    """Towards zero; adding zero turns -0.0 into 0.0, as they are one value."""
    mask = np.int64(-1) << np.int64(52 - bits)
    return (values.view(np.int64) & mask).view(np.float64) + 0.0
