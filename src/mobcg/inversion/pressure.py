"""The pressure of a trial potential, and what changes it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mobcg.inversion.target import Measurement
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

TRIAL_TOLERANCE_BAR = 25.0
"""A pressure asked for is met within this in the short run of a trial, so that it is met within 50 bar in the long one."""

LARGEST_CORRECTION_KT = 0.1
"""Largest amplitude of one linear correction. Source: Reith, Puetz and Mueller-Plathe, J. Comput. Chem. 24, 1624 (2003)."""

HELD_BAR = (0.0, 1000.0)
"""Where no pressure is asked for, updates that know their effect keep it here: g(r) hardly feels it, and liquids under tension tear."""


def pressure_met(measurement: Measurement) -> bool:
    """Whether the state has the pressure asked for, if any, within `TRIAL_TOLERANCE_BAR`."""
    wanted = measurement.target.pressure_bar
    return wanted is None or abs(measurement.pressure_bar.value - wanted) <= TRIAL_TOLERANCE_BAR


def linear_correction(r_nm: Array, measurement: Measurement) -> Array:
    """A (1 - r/rc) in kJ/mol, the change of U that brings the pressure to the one asked for, g(r) held fixed; zero where none is.

    A = -(P - P*) / (2 pi/3 rho2/rc int r3 g dr), at most `LARGEST_CORRECTION_KT` kT. Source: Wang, Junghans and Kremer, Eur. Phys. J. E 28,
    221 (2009).
    """
    target = measurement.target
    if target.pressure_bar is None:
        return np.zeros_like(r_nm)
    g = np.interp(r_nm, measurement.r_nm, measurement.g, left=0.0)
    response = 2 * np.pi / 3 * target.density_per_nm3**2 / r_nm[-1] * np.trapezoid(r_nm**3 * g, r_nm) * BAR_PER_KJ_MOL_NM3
    limit = LARGEST_CORRECTION_KT * thermal_energy(target.temperature_K)
    amplitude = np.clip((target.pressure_bar - measurement.pressure_bar.value) / response, -limit, limit)
    return np.asarray(amplitude * (1 - r_nm / r_nm[-1]))


def pressure_change_wanted(measurement: Measurement) -> float:
    """Change of the pressure in bar that the next update shall bring: to the one asked for, else back into `HELD_BAR`."""
    wanted, now = measurement.target.pressure_bar, measurement.pressure_bar.value
    return (float(np.clip(now, *HELD_BAR)) if wanted is None else wanted) - now
