"""How far molecules move in all times of a run, from single frames to most of its length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.files import write_csv
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

LAGS_PER_DECADE = 10
"""Lags of the curve in a factor of ten of time."""

LONGEST_PART = 0.5
"""Longest lag as a part of the run."""

MOST_ORIGINS = 1000
"""Time origins of a lag, evenly spread: more are nearly the same again."""


@dataclass(frozen=True)
class DisplacementCurve:
    """Mean squared displacement and non-Gaussian parameter with standard errors over molecules, all of shape (lags,).

    alpha2 = 3 <r4> / (5 <r2>2) - 1: zero for free flight of thermal velocities and for diffusion, positive where some molecules are faster
    than others for a while.
    """

    time_ps: Array
    msd_nm2: Array
    msd_error_nm2: Array
    alpha2: Array
    alpha2_error: Array

    def write_csv(self, path: Path | str) -> None:
        """Write time_ps, msd_nm2, msd_err_nm2, alpha2, alpha2_err."""
        columns = (self.time_ps, self.msd_nm2, self.msd_error_nm2, self.alpha2, self.alpha2_error)
        write_csv(path, dict(zip(("time_ps", "msd_nm2", "msd_err_nm2", "alpha2", "alpha2_err"), columns, strict=True)))


def displacement_curve(trajectory: Trajectory) -> DisplacementCurve:
    """Displacements at lags spread evenly over the logarithm of time, from one frame to half the run.

    The drift of the liquid's centre is taken off, as in `diffusion`, and <r2> multiplied by N/(N-1), <r4> by its square.
    Sources: Rahman, Phys. Rev. 136, A405 (1964) (alpha2); Kob and Andersen, Phys. Rev. E 51, 4626 (1995). Raises InputError for
    fewer than four frames or two molecules.
    """
    frames, molecules = trajectory.frames, trajectory.molecules
    if frames < 4 or molecules < 2:
        raise InputError(f"a displacement curve needs at least 4 frames of 2 molecules, found {frames} of {molecules}")
    positions = trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)
    longest = max(1, int(LONGEST_PART * (frames - 1)))
    lags = np.unique(np.rint(np.geomspace(1, longest, 1 + int(np.ceil(LAGS_PER_DECADE * np.log10(longest))))).astype(np.int64))
    second, fourth = np.empty((len(lags), molecules)), np.empty((len(lags), molecules))
    for row, lag in enumerate(lags):
        origins = np.unique(np.linspace(0, frames - 1 - lag, min(MOST_ORIGINS, frames - lag)).astype(np.int64))
        squared = ((positions[origins + lag] - positions[origins]) ** 2).sum(axis=2)
        second[row], fourth[row] = squared.mean(axis=0), (squared**2).mean(axis=0)
    own = molecules / (molecules - 1)
    second, fourth = second * own, fourth * own**2
    msd, quartic = second.mean(axis=1, keepdims=True), fourth.mean(axis=1, keepdims=True)
    ratio = 3 * quartic / (5 * msd**2)
    # first order in the deviations of single molecules
    deviations = ratio * (fourth / quartic - 2 * second / msd)
    root = np.sqrt(molecules)
    return DisplacementCurve(
        np.asarray(trajectory.interval_ps * lags, dtype=np.float64),
        msd[:, 0],
        second.std(axis=1, ddof=1) / root,
        ratio[:, 0] - 1,
        deviations.std(axis=1, ddof=1) / root,
    )
