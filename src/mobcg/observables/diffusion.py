"""Self-diffusion from the mean squared displacement of centres of mass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from mobcg.files import write_csv
from mobcg.observables.blocks import Estimate
from mobcg.observables.displacements import SquaredDisplacements, squared_displacements, stretch_curves, stretch_ends
from mobcg.observables.line import straight_line
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

__all__ = [
    "Diffusion",
    "check_length",
    "diffusion",
    "diffusion_of_displacements",
    "diffusion_of_sums",
    "squared_displacements",
    "stretch_ends",
]

Array = npt.NDArray[np.float64]

ROUNDING = 0.98
"""A planned length is met up to this factor: steps and frames are whole numbers."""

GOOD_RELATIVE_ERROR = 0.05
"""Standard error of D over D that advice aims at."""

LONGEST_PART = 0.25
"""Part of a run that a window which is lengthened may reach to."""


@dataclass(frozen=True)
class Diffusion:
    """D in nm2/ns with its standard error, and the curve it came from: time_ps and msd_nm2 of shape (lags,).

    linear: whether the curve is straight in the window used; where not, the molecules have not begun to diffuse freely there.
    degrees_of_freedom: of the error; window_ps: the lags used; exponent: d ln MSD / d ln t there; length_ps: time simulated; sums: what the
    curve is made of, for joining runs; advice: what would make D better, or "".
    """

    diffusion: Estimate
    time_ps: Array
    msd_nm2: Array
    linear: bool = True
    degrees_of_freedom: float = float("inf")
    window_ps: tuple[float, float] | None = None
    exponent: float = float("nan")
    length_ps: float = float("nan")
    advice: str = ""
    sums: SquaredDisplacements | None = field(default=None, repr=False, compare=False)

    @property
    def relative_error(self) -> float:
        """Standard error over D; infinite where D is not positive."""
        return self.diffusion.error / self.diffusion.value if self.diffusion.value > 0 else float("inf")

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Where D lies with this probability, in nm2/ns (Student's t)."""
        half = float(stdtrit(self.degrees_of_freedom, 0.5 + level / 2)) * self.diffusion.error
        return self.diffusion.value - half, self.diffusion.value + half

    def missing_length_ps(self, target_relative_error: float) -> float:
        """Time in ps that a run lacks for D within a relative error: errors fall as 1/sqrt(length). Infinite where D is not positive."""
        return self.length_ps * max(0.0, (self.relative_error / target_relative_error) ** 2 - 1)

    def write_csv(self, path: Path | str) -> None:
        """Write time_ps, msd_nm2."""
        write_csv(path, {"time_ps": self.time_ps, "msd_nm2": self.msd_nm2})


def diffusion(trajectory: Trajectory, fit_window_ps: tuple[float, float], blocks: int = 5) -> Diffusion:
    """D = slope/6 of the straight line through the mean squared displacement inside `fit_window_ps` (Einstein).

    The line is that of `straight_line`: generalised least squares from the earliest start in the window from which the curve is
    straight. Where it is straight nowhere in the window, windows that end two and four times later are tried, up to a quarter of the run;
    where in none, `linear` is False and the bend is part of the error. Errors come from molecules and from up to `blocks` stretches, each
    at least twice as long as the window's end. Raises InputError where the run is shorter than twice the window's end or the window
    holds fewer than three lags.
    """
    check_length(trajectory.interval_ps, trajectory.frames, fit_window_ps)
    lag = np.asarray(trajectory.interval_ps * np.arange(trajectory.frames), dtype=np.float64)
    displacements = squared_displacements(trajectory)
    spacing = trajectory.density_per_nm3 ** (-1 / 3)
    found = None
    for window in _windows(fit_window_ps, float(lag[-1])):
        lags = min(len(lag), int(window[1] * (1 + 1e-9) / trajectory.interval_ps) + 1)
        ends = stretch_ends(trajectory.interval_ps, trajectory.frames, window, blocks)
        curves = stretch_curves(trajectory, ends)[:, :lags]
        sums = SquaredDisplacements(lag[:lags], displacements[:lags], curves, np.diff(ends, prepend=0), trajectory.frames)
        found = diffusion_of_sums(sums, window, spacing)
        if found.linear:
            break
    assert found is not None
    return replace(found, time_ps=lag, msd_nm2=displacements.mean(axis=1))


