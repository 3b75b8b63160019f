"""Curves on grids: checked targets, resampling, smoothing, fades and the repulsive core."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


def checked_target(r_nm: npt.ArrayLike, g: npt.ArrayLike) -> tuple[Array, Array]:
    """A target g(r) as arrays. Raises InputError where it is not a radial distribution function on rising distances."""
    r, values = np.asarray(r_nm, dtype=float), np.asarray(g, dtype=float)
    if r.ndim != 1 or r.shape != values.shape or len(r) < 8:
        raise InputError(f"target g(r): needs two rows of equal length, at least 8 points, found shapes {r.shape} and {values.shape}")
    finite = np.isfinite(r) & np.isfinite(values)
    if not finite.all():
        raise InputError(
            f"target g(r): point {int(np.argmin(finite))} is not finite (r = {r[~finite][0]:g} nm, g = {values[~finite][0]:g})"
        )
    if r[0] < 0 or np.diff(r).min() <= 0:
        raise InputError(f"target g(r): distances must rise from 0 or above, found {r[0]:g} nm first and a step of {np.diff(r).min():g} nm")
    if values.min() < -1e-6:
        raise InputError(f"target g(r): g must not be negative, found {values.min():g} at r = {r[values.argmin()]:g} nm")
    if values[0] > 0.1:
        raise InputError(f"target g(r): must start inside the core where g is 0, found g = {values[0]:g} at the first distance {r[0]:g} nm")
    return r, np.maximum(values, 0.0)


def resample(position: Array, g: Array, points: Array) -> Array:
    """G at `points` by shape-preserving cubic interpolation; 0 below the first known position, constant for one step beyond the last."""
    values = PchipInterpolator(position, g, extrapolate=False)(np.clip(points, position[0], position[-1]))
    return np.where(points < position[0], 0.0, values)


def smooth(curves: Array, width: float) -> Array:
    """Curves (rows, points) or (points,) smoothed by a Gaussian of `width` points (standard deviation)."""
    result: Array = gaussian_filter1d(curves, width, axis=-1, mode="nearest", truncate=4.0)
    return result


def fade(x: Array, start: float, end: float) -> Array:
    """1 up to `start`, 0 from `end`, between them 1 - t^3 (10 - 15 t + 6 t^2): two continuous derivatives."""
    t = np.clip((x - start) / (end - start), 0.0, 1.0)
    return 1 - t**3 * (10 - 15 * t + 6 * t**2)


def core(x: Array, start: float, value: float, slope: float, length: float) -> Array:
    """The repulsive core inside `start`: U = value + slope * length * E((start - x)/length), matched in value and slope.

    E(t) = exp(t) - 1 up to t = 4 and its tangent from there, so the energy stays finite at contact. slope: -dU/dx at `start`, positive.
    An infinite length gives the linear ramp value + slope (start - x).
    """
    depth = np.maximum(start - x, 0.0)
    if np.isinf(length):
        return np.asarray(value + slope * depth, dtype=float)
    t = depth / length
    bent = np.expm1(np.minimum(t, 4.0)) + np.exp(4.0) * np.maximum(t - 4.0, 0.0)
    return np.asarray(value + slope * length * bent, dtype=float)


def outermost_below(values: Array, threshold: float, start: int) -> int:
    """The first index after the last one below `threshold`, searched inwards from index `start`; 0 where none lies below."""
    inside = np.flatnonzero(values[: start + 1] < threshold)
    return int(inside[-1]) + 1 if len(inside) else 0
