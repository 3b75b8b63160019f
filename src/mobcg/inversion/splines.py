"""Pair potentials as sums of cubic B-splines: smooth by construction, with a core that continues them inwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BSpline

from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import continued_core

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SplineBasis:
    """Cubic B-splines with even knots from `first_nm` to `cutoff_nm`, all of whose sums end at the cutoff with value and slope zero."""

    first_nm: float
    cutoff_nm: float
    spacing_nm: float

    @cached_property
    def knots_nm(self) -> Array:
        """Knots, the outer ones fourfold."""
        pieces = max(4, round((self.cutoff_nm - self.first_nm) / self.spacing_nm))
        inner = np.linspace(self.first_nm, self.cutoff_nm, pieces + 1)
        return np.concatenate([[self.first_nm] * 3, inner, [self.cutoff_nm] * 3])

    @property
    def size(self) -> int:
        """Number of free coefficients."""
        return len(self.knots_nm) - 6

    def spline(self, coefficients: Array) -> BSpline:
        """The sum for coefficients of shape (size,); two more are zero, for the end at the cutoff."""
        return BSpline(self.knots_nm, np.concatenate([coefficients, np.zeros((2, *coefficients.shape[1:]))]), 3)

    def values(self, r_nm: Array, derivative: int = 0) -> Array:
        """Each basis function (or its first derivative) at r_nm, shape (size, len(r_nm)): straight lines below the first knot, as the core
        follows the coefficients to first order, and zero beyond the cutoff.
        """
        spline = self.spline(np.eye(self.size))
        functions = spline(np.clip(r_nm, self.first_nm, self.cutoff_nm), nu=derivative)
        if derivative == 0:
            functions = functions + np.minimum(r_nm - self.first_nm, 0.0)[:, None] * spline(self.first_nm, nu=1)
        return np.asarray(np.where((r_nm <= self.cutoff_nm)[:, None], functions, 0.0).T)

    def table(self, coefficients: Array, r_nm: Array, least_slope: float) -> PairPotential:
        """The potential on an even grid that ends at the cutoff; below the first knot a parabola goes on with value, slope, curvature."""
        spline = self.spline(coefficients)
        u = spline(np.clip(r_nm, self.first_nm, self.cutoff_nm))
        value, slope, curvature = (float(spline(self.first_nm, nu)) for nu in range(3))
        core = continued_core(r_nm - self.first_nm, value, slope, curvature, least_slope, value - float(u.min()))
        return PairPotential(r_nm, np.where(r_nm < self.first_nm, core, u))

    def coefficients(self, r_nm: Array, u: Array, weights: Array) -> Array:
        """Coefficients of the sum that fits u best (weighted least squares) at the points inside the knots."""
        inside = (r_nm >= self.first_nm - 1e-9) & (r_nm <= self.cutoff_nm + 1e-9)
        root = np.sqrt(weights[inside])
        functions = self.values(np.clip(r_nm[inside], self.first_nm, self.cutoff_nm)).T
        return np.asarray(np.linalg.lstsq(functions * root[:, None], u[inside] * root, rcond=None)[0])
