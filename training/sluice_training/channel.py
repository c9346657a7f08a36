"""Reads one channel's Parquet files into a Frame, only the columns needed, and refuses what does not fit the schema."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sluice_training.base_model import Labels
from sluice_training.frame import MISSING_TIME, Categories, Column, Frame
from sluice_training.refusal import InputRefused
from sluice_training.schema import Feature, Schema


def channel_files(folder: Path) -> list[Path]:
    """The channel's files in a fixed order; hidden files and folders are left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [path for path in found if path.suffix == ".parquet"] or found


def read_channel(name: str, folder: Path, schema: Schema) -> Frame:
    """Reads every Parquet file below the folder.

    Raises:
        InputRefused: no file, no row, a file that is not Parquet, a column missing or of another type, nulls where none may be.
    """
    files = channel_files(folder)
    if not files:
        raise InputRefused(f'channel "{name}" is empty: no Parquet file below {folder}; check the split and the job\'s InputDataConfig')
    wanted = [feature.name for feature in schema.features] + [schema.target]
    table = pa.concat_tables([_read_file(name, path, wanted) for path in files])
    if table.num_rows == 0:
        raise InputRefused(f'channel "{name}" has no rows; check the split')
    columns = {feature.name: _column(name, feature, table.column(feature.name)) for feature in schema.features}
    return Frame(columns, _target(name, schema.target, table.column(schema.target)))


def _read_file(channel: str, path: Path, wanted: list[str]) -> pa.Table:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputRefused(f'channel "{channel}": {path.name} is not a readable Parquet file ({error})') from error
    absent = [column for column in wanted if column not in file.schema_arrow.names]
    if absent:
        held = ", ".join(file.schema_arrow.names)
        raise InputRefused(f'channel "{channel}": {path.name} has no column {", ".join(absent)}; it has {held}')
    return file.read(columns=wanted).select(wanted)


def _column(channel: str, feature: Feature, values: pa.ChunkedArray) -> Column:
    where = f'channel "{channel}", column "{feature.name}"'
    if values.null_count and not feature.nullable:
        raise InputRefused(
            f"{where}: {values.null_count} missing values, but the schema says it is never missing; set nullable or clean the data"
        )
    if feature.type == "category":
        return _category(where, values)
    if feature.type == "datetime":
        return _datetime(where, values)
    fits = {"integer": pa.types.is_integer, "number": _is_number, "boolean": pa.types.is_boolean}[feature.type]
    if not fits(values.type):
        raise InputRefused(f"{where}: the file holds {values.type}, the schema says {feature.type}")
    if feature.onnx != "float":
        return values.to_numpy().astype(np.int64 if feature.type == "integer" else np.bool_, copy=False)
    numbers = pc.cast(values, pa.float64(), safe=False).to_numpy()
    with np.errstate(over="ignore"):
        single = numbers.astype(np.float32)
    if np.isinf(single).any():
        raise InputRefused(f"{where}: infinite, or larger than a 32-bit float can hold")
    return single


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)


def _category(where: str, values: pa.ChunkedArray) -> Categories:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise InputRefused(f"{where}: the file holds {values.type}, the schema says category (a string)")
    encoded = pc.dictionary_encode(pc.fill_null(values, "")).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    return Categories(encoded.indices.to_numpy().astype(np.int32), tuple(encoded.dictionary.to_pylist()))


def _datetime(where: str, values: pa.ChunkedArray) -> Column:
    if not (pa.types.is_timestamp(values.type) or pa.types.is_date(values.type)):
        raise InputRefused(f"{where}: the file holds {values.type}, the schema says datetime (a timestamp or date)")
    micros = pc.cast(pc.cast(values, pa.timestamp("us"), safe=False), pa.int64())
    seconds = np.floor_divide(pc.fill_null(micros, 0).to_numpy(), 1_000_000)
    if values.null_count:
        seconds[pc.is_null(values).to_numpy()] = MISSING_TIME
    return seconds


def _target(channel: str, name: str, values: pa.ChunkedArray) -> Labels:
    where = f'channel "{channel}", target "{name}"'
    if values.null_count:
        raise InputRefused(f"{where}: {values.null_count} missing values; a row without an answer cannot be learnt from")
    if not (pa.types.is_boolean(values.type) or pa.types.is_integer(values.type)):
        raise InputRefused(f"{where}: the file holds {values.type}; a binary target is a boolean or an integer 0/1")
    labels = values.to_numpy()
    if pa.types.is_integer(values.type) and not np.isin(labels, (0, 1)).all():
        raise InputRefused(f"{where}: values other than 0 and 1")
    labels = labels.astype(np.uint8)
    if labels.min() == labels.max():
        only = "positive" if labels[0] else "negative"
        raise InputRefused(f"{where}: every row is {only}; both classes are needed, so widen the split or check the target")
    return labels
