"""Making a raw table usable: a core that repels, a smooth end at the cutoff, smoothing, random perturbation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from mobcg.potential.pair import PairPotential

Array = npt.NDArray[np.float64]

WAVES = 24
"""Cosines of a random smooth change."""


def smoothed(values: Array, width_points: float) -> Array:
    """Gaussian smoothing with standard deviation `width_points` grid points; the ends are continued by their point reflection."""
    if width_points <= 0:
        return values
    pad = min(len(values) - 1, int(4 * width_points) + 1)
    left = 2 * values[0] - values[pad:0:-1]
    right = 2 * values[-1] - values[-2 : -pad - 2 : -1]
    return np.asarray(gaussian_filter1d(np.concatenate([left, values, right]), width_points)[pad:-pad])


def continued_core(depth_nm: Array, value: float, slope: float, curvature: float, least_slope: float, height: float) -> Array:
    """The parabola value + slope d + curvature/2 d2 at depths d <= 0 below a potential's innermost known point.

    The slope is at least `least_slope` downwards and the curvature at least slope2 / height, that of an exponential which has risen by
    `height` above the potential's minimum at that point, so that the core repels and stiffens inwards.
    """
    slope = min(slope, -least_slope)
    return value + slope * depth_nm + max(curvature, slope**2 / max(height, 0.1 * least_slope)) / 2 * depth_nm**2


def with_core(r_nm: Array, u: Array, first: int, least_slope: float) -> Array:
    """Replace u below index `first` by a parabola that always repels (see `continued_core`); `least_slope` in u's unit per nm.

    Slope and curvature come from a parabola through the next 0.03 nm, over which it fades into the table: no kink where they meet.
    """
    width = min(max(4, round(0.03 / float(r_nm[1] - r_nm[0]))), len(u) - first)
    piece = slice(first, first + width)
    depth = r_nm - r_nm[first]
    curvature, slope, _ = np.polyfit(depth[piece], u[piece], 2)
    core = continued_core(depth, float(u[first]), float(slope), 2 * float(curvature), least_slope, float(u[first] - u[first:].min()))
    t = np.clip((np.arange(len(u)) - first) / width, 0, 1)
    fade = 1 - t**3 * (10 - 15 * t + 6 * t**2)
    result = u.copy()
    result[:first] = core[:first]
    result[piece] += fade[piece] * (core - u)[piece]
    return result


def ending_at_cutoff(r_nm: Array, u: Array, width_nm: float = 0.1) -> Array:
    """Shift u to zero at the last point and turn its slope to zero over the last `width_nm` by a smooth step 1 - t3 (10 - 15t + 6t2)."""
    t = np.clip((r_nm - (r_nm[-1] - width_nm)) / width_nm, 0, 1)
    return np.asarray((u - u[-1]) * (1 - t**3 * (10 - 15 * t + 6 * t**2)))


def from_core(potential: PairPotential, highest_kj_per_mol: float) -> PairPotential:
    """The table from where it last falls through an energy that no bead reaches; engines go on inwards with its slope."""
    high = np.flatnonzero(potential.u_kj_per_mol > highest_kj_per_mol)
    first = min(int(high[-1]), len(potential.r_nm) - 10) if len(high) else 0
    return PairPotential(potential.r_nm[first:], potential.u_kj_per_mol[first:])


def perturbed(
    potential: PairPotential, amplitude_kj_per_mol: float, length_nm: float, foot_nm: float, random: np.random.Generator
) -> PairPotential:
    """Add a random smooth wave to the well and tail; core and cutoff stay as they are. Returns a potential on the same grid.

    The wave is a Gaussian process of standard deviation `amplitude_kj_per_mol` and squared-exponential covariance exp(-r2/2 length2), drawn
    as a sum of `WAVES` cosines. Its weight is 1/2 at 1.1 `foot_nm` (where the core ends), 8 % at `foot_nm`, below 1 % at 0.9 of it; from
    1.4 `foot_nm` on it falls to zero at the cutoff.
    Source: Rahimi and Recht, Random features for large-scale kernel machines, NIPS 20 (2007).
    """
    r = potential.r_nm
    wavenumbers = random.normal(0, 1 / length_nm, WAVES)
    phases = random.uniform(0, 2 * np.pi, WAVES)
    wave = np.sqrt(2 / WAVES) * np.cos(np.outer(r, wavenumbers) + phases).sum(axis=1)
    inner = 1 / (1 + np.exp(np.clip((1.1 * foot_nm - r) / (0.04 * foot_nm), -500, 500)))
    outer = (1 - np.clip((r - 1.4 * foot_nm) / (r[-1] - 1.4 * foot_nm), 0, 1) ** 2) ** 2
    return PairPotential(r, potential.u_kj_per_mol + amplitude_kj_per_mol * wave * inner * outer)
