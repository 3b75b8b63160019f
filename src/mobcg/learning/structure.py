"""Radial distribution functions as a model sees them: a few scores on principal components, noise filtered out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobcg.learning.curves import smooth

Array = npt.NDArray[np.float64]

SMOOTHING = 2.4
"""Width in grid points of the Gaussian that smooths what the principal components leave."""


@dataclass(frozen=True)
class Seen:
    """Curves g(x): scores (rows, components), g without noise (rows, points), size of what the components do not express (rows,)."""

    scores: Array
    g: Array
    residual: Array


@dataclass(frozen=True)
class StructureSpace:
    """Principal components of the library's g(x): mean (points,), components (points, components), variance of the scores (components,).

    noise: standard deviation of a point of g that is taken for noise.
    """

    mean: Array
    components: Array
    variance: Array
    noise: float

    @classmethod
    def of(cls, g: Array, count: int, noise: float) -> StructureSpace:
        """The components of curves (rows, points), at most `count` and none whose scores vary less than the noise."""
        mean = g.mean(0)
        _, singular, axes = np.linalg.svd(g - mean, full_matrices=False)
        variance = singular**2 / len(g)
        kept = max(1, min(count, int((variance > noise**2).sum()), len(g) - 1))
        return cls(mean, axes[:kept].T, variance[:kept], noise)

    def see(self, g: Array) -> Seen:
        """Scores by Wiener's filter: the most probable ones for normally distributed scores and white noise.

        g (rows, points) may end early: what is NaN at the end of the rows counts as unknown and is completed from the library's
        correlations. What the components leave is smoothed and kept, so that nothing of a new liquid is lost.
        """
        known = np.isfinite(g).all(0)
        axes = self.components[known]
        precision = axes.T @ axes / self.noise**2 + np.diag(1 / self.variance)
        scores = np.linalg.solve(precision, axes.T @ (g[:, known] - self.mean[known]).T / self.noise**2).T
        expressed = self.mean + scores @ self.components.T
        rest = np.zeros_like(expressed)
        rest[:, known] = smooth(g[:, known] - expressed[:, known], SMOOTHING)
        size: Array = np.asarray(np.sqrt((rest**2).sum(1) / known.mean()), dtype=float)
        return Seen(np.asarray(scores, dtype=float), np.maximum(expressed + rest, 0.0), size)

    def features(self, scores: Array) -> Array:
        """Scores in units of their standard deviations."""
        return scores / np.sqrt(self.variance)
