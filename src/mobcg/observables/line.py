"""The straight part of a mean squared displacement: where it begins, its slope and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobcg.observables.blocks import Estimate
from mobcg.observables.displacements import SquaredDisplacements
from mobcg.observables.regression import covariance, slope_weights
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

MOST_LAGS = 60
"""Lags of a fit; more tell nothing new."""

STRAIGHT_WITHIN = 2.0
"""Standard errors by which a fit may differ from those of its later parts."""

LEAST_LEVERAGE, LEAST_LATER_LEVERAGE = 3.0, 1.5
"""The window's end over its start, at least: of the fit, and of the later parts that it is compared with."""


@dataclass(frozen=True)
class Line:
    """slope: in nm2/ps, with its standard error and that error's degrees of freedom; window_ps: from where to where the curve was taken;
    straight: whether its slope is that of its later part; exponent: d ln MSD / d ln t in it, 1 where molecules diffuse freely.
    """

    slope: Estimate
    degrees_of_freedom: float
    window_ps: tuple[float, float]
    straight: bool
    exponent: float


def straight_line(sums: SquaredDisplacements, window_ps: tuple[float, float]) -> Line:
    """The line of least variance through the straight part of the curve in a window: the earliest start from which it is straight.

    Starts are a factor of sqrt(2) apart. From each the slope by generalised least squares is compared with those from all later
    starts; differences within `STRAIGHT_WITHIN` standard errors pass. What a passing difference has above its standard error enters the
    error, where it is known as well as the slope itself: a bend may hide there. Where no start passes, the last one is taken and the
    largest difference enters the error. Raises InputError for a window of fewer than three lags.
    """
    lags = _lags(sums.lag_ps, *window_ps)
    line = None
    for start in _starts(lags, int(lags[0]), LEAST_LEVERAGE) or [int(lags[0])]:
        line = _line(sums, lags, start)
        if line.straight:
            break
    assert line is not None
    return line


def _line(sums: SquaredDisplacements, lags: npt.NDArray[np.int64], start: int) -> Line:
    weights = _weights(sums, lags, start)
    slope, freedom = _estimate(sums, lags, weights)
    later = [begin for begin in _starts(lags, start, LEAST_LATER_LEVERAGE) if begin > start]
    changes = [_estimate(sums, lags, _weights(sums, lags, begin) - weights)[0] for begin in later]
    straight = all(abs(change.value) <= STRAIGHT_WITHIN * change.error for change in changes)
    hidden = [change.value**2 - change.error**2 for change in changes if change.error <= slope.error]
    bend = max([0.0, *hidden] if straight else [change.value**2 for change in changes])
    used = lags[lags >= start]
    times, curve = sums.lag_ps[used], sums.mean_nm2[used]
    exponent = float(np.polyfit(np.log(times), np.log(curve), 1)[0]) if np.all(curve > 0) else float("nan")
    slope = Estimate(slope.value, float(np.sqrt(slope.error**2 + bend)))
    return Line(slope, freedom, (float(times[0]), float(times[-1])), straight, exponent)


def _lags(lag_ps: Array, start: float, end: float) -> npt.NDArray[np.int64]:
    inside = np.flatnonzero((lag_ps >= start * (1 - 1e-9)) & (lag_ps <= end * (1 + 1e-9)) & (lag_ps > 0))
    if len(inside) < 3:
        raise InputError(
            f"the fit window {start:g}-{end:g} ps holds {len(inside)} lags; at least 3 are needed",
            "a longer run, or frames stored more often",
        )
    return np.unique(np.round(np.geomspace(inside[0], inside[-1], MOST_LAGS)).astype(np.int64))


def _starts(lags: npt.NDArray[np.int64], first: int, leverage: float) -> list[int]:
    """`first` and the lags a factor of sqrt(2) apart after it, while the last lag is `leverage` times the start and three lags are left."""
    room = 2 * np.log2(lags[-1] / first / leverage)
    wanted = first * np.sqrt(2) ** np.arange(int(room) + 1 if room >= 0 else 0)
    found = {int(lags[np.searchsorted(lags, value * (1 - 1e-9))]) for value in wanted}
    return sorted(start for start in found if np.sum(lags >= start) >= 3)


def _weights(sums: SquaredDisplacements, lags: npt.NDArray[np.int64], start: int) -> Array:
    """Weights of all `lags` (zero before `start`), for a slope in nm2/ps.

    The walkers' localisation noise, in units of their step variance, is taken as the first lag: hardly less precise for free walkers, while
    the slope then hangs on lags that differ by as much as the start, and not on two neighbours alone. Where the curve's intercept tells
    of more noise (rattling in the cage), that is taken instead, in steps of four.
    """
    used = lags >= start
    sought = lags[used].astype(np.float64)
    slope, intercept = np.polyfit(sought, sums.mean_nm2[lags[used]], 1)
    rattling = intercept / (2 * slope) if slope > 0 else 0.0
    noise = float(start) * 4 ** max(0, np.ceil(np.log(max(rattling / start, 1)) / np.log(4)))
    table = covariance(sums.frames, tuple(lags.tolist()), noise)[np.ix_(used, used)]
    weights = np.zeros(len(lags))
    weights[used] = slope_weights(sought, table) / sums.interval_ps
    return weights


def _estimate(sums: SquaredDisplacements, lags: npt.NDArray[np.int64], weights: Array) -> tuple[Estimate, float]:
    """The sum of weights times MSD with its standard error, and the error's degrees of freedom (Satterthwaite).

    The error is the larger of two: over molecules, right where these move independently, and over stretches of the run, which sees common
    motion too. A stretch's own value is less precise by what it lacks of long displacements; the factor follows from the covariances.
    """
    single = weights @ sums.molecules_nm2[lags]
    value, count = float(single.mean()), len(single)
    molecules = float(single.var(ddof=1)) / count if count > 1 else 0.0
    stretches, freedom = sums.stretches_nm2, max(count - 1, 1)
    if len(stretches) == 0 or not np.all(np.isfinite(stretches[:, lags])):
        return Estimate(value, float(np.sqrt(molecules))), float(freedom)
    sizes = sums.stretch_frames.astype(np.float64)
    each = stretches[:, lags] @ weights
    mean = np.average(each, weights=sizes)
    spread = float(np.sum(sizes * (each - mean) ** 2) / (len(each) - 1) / sizes.sum())
    names = tuple(lags.tolist())
    whole, part = (float(weights @ covariance(frames, names) @ weights) for frames in (sums.frames, int(sizes.mean())))
    common = spread * min(1.0, whole * len(each) / part)
    if common <= molecules:
        return Estimate(value, float(np.sqrt(molecules))), float(freedom)
    more = common - molecules
    return Estimate(value, float(np.sqrt(common))), common**2 / (molecules**2 / freedom + more**2 / (len(each) - 1))
