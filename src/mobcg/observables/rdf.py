"""The radial distribution function g(r)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.files import write_csv
from mobcg.observables.distances import pair_distances
from mobcg.observables.rdf_files import read_columns
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from mobcg.units import number_density

Array = npt.NDArray[np.float64]

PEAK = (0.65, 1.6)
"""Range of a liquid's highest peak in g(r), in units of the mean spacing rho^(-1/3)."""

REACH = 1.9
"""Mean spacings that a g(r) must go on to: half the box of 64 molecules is 2."""

TAIL = 0.2
"""Deviation from 1 at which the end of g(r), averaged over its last third (of a crystal too it is near 1), is no liquid's."""

LEAST_PEAK = 1.2
"""Height of the highest peak below which it tells no spacing: a gas."""

COARSEST = 0.1
"""Bin width in mean spacings from which bins are wider than what a peak's height tells of the potential."""

BONDED = 0.5
"""Mean spacings within which no two molecules' centres are: pairs there are atoms of one molecule."""


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

    def in_box(self, molecules: int, other: int) -> RadialDistribution:
        """The g(r) of a box of `molecules` as a box of `other` molecules would show it: g (1 - 1/molecules) / (1 - 1/other).

        In a closed box the N-1 others are all outside the hole that a molecule digs: g, normalised by N (N-1), is higher than in an
        infinite liquid, by (1 - S(0))/N where it has come to rest. S(0) = rho kT kappa, a few hundredths in a liquid, is left out, and so
        is the change of g with the density, whose local fluctuations a small box cuts: exact for a lattice, about right for a liquid.
        Source: Lebowitz and Percus, Phys. Rev. 122, 1675 (1961).
        """
        factor = (1 - 1 / molecules) / (1 - 1 / other)
        return RadialDistribution(self.r_nm, factor * self.g, factor * self.g_error)

    def write_csv(self, path: Path | str) -> None:
        """Write r_nm, g, g_err."""
        write_csv(path, {"r_nm": self.r_nm, "g": self.g, "g_err": self.g_error})


def radial_distribution(
    trajectory: Trajectory, bin_width_nm: float = 0.005, r_max_nm: float | None = None, blocks: int = 5
) -> RadialDistribution:
    """g(r) of a one-component liquid up to `r_max_nm` (default: half the box; of any cell half its smallest height over all frames).

    g(r) = 2 / (N (N-1)) <V n(r)> / v(r), n(r) the pairs in the shell of volume v(r) around r and V the frame's volume, so that a
    fluctuating cell is normalised frame by frame; the N-1 makes an ideal gas of N particles have g = 1 exactly. Errors from block means in
    time. Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 8.2.
    """
    bins = histogram_bins(2 * trajectory.reach_nm, bin_width_nm, r_max_nm)
    if bins < 1:
        raise InputError(f"a bin width of {bin_width_nm:g} nm leaves no bin below {trajectory.reach_nm:.4g} nm, half the box")
    counts = pair_counts(trajectory, bin_width_nm, bins)
    if len(counts) < 2:
        raise InputError("g(r) with errors needs at least two frames")
    if trajectory.cells_nm is not None:
        counts = counts * (trajectory.volumes_nm3 / trajectory.box_nm**3)[:, None]
    pieces = np.array_split(counts, max(2, min(blocks, len(counts))))
    summed = np.array([piece.sum(axis=0) for piece in pieces])
    return rdf_of_counts(summed, np.array([len(piece) for piece in pieces]), trajectory.molecules, trajectory.box_nm, bin_width_nm)


def pair_counts(trajectory: Trajectory, bin_width_nm: float, bins: int) -> Array:
    """Pairs of molecules by distance in each frame, shape (frames, bins)."""
    return np.array([_histogram(distances, bin_width_nm, bins) for distances in pair_distances(trajectory, bin_width_nm * bins)])


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
    """Read r_nm, g (and g_err where given) from a csv file, a VOTCA table (r, g, flag) or the xvg of gmx rdf; lines with # are comments.

    Raises InputError naming the file and what is wrong: a missing column, not-a-number, r not evenly increasing, negative g.
    """
    return checked_rdf(read_columns(path), str(path))


def checked_rdf(frame: pd.DataFrame, name: str) -> RadialDistribution:
    """The g(r) in the columns r_nm, g (and g_err) of a table, `name` in messages.

    Raises InputError for what is not a finite number, r not evenly increasing, negative g, fewer than 10 rows.
    """
    values = {}
    for column in frame.columns:
        numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            found = frame[column].iloc[bad[0]]
            shown = "nothing" if pd.isna(found) else repr(str(found))
            last = bad[0] >= len(frame) - 2
            raise InputError(
                f"{name}: data row {bad[0] + 1}, column {column}: expected a finite number, found {shown}",
                f"{'remove that row' if last else 'fill that row'}, or measure g(r) anew; decimal points, no decimal commas",
            )
        values[str(column)] = numbers
    if len(frame) < 10:
        raise InputError(f"{name}: {len(frame)} rows; a g(r) needs at least 10", "a g(r) in bins of 0.002 to 0.02 nm")
    if not _is_even(values["r_nm"]):
        steps = np.diff(values["r_nm"])
        row = int(np.argmax(np.abs(steps - np.median(steps)))) + 2
        found = f"found {values['r_nm'][row - 2]} then {values['r_nm'][row - 1]}"
        swapped = "; the column g does: are the columns swapped?" if _is_even(values["g"]) else ""
        advice = "name the columns the other way round" if swapped else "one row a bin, sorted by r, none twice and none left out"
        raise InputError(f"{name}: data row {row}: r_nm must increase in even steps, {found}{swapped}", advice)
    for column in values:
        if np.any(values[column] < 0):
            row = int(np.argmax(values[column] < 0)) + 1
            raise InputError(
                f"{name}: data row {row}: {column} must not be negative, found {values[column][row - 1]}",
                "g(r) itself: not g(r) - 1, not a potential" if column == "g" else "r_nm from 0 on; standard errors are positive",
            )
    return RadialDistribution(values["r_nm"], values["g"], values.get("g_err", np.zeros(len(frame))))