def diffusion_of_displacements(
    lag_ps: Array,
    displacements: Array,
    stretches: Array,
    fit_window_ps: tuple[float, float],
    frames: int | None = None,
    spacing_nm: float | None = None,
) -> Diffusion:
    """`diffusion` from mean squared displacements in nm2 that are known already, in this window alone.

    displacements: (lags, molecules), over all origins; stretches: (stretches or 0, at least the window's lags), over the molecules too;
    frames: of the run, by default as few as so many stretches can have; spacing_nm: of the molecules, for the advice.
    """
    frames = 2 * len(lag_ps) * max(len(stretches), 1) if frames is None else frames
    curves = stretches[:, : len(lag_ps)] if len(stretches) else np.empty((0, len(lag_ps)))
    sizes = np.array([len(part) for part in np.array_split(np.arange(frames), len(curves))] if len(curves) else [], dtype=np.int64)
    sums = SquaredDisplacements(lag_ps[: max(curves.shape[1], 1)], displacements[: curves.shape[1]], curves, sizes, frames)
    return diffusion_of_sums(sums, fit_window_ps, spacing_nm)


def diffusion_of_sums(sums: SquaredDisplacements, fit_window_ps: tuple[float, float], spacing_nm: float | None = None) -> Diffusion:
    """`diffusion` from squared displacements, of one run or of several that were joined, in this window alone."""
    line = straight_line(sums, fit_window_ps)
    per_ns = 1000 / 6
    found = Diffusion(
        Estimate(line.slope.value * per_ns, line.slope.error * per_ns),
        sums.lag_ps,
        sums.mean_nm2,
        line.straight,
        line.degrees_of_freedom,
        line.window_ps,
        line.exponent,
        sums.length_ps,
        sums=sums,
    )
    return replace(found, advice=_advice(found, spacing_nm))


def check_length(interval_ps: float, frames: int, fit_window_ps: tuple[float, float]) -> None:
    """Raise InputError unless a run of so many frames is twice as long as the end of the window in which D is fitted."""
    end = fit_window_ps[1]
    length = interval_ps * (frames - 1)
    if not length + 2 * interval_ps >= 2 * end * ROUNDING:
        raise InputError(f"a run of {length:.4g} ps is too short for a fit of D up to {end:g} ps: add at least {2 * end - length:.4g} ps")


def _windows(window_ps: tuple[float, float], length_ps: float) -> Iterator[tuple[float, float]]:
    start, end = window_ps
    yield window_ps
    for factor in (2, 4):
        if factor * end <= LONGEST_PART * length_ps:
            yield start, factor * end


def _advice(found: Diffusion, spacing_nm: float | None) -> str:
    """One sentence, or "" where D is known within `GOOD_RELATIVE_ERROR` and the molecules have changed places."""
    value, length = found.diffusion.value, found.length_ps
    if value <= 0:
        return "nothing diffused: a longer run is needed"
    if not found.linear:
        return f"the mean squared displacement is not straight up to {found.time_ps[-1]:.4g} ps: fit D at longer times in a longer run"
    places = 0.0 if spacing_nm is None else spacing_nm**2 / (6 * value / 1000) - length
    for missing, aim in ((places, "molecules that change places"), (found.missing_length_ps(GOOD_RELATIVE_ERROR), "D within 5 %")):
        if missing > 0:
            return f"too short: add {missing / 1000:.2g} ns for {aim}"
    return ""
