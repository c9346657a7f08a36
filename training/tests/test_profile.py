import json

import numpy as np
import pytest
from conftest import SCHEMA

from sluice_training.channel import read_channel
from sluice_training.job import Folders
from sluice_training.profile import category_profile, numeric_profile, training_profile
from sluice_training.schema import parse_schema


def test_every_row_is_counted_once(folders: Folders) -> None:
    schema = parse_schema(SCHEMA)
    rows = read_channel("train", folders.train, schema)
    profile = training_profile(schema, rows, np.linspace(0, 1, 11))
    json.dumps(profile, allow_nan=False)
    assert [feature["name"] for feature in profile["features"]] == [feature.name for feature in schema.features]
    for feature in profile["features"]:
        counts = feature["histogram"]["counts"] if "histogram" in feature else [each["count"] for each in feature["categories"]]
        assert sum(counts) + feature.get("other", 0) == feature["count"]
        assert feature["count"] + feature["missing"] == profile["rows"] == 2_000
    missing = {feature["name"] for feature in profile["features"] if feature["missing"]}
    assert missing == {"seen", "steps", "rating", "paid", "club"}
    assert profile["target"]["rate"] == pytest.approx(rows.target.mean())
    assert profile["prediction"]["count"] == 11


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
