"""Straight lines through a mean squared displacement: covariance of its points and generalised least squares."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@lru_cache(maxsize=256)
def displacement_covariances(frames: int, lags: tuple[int, ...]) -> Array:
    """Covariance of the mean squared displacements of a Brownian walker at `lags` (in frames), as a polynomial in its localisation noise.

    For one coordinate, each position w_i = b_i + e_i, b a walk of unit step variance and e white noise of variance x,
    cov(MSD_n, MSD_m) = 2/(K_n K_m) sum_ij c(i, n; j, m)^2 over all origins, K_n = frames - n. The covariance c of two displacements is the
    number of steps that they share plus x times (the ends that they share: +1 for like ends, -1 for unlike ones). Returned are the
    coefficients of x^0, x^1 and x^2, shape (3, lags, lags), in units of the step variance squared. Sources: Qian, Sheetz and Elson,
    Biophys. J. 60, 910 (1991); Michalet, Phys. Rev. E 82, 041914 (2010). Raises ValueError for a lag that the walk is too short for.
    """
    if not 0 < min(lags) <= max(lags) < frames:
        raise ValueError(f"lags of {min(lags)}-{max(lags)} frames do not fit into a walk of {frames} frames")
    table = np.empty((3, len(lags), len(lags)))
    for row, n in enumerate(lags):
        for column, m in enumerate(lags[: row + 1]):
            shift = np.arange(-m, n + 1)  # origin of the second displacement less that of the first
            pairs = np.maximum(0, np.minimum(frames - n, frames - m - shift) - np.maximum(0, -shift))
            shared = np.maximum(0, np.minimum(n, shift + m) - np.maximum(0, shift)).astype(np.float64)
            ends = 1.0 * (shift == 0) + (shift + m == n) - (shift == n) - (shift + m == 0)
            origins = (frames - n) * (frames - m)
            sums = [2 * float(pairs @ term) / origins for term in (shared**2, 2 * shared * ends, ends**2)]
            table[:, row, column] = table[:, column, row] = sums
    table.setflags(write=False)
    return table


def covariance(frames: int, lags: tuple[int, ...], noise: float = 0.0) -> Array:
    """`displacement_covariances` at one localisation noise, in units of the step variance; shape (lags, lags)."""
    constant, linear, quadratic = displacement_covariances(frames, lags)
    return np.asarray(constant + noise * linear + noise**2 * quadratic)


def slope_weights(lags: Array, covariance: Array) -> Array:
    """Weights w of generalised least squares for MSD = slope t + constant: slope = w . MSD, in 1/unit of `lags`; shape (lags,).

    w is the second row of (X^T C^-1 X)^-1 X^T C^-1 with X = (1, t); of all unbiased ones it has the least variance w . C w.
    """
    design = np.stack([np.ones(len(lags)), np.asarray(lags, dtype=np.float64)], axis=1)
    scaled = np.linalg.solve(covariance, design)
    return np.asarray(np.linalg.solve(design.T @ scaled, scaled.T)[1])
