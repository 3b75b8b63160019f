"""Shear viscosity from the fluctuations of the stress (Green-Kubo)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.integrate import cumulative_trapezoid

from mobcg.files import write_csv
from mobcg.observables.autocorrelation import autocorrelation
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import InputError
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

MPA_S_PER_KJ_MOL_NM3_PS = 1e-4 * BAR_PER_KJ_MOL_NM3
"""1 kJ/mol/nm3 ps in mPa s (0.00166054)."""

NOISES = 2.5
"""Standard errors within which an autocorrelation counts as zero."""

LEAST_BLOCK = 16
"""Frames of the stress that a block needs."""


@dataclass(frozen=True)
class Viscosity:
    """Shear viscosity in mPa s with its standard error, and the curves it came from, all of shape (lags,).

    time_ps; stress_autocorrelation in (kJ/mol/nm3)2, averaged over components; integral_mPa_s, the running integral V/kT int_0^t. The value
    is the integral at `cut_ps`. plateau: whether the integral came to rest; where not, the run is too short for a viscosity.
    """

    viscosity: Estimate
    time_ps: Array
    stress_autocorrelation: Array
    integral_mPa_s: Array
    cut_ps: float
    plateau: bool

    def write_csv(self, path: Path | str) -> None:
        """Write time_ps, stress_autocorrelation_kj2_per_mol2_nm6, integral_mPa_s."""
        write_csv(
            path,
            {
                "time_ps": self.time_ps,
                "stress_autocorrelation_kj2_per_mol2_nm6": self.stress_autocorrelation,
                "integral_mPa_s": self.integral_mPa_s,
            },
        )


def shear_components(stress: npt.ArrayLike) -> Array:
    """The five independent shear stresses, shape (frames, 5), of stress tensors given as (frames, 6): xx, yy, zz, xy, xz, yz.

    xy, xz, yz, (xx - yy)/2 and (xx + yy - 2 zz)/(2 sqrt 3): an orthonormal set, so the five are uncorrelated in a liquid and a plain mean
    over them is the rotationally invariant one of Daivis and Evans, J. Chem. Phys. 100, 541 (1994).
    """
    xx, yy, zz, xy, xz, yz = np.asarray(stress, dtype=np.float64).T
    return np.column_stack([xy, xz, yz, (xx - yy) / 2, (xx + yy - 2 * zz) / np.sqrt(12)])


def shear_viscosity(stress: Array, interval_ps: float, volume_nm3: float, temperature_K: float, blocks: int = 5) -> Viscosity:
    """Viscosity eta = V/kT int_0^inf <s(0) s(t)> dt, averaged over the components of the stress.

    stress: (frames, components), uncorrelated shear stresses in kJ/mol/nm3, evenly spaced: see `shear_components`.
    Where to cut: at 2t, with t the shortest time such that between t and 2t the autocorrelation stays within `NOISES` times its own noise;
    `plateau_lag`. The error is the larger of two: the spread of the integrals of all components in `blocks` consecutive parts of the
    run, over the root of their number; and 2 eta sqrt(t/(n T)) of n components of a run of length T, which is what the noise of the
    autocorrelation adds up to at the cut t. The first alone covers too little: the cut follows the same noise as the value.
    Sources: Green-Kubo, Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 2.7; growth of the noise with t: Zhang, Otani
    and Maginn, J. Chem. Theory Comput. 11, 3537 (2015).
    Raises InputError for a run of fewer than `blocks` times `LEAST_BLOCK` frames or a stress that is not finite.
    """
    frames, components = stress.shape
    if frames < blocks * LEAST_BLOCK:
        raise InputError(f"a viscosity needs at least {blocks * LEAST_BLOCK} frames of the stress, found {frames}: make the run longer")
    if not np.all(np.isfinite(stress)):
        raise InputError("the stress holds values that are not finite numbers")
    scale = volume_nm3 / thermal_energy(temperature_K) * MPA_S_PER_KJ_MOL_NM3_PS
    lags = frames // blocks // 2
    correlation = autocorrelation(stress, lags).mean(axis=1)
    integral = scale * cumulative_trapezoid(correlation, dx=interval_ps, initial=0.0)
    cut, plateau = plateau_lag(correlation, frames * components)
    parts = [autocorrelation(part, cut + 1) for part in np.array_split(stress, blocks)]
    values = scale * np.concatenate([np.trapezoid(part, dx=interval_ps, axis=0) for part in parts])
    summed_noise = 2 * abs(integral[cut]) * np.sqrt(cut / (frames * components))
    error = max(float(values.std(ddof=1) / np.sqrt(len(values))), float(summed_noise))
    times = np.asarray(interval_ps * np.arange(lags), dtype=np.float64)
    return Viscosity(Estimate(float(integral[cut]), error), times, correlation, integral, float(times[cut]), plateau)


def plateau_lag(correlation: Array, samples: int) -> tuple[int, bool]:
    """The lag at which to read the integral of an autocorrelation, and whether it is at rest there; the last lag where not.

    Twice the shortest lag from which, up to its double, the autocorrelation C stays within `NOISES` standard errors. Those of a series of
    `samples` values are sqrt(2 sum of C2 up to here / samples): Bartlett, J. R. Stat. Soc. Suppl. 8, 27 (1946).
    """
    noise = np.sqrt(2 * np.cumsum(correlation**2) / samples)
    last = len(correlation) - 1
    for lag in np.flatnonzero(np.abs(correlation) < NOISES * noise):
        if 2 * lag > last:
            break
        if np.all(np.abs(correlation[lag : 2 * lag]) < NOISES * noise[lag]):
            return int(2 * lag), True
    return last, False
