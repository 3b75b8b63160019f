"""The density that a run at constant pressure settled at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DRIFT_TOLERANCE = 0.005
"""Relative drift between the quarters of the second half that is never called a drift."""


@dataclass(frozen=True)
class Density:
    """Mean over the second half of a density series, its standard error (g/cm3), and whether the series has levelled there."""

    mean_g_per_cm3: float
    error_g_per_cm3: float
    levelled: bool


def settled_density(series_g_per_cm3: Array) -> Density:
    """Mean of the second half with error s sqrt(g/n), g the statistical inefficiency.

    Levelled: the third and the last quarter differ by less than two standard errors of their difference, or by less than 0.5 %. The error
    is at least half the difference of these quarters where they drift.
    """
    half = np.asarray(series_g_per_cm3, dtype=float)[len(series_g_per_cm3) // 2 :]
    mean = float(half.mean())
    if len(half) < 4:
        return Density(mean, float("nan"), levelled=True)
    first, last = np.array_split(half, 2)
    error = standard_error(half - np.repeat([first.mean(), last.mean()], [len(first), len(last)]))
    drift = abs(float(first.mean() - last.mean()))
    levelled = drift < max(2 * 2 * error, DRIFT_TOLERANCE * mean)
    stated = standard_error(half)
    return Density(mean, stated if levelled else max(stated, drift / 2), levelled)


def standard_error(series: Array) -> float:
    """Standard error of the mean of a correlated series: s sqrt(g/n)."""
    values = np.asarray(series, dtype=float)
    return float(values.std(ddof=1) * np.sqrt(statistical_inefficiency(values) / len(values)))


def statistical_inefficiency(series: Array) -> float:
    """G = 1 + 2 sum over lags t of (1 - t/n) C(t), up to the first C <= 0; C the normalised autocorrelation. At least 1.

    Source: Chodera, Swope, Pitera, Seok, Dill, J. Chem. Theory Comput. 3, 26 (2007).
    """
    centred = np.asarray(series, dtype=float) - np.mean(series)
    count = len(centred)
    variance = float(np.mean(centred**2))
    if count < 3 or variance <= 0:
        return 1.0
    total = 1.0
    for lag in range(1, count - 1):
        correlation = float(np.sum(centred[:-lag] * centred[lag:])) / ((count - lag) * variance)
        if correlation <= 0 and lag > 3:
            break
        total += 2 * correlation * (1 - lag / count)
    return max(total, 1.0)
