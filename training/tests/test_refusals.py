import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conftest import SCHEMA, make_table, write

from sluice_training.channel import read_channel
from sluice_training.hyperparameters import parse_job
from sluice_training.job import Folders
from sluice_training.refusal import InputRefused
from sluice_training.schema import parse_schema

TABLE = make_table(50, 1)


def replaced(name: str, values: pa.Array) -> pa.Table:
    return TABLE.set_column(TABLE.column_names.index(name), name, values)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.drop_columns(["price"]), "part-0.parquet has no column price; it has at, seen, size"),
        (TABLE.drop_columns(["late"]), "has no column late"),
        (TABLE.slice(0, 0), "has no rows"),
        (replaced("late", pa.array([True] * 50)), 'target "late": every row is positive; both classes are needed'),
        (replaced("late", pa.array([0, 2] * 25)), "values other than 0 and 1"),
        (replaced("late", pa.array([None, True] * 25)), "25 missing values; a row without an answer"),
        (replaced("late", pa.array(["yes", "no"] * 25)), "a binary target is a boolean or an integer 0/1"),
        (replaced("size", pa.array([None, 1] * 25)), 'column "size": 25 missing values, but the schema says it is never missing'),
        (replaced("size", pa.array([1.5] * 50)), "the file holds double, the schema says integer"),
        (replaced("price", pa.array(["dear"] * 50)), "the file holds string, the schema says number"),
        (replaced("price", pa.array([1e300] * 50)), "larger than a 32-bit float can hold"),
        (replaced("price", pa.array([np.inf] * 50)), "infinite"),
        (replaced("member", pa.array([1] * 50)), "the schema says boolean"),
        (replaced("city", pa.array([7] * 50)), "the schema says category (a string)"),
        (replaced("at", pa.array(["2001-01-01"] * 50)), "the schema says datetime"),
    ],
)
def test_a_channel_that_does_not_fit_is_refused(tmp_path: Path, table: pa.Table, message: str) -> None:
    with pytest.raises(InputRefused, match="train") as refused:
        read_channel("train", write(tmp_path, table), parse_schema(SCHEMA))
    assert message in str(refused.value)


def test_an_empty_channel_and_a_file_that_is_not_parquet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match='channel "train" is empty'):
        read_channel("train", tmp_path, parse_schema(SCHEMA))
    (tmp_path / "rows.csv").write_text("at,size\n")
    with pytest.raises(InputRefused, match=r"rows\.csv is not a readable Parquet file"):
        read_channel("train", tmp_path, parse_schema(SCHEMA))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"algorithm": "forest"}, "this package has gradient_boosting, logistic_regression"),
        ({"max_leaves": "5"}, "gradient_boosting has no hyperparameter max_leaves; did you mean max_leaf_nodes?"),
        ({"max_iter": "2.5"}, "max_iter must be a whole number"),
        ({"max_iter": "true"}, "max_iter must be a whole number"),
        ({"learning_rate": '"fast"'}, "learning_rate must be a finite number"),
        ({"learning_rate": "NaN"}, "learning_rate must be a finite number"),
        ({"early_stopping": "1"}, "early_stopping must be a bool"),
        ({"threshold": "1.5"}, 'between 0 and 1, or be "max_f1"'),
        ({"smoothing": "-1"}, "smoothing must be at least 0"),
        ({"target": '"early"'}, 'target is "early", the schema\'s target is "late"'),
        ({"schema": "[]"}, 'must be a JSON object with "features"'),
        ({"schema": json.dumps({**SCHEMA, "features": []})}, "names no feature"),
        ({"schema": json.dumps({**SCHEMA, "features": [{"name": "late", "type": "number"}]})}, "late more than once"),
        ({"schema": json.dumps({**SCHEMA, "features": [{"name": "x", "type": "text"}]})}, "use one of integer, number, category"),
    ],
)
def test_hyperparameters_that_make_no_sense_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse_job({"schema": json.dumps(SCHEMA), **given})
    assert message in str(refused.value)


def test_a_text_stays_a_text_with_or_without_quotes() -> None:
    schema = {**SCHEMA, "target": {"name": "1", "type": "boolean"}}
    for target in ("1", '"1"'):
        assert parse_job({"schema": json.dumps(schema), "target": target, "seed": "3"}).schema.target == "1"


def test_a_job_without_a_schema_is_refused() -> None:
    with pytest.raises(InputRefused, match='"schema" is missing'):
        parse_job({})


def test_the_script_leaves_the_reason_where_sagemaker_looks_for_it(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    env = {
        **os.environ,
        "SM_HPS": json.dumps({"schema": SCHEMA, "max_leaves": 5}),
        "SM_CHANNEL_TRAIN": str(folders.train),
        "SM_CHANNEL_VALIDATION": str(folders.validation),
        "SM_MODEL_DIR": str(folders.model),
        "SM_OUTPUT_DIR": str(tmp_path / "output"),
    }
    done = subprocess.run([sys.executable, folders.code / "train.py"], env=env, capture_output=True, text=True, check=False)
    reason = "ValueError: gradient_boosting has no hyperparameter max_leaves; did you mean max_leaf_nodes?"
    assert (done.returncode, done.stderr.strip()) == (1, reason)
    assert (tmp_path / "output" / "failure").read_text() == reason
    assert not folders.model.exists()
