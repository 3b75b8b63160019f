"""Making a raw table usable: a core that repels, a smooth end at the cutoff, smoothing, random perturbation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from mobcg.potential.pair import PairPotential

Array = npt.NDArray[np.float64]


def smoothed(values: Array, width_points: float) -> Array:
    """Gaussian smoothing with standard deviation `width_points` grid points; the ends are continued by their point reflection."""
    if width_points <= 0:
        return values
    pad = min(len(values) - 1, int(4 * width_points) + 1)
    left = 2 * values[0] - values[pad:0:-1]
    right = 2 * values[-1] - values[-2 : -pad - 2 : -1]
    return np.asarray(gaussian_filter1d(np.concatenate([left, values, right]), width_points)[pad:-pad])


def with_core(r_nm: Array, u: Array, first: int, least_slope: float) -> Array:
    """Replace u below index `first` by a parabola that continues value, slope and curvature and always repels.

    Slope and curvature come from a parabola through the next points; the slope is at least `least_slope` (in u's unit per nm) and the
    curvature at least slope / 0.1 nm, so that the core keeps stiffening inwards.
    """
    width = max(4, round(0.03 / float(r_nm[1] - r_nm[0])))
    piece = slice(first, first + width)
    curvature, slope, _ = np.polyfit(r_nm[piece] - r_nm[first], u[piece], 2)
    slope = min(slope, -least_slope)
    curvature = max(2 * curvature, -slope / 0.1)
    depth = r_nm[:first] - r_nm[first]
    result = u.copy()
    result[:first] = u[first] + slope * depth + curvature / 2 * depth**2
    return result


def ending_at_cutoff(r_nm: Array, u: Array, width_nm: float = 0.1) -> Array:
    """Shift u to zero at the last point and turn its slope to zero over the last `width_nm` by a smooth step 1 - t3 (10 - 15t + 6t2)."""
    t = np.clip((r_nm - (r_nm[-1] - width_nm)) / width_nm, 0, 1)
    return np.asarray((u - u[-1]) * (1 - t**3 * (10 - 15 * t + 6 * t**2)))


def perturbed(potential: PairPotential, amplitude_kj_per_mol: float, random: np.random.Generator, waves: int = 3) -> PairPotential:
    """Add a random smooth wave to the well and tail: `waves` cosines of random phase and wavelength 0.3-1.2 nm, amplitude falling with
    wavenumber, weighted so that core and cutoff stay as they are. Returns a potential on the same grid.
    """
    r = potential.r_nm
    wavelengths = random.uniform(0.3, 1.2, waves)
    phases = random.uniform(0, 2 * np.pi, waves)
    heights = random.normal(0, 1, waves) * wavelengths / 1.2
    wave = np.sum(heights[:, None] * np.cos(2 * np.pi * r / wavelengths[:, None] + phases[:, None]), axis=0)
    well = min(r[np.argmin(potential.u_kj_per_mol)], 0.7 * r[-1])
    inner = 1 / (1 + np.exp(-(r - 0.9 * well) / (0.03 * well)))
    outer = 1 - np.clip((r - well) / (r[-1] - well), 0, 1) ** 2
    return PairPotential(r, potential.u_kj_per_mol + amplitude_kj_per_mol * wave * inner * outer)
