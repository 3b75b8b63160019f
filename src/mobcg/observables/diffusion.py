"""Self-diffusion from the mean squared displacement of centres of mass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import freud
import numpy as np
import numpy.typing as npt

from mobcg.files import write_csv
from mobcg.observables.blocks import Estimate
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

ROUNDING = 0.98
"""A planned length is met up to this factor: steps and frames are whole numbers."""


@dataclass(frozen=True)
class Diffusion:
    """D in nm2/ns with its standard error, and the curve it came from: time_ps and msd_nm2 of shape (lags,).

    linear: whether the two halves of the fit window agree; where not, the molecules have not begun to diffuse freely there.
    """

    diffusion: Estimate
    time_ps: Array
    msd_nm2: Array
    linear: bool = True

    def write_csv(self, path: Path | str) -> None:
        """Write time_ps, msd_nm2."""
        write_csv(path, {"time_ps": self.time_ps, "msd_nm2": self.msd_nm2})


def squared_displacements(trajectory: Trajectory) -> Array:
    """Squared displacement of every molecule at every lag in nm2, shape (frames, molecules): all time origins, drift removed.

    The drift of the liquid's centre is taken off frame by frame; that removes 1/N of each molecule's own motion, so the result
    is multiplied by N/(N-1). Source of the FFT sum over origins: Calandrini et al., Ecole thematique de la SFN 12, 201 (2011).
    """
    positions = trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)
    molecules = trajectory.molecules
    windowed = freud.msd.MSD(mode="window").compute(positions - positions[0])
    return np.asarray(windowed.particle_msd, dtype=np.float64) * molecules / max(molecules - 1, 1)


def diffusion(trajectory: Trajectory, fit_window_ps: tuple[float, float], blocks: int = 5) -> Diffusion:
    """D = slope/6 of the straight line through the mean squared displacement inside `fit_window_ps` (Einstein).

    The error is the larger of two: the spread of the single molecules' slopes over sqrt(N), and the spread of the slopes of
    `blocks` consecutive stretches over sqrt(blocks), where a stretch is at least twice as long as the window's end. Where the slopes of the
    window's halves differ by more than three standard errors of their difference, half the difference is added in quadrature.
    Raises InputError where the run is shorter than twice the window's end or the window holds fewer than three frames.
    """
    start, end = fit_window_ps
    length = trajectory.interval_ps * (trajectory.frames - 1)
    if not length + 2 * trajectory.interval_ps >= 2 * end * ROUNDING:
        raise InputError(f"a run of {length:.4g} ps is too short for a fit of D up to {end:g} ps: add at least {2 * end - length:.4g} ps")
    displacements = squared_displacements(trajectory)
    lag = np.asarray(trajectory.interval_ps * np.arange(trajectory.frames), dtype=np.float64)
    slopes = _slopes(lag, displacements, start, end)
    errors = [slopes.std(ddof=1) / np.sqrt(len(slopes))] if len(slopes) > 1 else []
    stretches = min(blocks, int(length / (2 * end)))
    if stretches >= 3:
        means = [
            _slopes(lag[: len(part)], squared_displacements(_part(trajectory, part)), start, end).mean()
            for part in np.array_split(np.arange(trajectory.frames), stretches)
        ]
        errors.append(np.std(means, ddof=1) / np.sqrt(stretches))
    error = max(errors)
    bend = _bend(lag, displacements, start, end)
    linear = bend is None or abs(bend.value) <= 3 * bend.error
    if bend is not None and not linear:
        error = float(np.hypot(error, bend.value / 2))
    per_ns = 1000 / 6
    return Diffusion(Estimate(float(slopes.mean() * per_ns), float(error * per_ns)), lag, displacements.mean(axis=1), linear)


def _bend(lag: Array, displacements: Array, start: float, end: float) -> Estimate | None:
    """Slope of the window's second half minus that of its first, over molecules; None where a half holds too few lags."""
    middle = (start + end) / 2
    halves = [(lag >= low * (1 - 1e-9)) & (lag <= high * (1 + 1e-9)) for low, high in ((start, middle), (middle, end))]
    if min(half.sum() for half in halves) < 3 or displacements.shape[1] < 2:
        return None
    first, second = (np.polyfit(lag[half], displacements[half], 1)[0] for half in halves)
    difference = second - first
    return Estimate(float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference))))


def _slopes(lag: Array, displacements: Array, start: float, end: float) -> Array:
    inside = (lag >= start * (1 - 1e-9)) & (lag <= end * (1 + 1e-9))
    if inside.sum() < 3:
        raise InputError(
            f"the fit window {start:g}-{end:g} ps holds {int(inside.sum())} lags; at least 3 are needed: store frames more often"
        )
    return np.asarray(np.polyfit(lag[inside], displacements[inside], 1)[0])


def _part(trajectory: Trajectory, frames: npt.NDArray[np.int_]) -> Trajectory:
    return Trajectory(trajectory.positions_nm[frames], trajectory.time_ps[frames], trajectory.box_nm, trajectory.mass_Da)
