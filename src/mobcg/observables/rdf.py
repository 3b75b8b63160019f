"""The radial distribution function g(r)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.files import write_csv
from mobcg.observables.distances import pair_distances
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RadialDistribution:
    """g at bin centres r_nm with its standard error, each of shape (bins,)."""

    r_nm: Array
    g: Array
    g_error: Array

    def __post_init__(self) -> None:
        if not self.r_nm.shape == self.g.shape == self.g_error.shape:
            raise ValueError("r, g and its error must have the same length")

    @property
    def bin_width_nm(self) -> float:
        """Distance between bin centres in nm."""
        return float(self.r_nm[1] - self.r_nm[0])

    def on_grid(self, r_nm: Array) -> RadialDistribution:
        """Linear interpolation onto another grid; below the first bin g is 0, beyond the last its last value."""
        return RadialDistribution(
            r_nm,
            np.interp(r_nm, self.r_nm, self.g, left=0.0),
            np.interp(r_nm, self.r_nm, self.g_error, left=0.0),
        )

    def write_csv(self, path: Path | str) -> None:
        """Write r_nm, g, g_err."""
        write_csv(path, {"r_nm": self.r_nm, "g": self.g, "g_err": self.g_error})


def radial_distribution(
    trajectory: Trajectory, bin_width_nm: float = 0.005, r_max_nm: float | None = None, blocks: int = 5
) -> RadialDistribution:
    """g(r) of a one-component liquid up to `r_max_nm` (default: half the box).

    g(r) = 2V / (N (N-1)) <n(r)> / v(r), n(r) the pairs in the shell of volume v(r) around r; the N-1 makes an ideal gas of
    N particles have g = 1 exactly. Errors from block means in time.
    Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 8.2.
    """
    bins = histogram_bins(trajectory.box_nm, bin_width_nm, r_max_nm)
    counts = np.array([_histogram(distances, bin_width_nm, bins) for distances in pair_distances(trajectory, bin_width_nm * bins)])
    if len(counts) < 2:
        raise InputError("g(r) with errors needs at least two frames")
    pieces = np.array_split(counts, max(2, min(blocks, len(counts))))
    summed = np.array([piece.sum(axis=0) for piece in pieces])
    return rdf_of_counts(summed, np.array([len(piece) for piece in pieces]), trajectory.molecules, trajectory.box_nm, bin_width_nm)


def histogram_bins(box_nm: float, bin_width_nm: float, r_max_nm: float | None = None) -> int:
    """Number of bins up to `r_max_nm`, at most half the box."""
    half = box_nm / 2
    return int((half if r_max_nm is None else min(r_max_nm, half)) / bin_width_nm + 1e-9)


def rdf_of_counts(counts: Array, frames: npt.NDArray[np.int_], molecules: int, box_nm: float, bin_width_nm: float) -> RadialDistribution:
    """g(r) with errors from the pairs counted in each bin and block, shape (blocks, bins), and the frames of each block."""
    edges = bin_width_nm * np.arange(counts.shape[1] + 1)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    ideal = molecules * (molecules - 1) / 2 / box_nm**3 * shells
    means = counts / frames[:, None] / ideal
    error = means.std(axis=0, ddof=1) / np.sqrt(len(counts))
    return RadialDistribution((edges[:-1] + edges[1:]) / 2, counts.sum(axis=0) / frames.sum() / ideal, error)


def _histogram(distances: Array, width: float, bins: int) -> Array:
    return np.bincount((distances / width).astype(np.intp), minlength=bins)[:bins].astype(np.float64)


def read_rdf(path: Path | str) -> RadialDistribution:
    """Read r_nm, g (and g_err where given) from a csv file; lines that begin with # are comments.

    Raises InputError naming the file and what is wrong: a missing column, not-a-number, r not evenly increasing, negative g.
    """
    try:
        frame = pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as csv ({error})") from error
    missing = {"r_nm", "g"} - set(frame.columns)
    if missing:
        raise InputError(
            f"{path}: column {sorted(missing)[0]!r} is missing; found {list(frame.columns)}, allowed: r_nm, g and optionally g_err"
        )
    columns = [name for name in ("r_nm", "g", "g_err") if name in frame.columns]
    values = {}
    for name in columns:
        numbers = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            raise InputError(f"{path}: data row {bad[0] + 1}, column {name}: expected a finite number, found {frame[name].iloc[bad[0]]!r}")
        values[name] = numbers
    if len(frame) < 10:
        raise InputError(f"{path}: {len(frame)} rows; a g(r) needs at least 10")
    steps = np.diff(values["r_nm"])
    if np.any(steps <= 0) or not np.allclose(steps, steps.mean(), rtol=1e-2):
        row = int(np.argmax(np.abs(steps - np.median(steps)))) + 2
        raise InputError(
            f"{path}: data row {row}: r_nm must increase in even steps, found {values['r_nm'][row - 2]} then {values['r_nm'][row - 1]}"
        )
    if np.any(values["g"] < 0):
        row = int(np.argmax(values["g"] < 0)) + 1
        raise InputError(f"{path}: data row {row}: g must not be negative, found {values['g'][row - 1]}")
    return RadialDistribution(values["r_nm"], values["g"], values.get("g_err", np.zeros(len(frame))))


def structure_error(g: Array, target: Array) -> float:
    """S = 1 - R2 of g against the target on the same bins: sum (g-g*)2 / sum (g*-mean g*)2. Zero when they agree."""
    return float(np.sum((g - target) ** 2) / np.sum((target - target.mean()) ** 2))
