"""Rounding of the database's curves, far below their statistical error, so that the file stays small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mobcg.database.schema import Column

SMALLEST = 1e-30
"""Values below are stored as zero: single precision has no digits for the smallest of them."""


def rounded(column: Column, values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """A curve of that column as it is stored: rounded as the schema says, in single precision. Rounding again changes nothing."""
    exact = np.asarray(values, dtype=np.float64)
    if column.decimals is not None:
        exact = np.round(exact, column.decimals)
    if column.significant is not None:
        exact = _significant(exact, column.significant)
    exact = np.where(np.abs(exact) < SMALLEST, 0.0, exact)
    return exact.astype(np.float32)


def _significant(values: npt.NDArray[np.float64], digits: int) -> npt.NDArray[np.float64]:
    size = np.abs(values)
    known = np.isfinite(size) & (size > 0)
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(size, where=known, out=np.zeros_like(size))))
    return np.asarray(np.where(known, np.round(values * scale) / scale, values))
