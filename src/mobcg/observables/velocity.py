"""Velocity autocorrelation of molecules, from velocities or from finely sampled positions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.integrate import cumulative_trapezoid

from mobcg.files import write_csv
from mobcg.observables.autocorrelation import autocorrelation
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class VelocityAutocorrelation:
    """<v(0).v(t)> in nm2/ps2 over molecules and time origins with its standard error over molecules, all of shape (lags,)."""

    time_ps: Array
    nm2_per_ps2: Array
    error_nm2_per_ps2: Array

    @property
    def normalised(self) -> Array:
        """<v(0).v(t)>/<v2>, shape (lags,)."""
        return np.asarray(self.nm2_per_ps2 / self.nm2_per_ps2[0])

    @property
    def diffusion_nm2_per_ns(self) -> Array:
        """D = 1/3 int_0^t <v(0).v(t')> dt' up to each lag (Green-Kubo), shape (lags,): D where it comes to rest.

        By trapezoids; with velocities of displacements over h it is the mean squared displacement's slope, [M(t+h) - M(t-h)] / (12 h).
        """
        return np.asarray(1000 / 3 * cumulative_trapezoid(self.nm2_per_ps2, self.time_ps, initial=0.0))

    def write_csv(self, path: Path | str) -> None:
        """Write time_ps, vacf_nm2_per_ps2, vacf_err_nm2_per_ps2, vacf_normalised, diffusion_nm2_per_ns."""
        write_csv(
            path,
            {
                "time_ps": self.time_ps,
                "vacf_nm2_per_ps2": self.nm2_per_ps2,
                "vacf_err_nm2_per_ps2": self.error_nm2_per_ps2,
                "vacf_normalised": self.normalised,
                "diffusion_nm2_per_ns": self.diffusion_nm2_per_ns,
            },
        )


def velocity_autocorrelation(velocities_nm_per_ps: Array, interval_ps: float, longest_ps: float) -> VelocityAutocorrelation:
    """Autocorrelation up to `longest_ps` of velocities of shape (frames, molecules, 3), evenly spaced in time.

    The mean velocity of the liquid is taken off frame by frame, and the result multiplied by N/(N-1) for the part of each molecule's own
    motion that goes with it. Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 8.2. Raises InputError where the
    run is not longer than `longest_ps`.
    """
    frames, molecules = velocities_nm_per_ps.shape[:2]
    lags = int(longest_ps / interval_ps * (1 + 1e-9)) + 1
    if not 2 <= lags <= frames:
        raise InputError(
            f"a velocity autocorrelation up to {longest_ps:g} ps needs 2 to {frames} frames at {interval_ps:g} ps each, found {lags}: "
            "choose a time between the frames' interval and the run's length"
        )
    own = velocities_nm_per_ps - velocities_nm_per_ps.mean(axis=1, keepdims=True)
    single = np.column_stack([autocorrelation(own[:, molecule], lags).sum(axis=1) for molecule in range(molecules)])
    single *= molecules / max(molecules - 1, 1)
    error = single.std(axis=1, ddof=1) / np.sqrt(molecules) if molecules > 1 else np.full(lags, np.nan)
    return VelocityAutocorrelation(np.asarray(interval_ps * np.arange(lags), dtype=np.float64), single.mean(axis=1), error)


def displacement_velocities(trajectory: Trajectory) -> Array:
    """Mean velocities over each interval between frames in nm/ps, shape (frames - 1, molecules, 3).

    Their autocorrelation is the second difference of the mean squared displacement, [M(t+h) - 2 M(t) + M(t-h)] / (2 h2), exactly:
    that of the velocities themselves, smoothed by a triangle of one interval h to either side. So h must be short against the decay.
    """
    return np.asarray(np.diff(trajectory.positions_nm, axis=0) / trajectory.interval_ps)
