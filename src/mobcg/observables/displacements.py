"""Squared displacements of molecules, from a trajectory or from sums that an engine has kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import freud
import numpy as np
import numpy.typing as npt

from mobcg.observables.trajectory import Trajectory

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SquaredDisplacements:
    """Mean squared displacements over all time origins at the lags 0, 1, 2, ... frames.

    lag_ps: (lags,); molecules_nm2: (lags, molecules); stretches_nm2: (stretches or 0, lags), over the molecules too, of consecutive
    stretches of the run, not-a-number where a stretch is too short; stretch_frames: (stretches,); frames: of all `runs` together.
    """

    lag_ps: Array
    molecules_nm2: Array
    stretches_nm2: Array
    stretch_frames: Whole
    frames: int
    runs: int = 1

    @property
    def interval_ps(self) -> float:
        """Time between two frames in ps."""
        return float(self.lag_ps[1] - self.lag_ps[0])

    @property
    def length_ps(self) -> float:
        """Time simulated in ps."""
        return self.interval_ps * (self.frames - self.runs)

    @property
    def mean_nm2(self) -> Array:
        """The mean squared displacement of all molecules, shape (lags,)."""
        return np.asarray(self.molecules_nm2.mean(axis=1))

    def until(self, lags: int) -> SquaredDisplacements:
        """The first `lags` lags alone."""
        return SquaredDisplacements(
            self.lag_ps[:lags],
            self.molecules_nm2[:lags],
            self.stretches_nm2[:, :lags],
            self.stretch_frames,
            self.frames,
            self.runs,
        )


def joined(parts: Sequence[SquaredDisplacements]) -> SquaredDisplacements:
    """The squared displacements of several runs of the same liquid: exact means over the origins of all, and the stretches of all.

    Raises ValueError where the runs differ in frames' distance or number of molecules.
    """
    first = parts[0]
    for part in parts:
        if not np.isclose(part.interval_ps, first.interval_ps) or part.molecules_nm2.shape[1] != first.molecules_nm2.shape[1]:
            raise ValueError("only runs of the same interval and the same number of molecules can be joined")
    lags = min(len(part.lag_ps) for part in parts)
    parts = [part.until(lags) for part in parts]
    origins = [np.maximum(part.frames - part.runs * np.arange(lags), 0)[:, None] for part in parts]
    molecules = sum(count * part.molecules_nm2 for count, part in zip(origins, parts, strict=True)) / np.maximum(sum(origins), 1)
    return SquaredDisplacements(
        first.lag_ps[:lags],
        np.asarray(molecules),
        np.concatenate([part.stretches_nm2 for part in parts]),
        np.concatenate([part.stretch_frames for part in parts]),
        sum(part.frames for part in parts),
        sum(part.runs for part in parts),
    )


def squared_displacements(trajectory: Trajectory) -> Array:
    """Squared displacement of every molecule at every lag in nm2, shape (frames, molecules): all time origins, drift removed.

    The drift of the liquid's centre is taken off frame by frame; that removes 1/N of each molecule's own motion, so the result
    is multiplied by N/(N-1). Source of the FFT sum over origins: Calandrini et al., Ecole thematique de la SFN 12, 201 (2011).
    """
    positions = trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)
    molecules = trajectory.molecules
    windowed = freud.msd.MSD(mode="window").compute(positions - positions[0])
    return np.asarray(windowed.particle_msd, dtype=np.float64) * molecules / max(molecules - 1, 1)


def stretch_ends(interval_ps: float, frames: int, fit_window_ps: tuple[float, float], blocks: int) -> Whole:
    """The frame at which each stretch ends whose own D tells the error: at most `blocks`, each twice as long as the window's end; none
    below three.
    """
    stretches = min(blocks, int(interval_ps * (frames - 1) / (2 * fit_window_ps[1])))
    sizes = [len(part) for part in np.array_split(np.arange(frames), stretches)] if stretches >= 3 else []
    return np.cumsum(np.array(sizes, dtype=np.int64))


def stretch_curves(trajectory: Trajectory, ends: Whole) -> Array:
    """The mean squared displacement of each stretch in nm2, shape (stretches, frames of the longest); not-a-number beyond a shorter one."""
    if len(ends) == 0:
        return np.empty((0, trajectory.frames))
    parts = np.split(np.arange(trajectory.frames), ends[:-1])
    curves = [squared_displacements(_part(trajectory, part)).mean(axis=1) for part in parts]
    longest = max(map(len, curves))
    return np.array([np.pad(curve, (0, longest - len(curve)), constant_values=np.nan) for curve in curves])


def _part(trajectory: Trajectory, frames: npt.NDArray[np.int_]) -> Trajectory:
    return Trajectory(trajectory.positions_nm[frames], trajectory.time_ps[frames], trajectory.box_nm, trajectory.mass_Da)
