"""Potentials put together from a structure and a smooth correction: U* = -ln g + W outside the core, a repulsive core inside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BSpline, CubicSpline

from mobcg.learning.curves import core, fade, outermost_below
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

SPLINE_START = 0.4
SPLINE_STEP = 0.08
"""Knots of the correction's cubic splines: shorter features of W are noise."""

CORE_G = 0.05
"""Inside the distance where g falls to this, the potential is extrapolated: -ln g would be noise."""

LEAST_PEAK = 0.5
"""g that a shell of neighbours reaches at least."""

FADE = 0.3
"""Length over which -ln g fades out before x_max."""

TAPER = 0.15
"""Length over which the potential goes to zero before its cutoff."""

OUTPUT_STEP = 0.005

LARGEST_TAIL = 0.2
"""Energy in kT that `Wells.with_pressure` adds at most, extrapolated to x = 0."""


@dataclass(frozen=True, eq=False)
class Wells:
    """Shape of the potentials: g is read on `grid` up to x_max, U given up to x_out.

    core_length: of `curves.core`; core_slopes: least and greatest slope -dU*/dx at its outer end.
    """

    x_max: float
    x_out: float
    grid: Array
    core_length: float = 0.1
    core_slopes: tuple[float, float] = (1.0, 1e3)

    @cached_property
    def x(self) -> Array:
        """The distances at which U is given: evenly spaced, about 0.005 apart, from the first step to x_out."""
        count = round(self.x_out / OUTPUT_STEP)
        return np.asarray(np.arange(1, count + 1) * (self.x_out / count), dtype=float)

    @cached_property
    def knots(self) -> Array:
        """Knots of the cubic splines that make up W."""
        count = round((self.x_out - SPLINE_START) / SPLINE_STEP)
        step = (self.x_out - SPLINE_START) / count
        return np.asarray(SPLINE_START + step * np.arange(-3, count + 4), dtype=float)

    @property
    def size(self) -> int:
        """Number of splines."""
        return len(self.knots) - 4

    def splines(self, x: Array) -> Array:
        """Each spline at x, shape (len(x), size)."""
        return np.asarray(BSpline.design_matrix(np.clip(x, self.knots[3], self.knots[-4]), self.knots, 3).toarray())

    def core_start(self, g: Array) -> int:
        """Index of `grid` at which the core ends: the innermost point of the shell with g at least `CORE_G`. InputError without a shell."""
        if g.max() < LEAST_PEAK:
            raise InputError(f"target g(r): no shell found, g reaches only {g.max():.3g} up to x = r rho^(1/3) = {self.x_max:g}")
        return outermost_below(g, CORE_G, int(np.argmax(g)))

    def mean_force(self, g: Array, x: Array) -> Array:
        """-ln g(x) outside the core, faded to zero before x_max; constant inside the core."""
        start = self.core_start(g)
        spline = CubicSpline(self.grid[start:], np.log(np.maximum(g[start:], 0.2 * CORE_G)))
        end = min(self.x_max, self.x_out)
        return np.asarray(-spline(np.clip(x, self.grid[start], self.grid[-1])) * fade(x, end - FADE, end))

    def potential(self, g: Array, weights: Array) -> Array:
        """U*(x) from a denoised g and the weights of W's splines."""
        start = float(self.grid[self.core_start(g)])
        half = 0.5 * float(self.grid[1] - self.grid[0])
        near = np.array([start, start + half])
        value, next_value = self.mean_force(g, near) + self.splines(near) @ weights
        slope = np.clip((value - next_value) / half, *self.core_slopes)
        outside = (self.mean_force(g, self.x) + self.splines(self.x) @ weights) * fade(self.x, self.x_out - TAPER, self.x_out)
        return np.where(self.x < start, core(self.x, start, float(value), float(slope), self.core_length), outside)

    def pressure(self, g: Array, u: Array) -> float:
        """P* = P/(rho kT) of a liquid with potential u (on `x`) and structure g (on `grid`), by the virial: 1 - 2 pi/3 int x3 g dU*/dx dx.

        Inside the core, where a denoised g is not to be trusted, g falls as exp(-U*): the rest, the cavity function, is smooth.
        """
        core_end = self.core_start(g)
        start = float(self.grid[core_end])
        core_g = g[core_end] * np.exp(np.minimum(np.interp(start, self.x, u) - u, 0.0))
        whole = np.where(self.x < start, core_g, np.interp(self.x, self.grid, g, right=1.0))
        forces = self.x**3 * whole * np.gradient(u, self.x)
        return float(1 - 2 * np.pi / 3 * np.trapezoid(forces, self.x))

    def with_pressure(self, g: Array, u: Array, reduced_pressure: float) -> Array:
        """The potential u with a linear tail added that gives it this P* at the structure g.

        A (1 - x/x_out) outside the core, the change that a structure feels least (Reith, Pütz and Müller-Plathe, J. Comput. Chem. 24, 1624
        (2003)); |A| is at most `LARGEST_TAIL`.
        """
        start = float(self.grid[self.core_start(g)])
        far = np.maximum(self.x, start)
        tail = (1 - far / self.x_out) * fade(far, self.x_out - TAPER, self.x_out)
        now = self.pressure(g, u)
        unit = self.pressure(g, u + tail) - now
        return u + float(np.clip((reduced_pressure - now) / unit, -LARGEST_TAIL, LARGEST_TAIL)) * tail

    def error(self, g: Array, weights: Array) -> Array:
        """Standard error of U*(x) for independent errors of W, columns (size, components); the core moves with its outer end."""
        start = float(self.grid[self.core_start(g)])
        errors = self.splines(np.maximum(self.x, start)) @ weights
        return np.asarray(np.sqrt((errors**2).sum(1)) * fade(self.x, self.x_out - TAPER, self.x_out))
