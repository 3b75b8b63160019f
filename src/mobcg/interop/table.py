"""What tables of pair potentials have in common: their rows in a text file, their grids, and how far one potential lies from another."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.outcomes import InputError, reason_of
from mobcg.potential.pair import PairPotential

Array = npt.NDArray[np.float64]
Row = tuple[int, list[str]]
"""Number of a line in its file, and its words."""

log = logging.getLogger(__name__)

LEAST_POINTS = 10

FORCE_DISAGREEMENT = 0.1
"""Part of the largest force by which a file's force may differ from minus the slope of its energy before a warning."""


@dataclass(frozen=True)
class Deviation:
    """Largest differences of energy and force between two potentials."""

    energy_kj_per_mol: float
    force_kj_per_mol_nm: float


def read_text(path: Path | str) -> str:
    """The text of a file. Raises InputError where it is not there or no text."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({reason_of(error)})") from error


def read_rows(path: Path | str, comments: str) -> list[Row]:
    """Lines with their numbers, split into words, without empty lines and those that begin with one of `comments`."""
    lines = enumerate(read_text(path).splitlines(), 1)
    rows = [(number, line.split()) for number, line in lines if line.strip() and line.lstrip()[0] not in comments]
    if not rows:
        raise InputError(f"{path}: the file holds no rows of numbers")
    return rows


def finite(path: Path | str, line: int, column: str, word: str) -> float:
    """The number that `word` spells. Raises InputError naming file, line and column."""
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"{path}: line {line}, column {column}: expected a finite number, found {word!r}")
    return value


def check_even(path: Path | str, lines: list[int], r_nm: Array, remark: str = "") -> None:
    """Raise InputError unless there are `LEAST_POINTS` points and r increases in even steps."""
    if len(r_nm) < LEAST_POINTS:
        raise InputError(f"{path}: {len(r_nm)} usable points{remark}; at least {LEAST_POINTS} are needed")
    steps = np.diff(r_nm)
    uneven = np.abs(steps - np.median(steps)) > 1e-2 * abs(np.median(steps))
    if np.any(steps <= 0) or np.any(uneven):
        row = int(np.argmax((steps <= 0) | uneven)) + 1
        raise InputError(
            f"{path}: line {lines[row]}: r must increase in even steps, found {r_nm[row - 1]:.8g} nm then {r_nm[row]:.8g} nm{remark}"
        )


def potential_of(path: Path | str, lines: list[int], r_nm: Array, u_kj_per_mol: Array, remark: str = "") -> PairPotential:
    """The potential through points of a file. Raises InputError naming file and line."""
    check_even(path, lines, r_nm, remark)
    try:
        return PairPotential(r_nm, u_kj_per_mol)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_force(path: Path | str, potential: PairPotential, force_kj_per_mol_nm: Array) -> None:
    """Warn where a file's force is not minus the slope of its energy; the energy alone is used."""
    inside = slice(2, -2)
    own = potential.force(potential.r_nm)[inside]
    difference = np.abs(force_kj_per_mol_nm[inside] - own)
    # where U is below a few kT beads are found; the core's steepest part would hide everything else
    low = potential.u_kj_per_mol[inside] < potential.u_kj_per_mol.min() + 20.0
    if np.any(low) and difference[low].max() > FORCE_DISAGREEMENT * np.abs(own[low]).max():
        log.warning(
            "%s: its force differs from minus the slope of its energy by up to %.3g kJ/mol/nm; only the energy is used",
            path,
            difference[low].max(),
        )


def aligned_grid(potential: PairPotential, subdivisions: int = 1) -> Array:
    """The potential's own grid, each step cut into `subdivisions`, continued to the first point at or below zero.

    A natural cubic spline through U on it is the potential itself, everywhere: below the potential's first point U is straight.
    """
    step = (potential.cutoff_nm - potential.r_nm[0]) / (len(potential.r_nm) - 1) / subdivisions
    points = int(np.ceil(potential.cutoff_nm / step - 1e-9))
    grid = potential.cutoff_nm - step * np.arange(points, -1, -1)
    grid[0] = 0.0 if abs(grid[0]) < 1e-9 * step else grid[0]
    return np.asarray(grid, dtype=np.float64)


def sampled(potential: PairPotential, r_nm: Array) -> tuple[Array, Array]:
    """U and -U' at `r_nm`; at the cutoff, where U may jump to zero, the values from within."""
    inside = np.where(np.isclose(r_nm, potential.cutoff_nm, rtol=1e-12), potential.cutoff_nm * (1 - 1e-13), r_nm)
    return potential.energy(inside), potential.force(inside)


def deviation(potential: PairPotential, other: PairPotential, points_per_step: int = 10) -> Deviation:
    """Largest differences from the other potential's first point to just inside the cutoff, ten samples a step."""
    start = max(potential.r_nm[0], other.r_nm[0])
    steps = points_per_step * int(np.ceil((potential.cutoff_nm - start) / potential.spacing_nm))
    r = np.linspace(start, min(potential.cutoff_nm, other.cutoff_nm) * (1 - 1e-9), steps + 1)
    return Deviation(
        float(np.max(np.abs(potential.energy(r) - other.energy(r)))), float(np.max(np.abs(potential.force(r) - other.force(r))))
    )