def _is_even(r: Array) -> bool:
    steps = np.diff(r)
    return bool(np.all(steps > 0) and np.allclose(steps, steps.mean(), rtol=1e-2))


def check_rdf(rdf: RadialDistribution, density_per_nm3: float, name: str, mass_Da: float | None = None, reach: float = REACH) -> None:
    """Raise InputError unless `rdf` can be the g(r) of a liquid of that density; `name` stands in the message.

    The mean spacing rho^(-1/3) tells the length unit: the highest peak of a liquid lies within PEAK of it (hard spheres, water, alkanes:
    0.9 to 1.15), the curve must go on to at least `reach` of it, and must end near 1. With the mass a density in g/cm3 is told too.
    """
    spacing = density_per_nm3 ** (-1 / 3)
    if not np.any(rdf.g > 0):
        raise InputError(f"{name}: g is 0 everywhere: no pair was counted", "another selection of atoms, a longer run")
    if _is_even(rdf.g):
        raise InputError(
            f"{name}: the column g increases in even steps like a distance: are the columns swapped?",
            "name the columns the other way round",
        )
    if bonded := _bonded_nm(rdf, spacing):
        raise InputError(
            f"{name}: g has pairs at {bonded:.3g} nm, far below the molecules' spacing of {spacing:.3g} nm, and none just beyond: "
            "they are bonded atoms of one molecule",
            "g(r) of the molecules' centres of mass: mobcg observe, or gmx rdf -selrpos mol_com -seltype mol_com",
        )
    peak = float(rdf.r_nm[np.argmax(rdf.g)])
    tail = float(np.mean(rdf.g[-max(3, len(rdf.g) // 3) :]))
    normalised = abs(tail - 1) <= TAIL
    if normalised and rdf.g.max() > LEAST_PEAK and not PEAK[0] <= peak / spacing <= PEAK[1]:
        raise InputError(
            f"{name}: the highest peak of g lies at {peak:.4g} nm, but at {density_per_nm3:.4g} molecules a nm3 "
            f"the spacing is {spacing:.3g} nm",
            _unit_advice(peak, spacing, density_per_nm3, mass_Da),
        )
    if rdf.bin_width_nm > COARSEST * spacing:
        raise InputError(
            f"{name}: bins of {rdf.bin_width_nm:.3g} nm are too wide for molecules {spacing:.3g} nm apart: they flatten the peaks of g",
            "a g(r) in bins of 0.002 to 0.02 nm: mobcg observe, or gmx rdf -bin 0.005",
        )
    if rdf.r_nm[-1] < reach * spacing:
        raise InputError(
            f"{name}: g ends at {rdf.r_nm[-1]:.3g} nm; it must reach {reach:g} spacings, {reach * spacing:.3g} nm",
            f"a larger box or cutoff; or another density, if {density_per_nm3:g} molecules a nm3 is not this liquid's",
        )
    if not normalised:
        raise InputError(
            f"{name}: g ends at {tail:.3g} on average, not at 1: counts or a coordination number instead of g(r), a wrong column, "
            "another normalisation, or a liquid with a hole",
            "g(r) of the whole liquid, divided by its mean density, so that it ends at 1",
        )


def _unit_advice(peak_nm: float, spacing_nm: float, density_per_nm3: float, mass_Da: float | None) -> str:
    """What to do about a peak that is not where the spacing of molecules is."""
    factors = {0.1: "r is in Angstrom", 10.0: "r was divided by ten twice", 1e-3: "r is in pm", 1e9: "r is in m"}
    for factor, why in factors.items():
        if PEAK[0] <= peak_nm * factor / spacing_nm <= PEAK[1]:
            return f"multiply r by {factor:g} ({why})"
    if mass_Da is not None:
        meant = number_density(density_per_nm3, mass_Da)
        if PEAK[0] <= peak_nm * meant ** (1 / 3) <= PEAK[1]:
            return f"{meant:.4g} molecules a nm3, if {density_per_nm3:g} is in g/cm3; or r is not in nm, or it is another liquid's"
    return "r is not in nm, or the density is another liquid's: molecules a nm3 are g/cm3 times 602.2 over the molar mass"


def _bonded_nm(rdf: RadialDistribution, spacing_nm: float) -> float | None:
    """Where g has a peak of its own within `BONDED` of a spacing, with a gap behind it; None where it has none, as molecules' centres."""
    near = np.flatnonzero((rdf.r_nm < BONDED * spacing_nm) & (rdf.g > 0.5))
    if not len(near):
        return None
    behind = rdf.g[near[0] : np.searchsorted(rdf.r_nm, spacing_nm)]
    return float(rdf.r_nm[near[0]]) if len(behind) and behind.min() < 0.1 else None


def structure_error(g: Array, target: Array) -> float:
    """S = 1 - R2 of g against the target on the same bins: sum (g-g*)2 / sum (g*-mean g*)2. Zero when they agree."""
    return float(np.sum((g - target) ** 2) / np.sum((target - target.mean()) ** 2))
