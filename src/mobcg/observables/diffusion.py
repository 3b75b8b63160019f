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
    check_length(trajectory.interval_ps, trajectory.frames, fit_window_ps)
    ends = stretch_ends(trajectory.interval_ps, trajectory.frames, fit_window_ps, blocks)
    parts = np.split(np.arange(trajectory.frames), ends[:-1]) if len(ends) else []
    curves = [squared_displacements(_part(trajectory, part)).mean(axis=1) for part in parts]
    longest = max(map(len, curves), default=0)
    stretches = np.array([np.pad(curve, (0, longest - len(curve)), constant_values=np.nan) for curve in curves])
    lag = np.asarray(trajectory.interval_ps * np.arange(trajectory.frames), dtype=np.float64)
    return diffusion_of_displacements(lag, squared_displacements(trajectory), stretches, fit_window_ps)


def check_length(interval_ps: float, frames: int, fit_window_ps: tuple[float, float]) -> None:
    """Raise InputError unless a run of so many frames is twice as long as the end of the window in which D is fitted."""
    end = fit_window_ps[1]
    length = interval_ps * (frames - 1)
    if not length + 2 * interval_ps >= 2 * end * ROUNDING:
        raise InputError(f"a run of {length:.4g} ps is too short for a fit of D up to {end:g} ps: add at least {2 * end - length:.4g} ps")


def stretch_ends(interval_ps: float, frames: int, fit_window_ps: tuple[float, float], blocks: int) -> npt.NDArray[np.int64]:
    """The frame at which each stretch ends whose own D tells the error: at most `blocks`, each twice as long as the window's end; none
    below three.
    """
    stretches = min(blocks, int(interval_ps * (frames - 1) / (2 * fit_window_ps[1])))
    sizes = [len(part) for part in np.array_split(np.arange(frames), stretches)] if stretches >= 3 else []
    return np.cumsum(np.array(sizes, dtype=np.int64))


def diffusion_of_displacements(lag_ps: Array, displacements: Array, stretches: Array, fit_window_ps: tuple[float, float]) -> Diffusion:
    """`diffusion` from mean squared displacements in nm2 that are known already.

    displacements: (lags, molecules), over all origins; stretches: (stretches or 0, at least the window's lags), over the molecules too.
    """
    start, end = fit_window_ps
    slopes = _slopes(lag_ps, displacements, start, end)
    errors = [slopes.std(ddof=1) / np.sqrt(len(slopes))] if len(slopes) > 1 else []
    if len(stretches):
        means = [_slopes(lag_ps[: stretches.shape[1]], curve[:, None], start, end)[0] for curve in stretches]
        errors.append(np.std(means, ddof=1) / np.sqrt(len(stretches)))
    error = max(errors)
    bend = _bend(lag_ps, displacements, start, end)
    linear = bend is None or abs(bend.value) <= 3 * bend.error
    if bend is not None and not linear:
        error = float(np.hypot(error, bend.value / 2))
    per_ns = 1000 / 6
    return Diffusion(Estimate(float(slopes.mean() * per_ns), float(error * per_ns)), lag_ps, displacements.mean(axis=1), linear)


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
