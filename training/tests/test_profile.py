import json
from typing import Any

import numpy as np
import pytest
from conftest import SCHEMA

from sluice_training.channel import read_channel
from sluice_training.job import Folders
from sluice_training.profile import MOST_VALUES, calendar_profile, category_profile, counted_values, numeric_profile, training_profile
from sluice_training.schema import parse_schema


def test_every_row_is_counted_once(folders: Folders) -> None:
    schema = parse_schema(SCHEMA)
    rows = read_channel("train", folders.train, schema)
    profile = training_profile(schema, rows, np.linspace(0, 1, 11))
    json.dumps(profile, allow_nan=False)
    assert [feature["name"] for feature in profile["features"]] == [feature.name for feature in schema.features]
    for feature in profile["features"]:
        for counts in counts_of(feature):
            assert sum(counts) + feature.get("other", 0) == feature["count"]
        assert feature["count"] + feature["missing"] == profile["rows"] == 2_000
    missing = {feature["name"] for feature in profile["features"] if feature["missing"]}
    assert missing == {"seen", "steps", "rating", "paid", "club"}
    assert profile["target"]["rate"] == pytest.approx(rows.target.mean())
    assert profile["prediction"]["count"] == 11


def counts_of(feature: dict[str, Any]) -> list[list[int]]:
    if feature["type"] == "datetime":
        return [feature["hour_of_day"], feature["day_of_week"]]
    if "histogram" in feature:
        return [feature["histogram"]["counts"], feature["points"]["counts"]]
    return [[each["count"] for each in feature["categories"]]]


def test_quantiles_moments_and_histogram() -> None:
    profile = numeric_profile(np.arange(101), missing=3)
    assert (profile["count"], profile["missing"], profile["min"], profile["max"], profile["mean"]) == (101, 3, 0, 100, 50)
    assert profile["quantiles"] == pytest.approx(list(range(101)))
    assert profile["std"] == pytest.approx(np.sqrt((101**2 - 1) / 12))
    assert len(profile["histogram"]["edges"]) == len(profile["histogram"]["counts"]) + 1 == 51


@pytest.mark.parametrize("values", [np.array([]), np.array([4.0, 4.0])])
def test_a_column_without_spread_has_a_profile(values: np.ndarray) -> None:
    profile = numeric_profile(values, missing=1)
    json.dumps(profile, allow_nan=False)
    assert profile.get("histogram") == ({"edges": [4, 4], "counts": [2]} if len(values) else None)


def test_beyond_a_thousand_categories_the_rest_is_one_number() -> None:
    profile = category_profile([(f"{number:04}", 2 if number < 3 else 1) for number in range(1_200)], missing=0)
    assert [each["value"] for each in profile["categories"][:4]] == ["0000", "0001", "0002", "0003"]
    assert (len(profile["categories"]), profile["distinct"], profile["other"], profile["count"]) == (1_000, 1_200, 200, 1_203)


def test_few_distinct_values_are_counted_exactly() -> None:
    assert counted_values(np.array([3.0, -0.0, 3.0, 0.0, -1.5])) == {"bits": 52, "values": [-1.5, 0, 3], "counts": [1, 2, 2]}


def test_many_distinct_values_are_cut_towards_zero_and_all_counted() -> None:
    values = np.random.default_rng(3).normal(0, 1, 20_000)
    points = counted_values(values)
    assert MOST_VALUES / 2 < len(points["values"]) <= MOST_VALUES
    assert points["bits"] < 52 and sum(points["counts"]) == 20_000
    assert points["values"] == sorted(set(points["values"]))
    # One bit more would not fit.
    finer = np.ldexp(np.trunc(np.ldexp(np.frexp(values)[0], points["bits"] + 2)), np.frexp(values)[1] - points["bits"] - 2)
    assert len(np.unique(finer)) > MOST_VALUES
    coarse = np.ldexp(np.trunc(np.ldexp(np.frexp(values)[0], points["bits"] + 1)), np.frexp(values)[1] - points["bits"] - 1)
    assert np.unique(coarse).tolist() == points["values"]


def test_moments_are_counted_by_hour_and_weekday_in_utc() -> None:
    # Thursday 1970-01-01 00:00, the second before it, and Monday 2001-04-02 13:45.
    profile = calendar_profile(np.array([0, -1, 986_219_100]), missing=2)
    assert {hour for hour, count in enumerate(profile["hour_of_day"]) if count} == {0, 13, 23}
    assert [day for day, count in enumerate(profile["day_of_week"]) if count] == [0, 2, 3]
    assert (profile["min"], profile["max"], profile["count"], profile["missing"]) == (-1, 986_219_100, 3, 2)
    assert calendar_profile(np.array([], dtype=np.int64), missing=1)["hour_of_day"] == [0] * 24
