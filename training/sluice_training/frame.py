"""Rows in memory, each column already in the form in which the ONNX graph takes it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MISSING_TIME = np.iinfo(np.int64).min
"""Stands for a missing datetime, as int64 has no NaN."""


@dataclass(frozen=True)
class Categories:
    """Strings by code, so that millions of rows cost four bytes each. A missing value is the empty string."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def counts(self) -> NDArray[np.int64]:
        return np.bincount(self.codes, minlength=len(self.levels)).astype(np.int64)

    def strings(self) -> NDArray[np.object_]:
        return np.asarray(self.levels, dtype=object)[self.codes]


Column = NDArray[np.generic] | Categories


@dataclass(frozen=True)
class Frame:
    columns: Mapping[str, Column]
    target: NDArray[np.uint8]

    @property
    def rows(self) -> int:
        return len(self.target)

    def feed(self, start: int, stop: int) -> dict[str, NDArray[np.generic]]:
        """The rows [start, stop) as ONNX inputs of shape [n, 1]."""
        return {name: _values(column, slice(start, stop)).reshape(-1, 1) for name, column in self.columns.items()}


def _values(column: Column, rows: slice) -> NDArray[np.generic]:
    if isinstance(column, Categories):
        return Categories(column.codes[rows], column.levels).strings()
    return column[rows]
