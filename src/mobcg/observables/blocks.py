"""Means with errors from blocks of a correlated series."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Estimate(NamedTuple):
    """A value and its standard error, in the value's unit."""

    value: float
    error: float


def block_average(series: npt.ArrayLike, blocks: int = 5) -> Estimate:
    """Mean of a stationary series with the standard error of `blocks` block means.

    error = s/sqrt(n), s the standard deviation of the n block means (ddof 1); right where a block is much longer than the
    correlation time. Source: Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989). Raises ValueError for a series shorter than `blocks`.
    """
    values = np.asarray(series, dtype=float)
    if len(values) < blocks:
        raise ValueError(f"{len(values)} values cannot fill {blocks} blocks")
    means = np.array([block.mean() for block in np.array_split(values, blocks)])
    return Estimate(float(values.mean()), float(means.std(ddof=1) / np.sqrt(blocks)))
