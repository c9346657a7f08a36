"""Small synthetic channels with every feature type, so that each test says only what it is about."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from sluice_training.job import Folders

set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "sluice-hypothesis")
settings.register_profile("sluice", deadline=None, database=None, derandomize=True, max_examples=30)
settings.load_profile("sluice")

SCHEMA: dict[str, Any] = {
    "features": [
        {"name": "at", "type": "datetime"},
        {"name": "seen", "type": "datetime", "nullable": True},
        {"name": "size", "type": "integer"},
        {"name": "steps", "type": "integer", "nullable": True},
        {"name": "price", "type": "number"},
        {"name": "rating", "type": "number", "nullable": True},
        {"name": "member", "type": "boolean"},
        {"name": "paid", "type": "boolean", "nullable": True},
        {"name": "city", "type": "category"},
        {"name": "club", "type": "category", "nullable": True},
    ],
    "target": {"name": "late", "type": "boolean"},
}


def make_table(rows: int, seed: int, cities: int = 12) -> pa.Table:
    rng = np.random.default_rng(seed)

    def some_missing(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind, mask=rng.random(rows) < 0.2)

    # From 1965 on: times before 1970 are where truncating and flooring division differ.
    seconds = rng.integers(-150_000_000, 1_000_000_000, rows)
    city = rng.integers(0, cities, rows)
    size = rng.integers(-50, 5_000, rows)
    rating = rng.normal(3, 1, rows)
    margin = ((seconds % 86_400) / 43_200 - 1) + (city % 3 - 1) + (rating - 3) + size / 5_000
    return pa.table(
        {
            "at": pa.array(seconds * 1_000_000, pa.timestamp("us")),
            "seen": some_missing(seconds * 1_000 + 5, pa.timestamp("ms", tz="UTC")),
            "size": pa.array(size, pa.int32()),
            "steps": some_missing(rng.integers(0, 9, rows), pa.int64()),
            "price": pa.array(rng.lognormal(3, 1, rows)),
            "rating": some_missing(rating, pa.float64()),
            "member": pa.array(rng.random(rows) < 0.5),
            "paid": some_missing(rng.random(rows) < 0.5, pa.bool_()),
            "city": pa.array([f"city {each}" for each in city]).dictionary_encode(),
            "club": some_missing(np.array([f"club {each}" for each in rng.integers(0, 5, rows)]), pa.large_string()),
            "late": pa.array(rng.random(rows) < 1 / (1 + np.exp(-margin))),
        }
    )


def write(folder: Path, *tables: pa.Table) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(tables):
        pq.write_table(table, folder / f"part-{number}.parquet")
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """2,000 train rows in two files; validation has cities that train never saw."""
    return Folders(
        train=write(tmp_path / "train", make_table(1_200, 1), make_table(800, 2)),
        validation=write(tmp_path / "validation", make_table(700, 3, cities=20)),
        model=tmp_path / "model",
        code=Path(__file__).parents[1],
    )
