"""The tabulated pair potential that acts between beads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.interpolate import CubicSpline

from mobcg.files import write_csv
from mobcg.outcomes import CHECK_PATH, InputError, reason_of
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

ACCESSIBLE_KT = 6.0
"""Height above the minimum, in kT, up to which beads are taken to climb each other's core."""

LEAST_CORE_KT = 3.0
"""Height above the minimum, in kT, that the table's first point must reach: below it beads would walk through each other."""

CONVERT = "a csv with r_nm,u_kj_per_mol; tables of other programs become one by mobcg export --from ... --format csv"
"""What to do about a file that is no potential."""


@dataclass(frozen=True, eq=False)
class PairPotential:
    """U(r) on an even grid r_nm that ends at the cutoff, both of shape (points,), U in kJ/mol.

    Between points a natural cubic spline; below the first point a straight line of the first point's slope; zero from the cutoff on,
    so a table that is not shifted to zero there jumps.
    Raises InputError for a grid that is not even, not-a-number values, or fewer than 10 points.
    """

    r_nm: Array
    u_kj_per_mol: Array

    def __post_init__(self) -> None:
        r, u = self.r_nm, self.u_kj_per_mol
        if r.ndim != 1 or r.shape != u.shape or len(r) < 10:
            raise InputError(f"a potential needs at least 10 pairs of r and U, found shapes {r.shape} and {u.shape}")
        if not np.all(np.isfinite(r)) or not np.all(np.isfinite(u)):
            row = int(np.argmin(np.isfinite(r) & np.isfinite(u))) + 1
            raise InputError(f"row {row} of the potential: expected finite numbers, found r = {r[row - 1]}, U = {u[row - 1]}")
        steps = np.diff(r)
        if r[0] < 0 or np.any(steps <= 0) or not np.allclose(steps, steps.mean(), rtol=1e-2):
            row = int(np.argmax(np.abs(steps - np.median(steps)))) + 2
            raise InputError(
                f"row {row} of the potential: r must start at 0 or above and increase in even steps, found {r[row - 2]} then {r[row - 1]}"
            )

    @property
    def cutoff_nm(self) -> float:
        """Distance in nm from which U is zero."""
        return float(self.r_nm[-1])

    @property
    def spacing_nm(self) -> float:
        """Distance between points of the grid in nm."""
        return float(self.r_nm[1] - self.r_nm[0])

    @cached_property
    def _spline(self) -> CubicSpline:
        return CubicSpline(self.r_nm, self.u_kj_per_mol, bc_type="natural")

    def energy(self, r_nm: npt.ArrayLike) -> Array:
        """U in kJ/mol at any distances."""
        r = np.asarray(r_nm, dtype=float)
        first = self.r_nm[0]
        u = self._spline(np.maximum(r, first)) + self._spline(first, 1) * np.minimum(r - first, 0)
        return np.asarray(np.where(r < self.cutoff_nm, u, 0.0))

    def force(self, r_nm: npt.ArrayLike) -> Array:
        """-dU/dr in kJ/mol/nm at any distances."""
        r = np.asarray(r_nm, dtype=float)
        return np.asarray(np.where(r < self.cutoff_nm, -self._spline(np.maximum(r, self.r_nm[0]), 1), 0.0))

    def stiffness(self, temperature_K: float) -> float:
        """Largest curvature U'' in kJ/mol/nm2 where U lies less than `ACCESSIBLE_KT` kT above its minimum."""
        r = np.linspace(self.r_nm[0], self.cutoff_nm, 4 * len(self.r_nm))
        accessible = self.energy(r) < self.u_kj_per_mol.min() + ACCESSIBLE_KT * thermal_energy(temperature_K)
        return float(np.max(np.abs(self._spline(r[accessible], 2))))

    def timestep_fs(self, mass_Da: float, temperature_K: float, steps_per_period: float, maximum_fs: float) -> float:
        """Time step in fs: the period of two beads on the steepest accessible part of U, 2 pi sqrt(m / 2U''), over `steps_per_period`."""
        stiffness = self.stiffness(temperature_K)
        if stiffness == 0:
            return maximum_fs
        period_ps = 2 * math.pi * math.sqrt(mass_Da / (2 * stiffness))
        return min(maximum_fs, 1000 * period_ps / steps_per_period)

    def check_core(self, temperature_K: float) -> None:
        """Raise InputError unless the core repels: at the first point U lies `LEAST_CORE_KT` kT above its minimum and falls."""
        height = (self.u_kj_per_mol[0] - self.u_kj_per_mol.min()) / thermal_energy(temperature_K)
        if height < LEAST_CORE_KT or self.force(self.r_nm[0]) <= 0:
            raise InputError(
                f"the core does not repel: U({self.r_nm[0]:.3f} nm) lies {height:.1f} kT above the minimum with force "
                f"{float(self.force(self.r_nm[0])):.3g} kJ/mol/nm; at least {LEAST_CORE_KT:g} kT and a positive force are needed"
            )

    def on_grid(self, r_nm: Array) -> PairPotential:
        """The same potential on another even grid."""
        return PairPotential(r_nm, self.energy(r_nm))

    def shifted(self) -> PairPotential:
        """The same forces with U = 0 at the cutoff."""
        return PairPotential(self.r_nm, self.u_kj_per_mol - self.u_kj_per_mol[-1])

    def write_csv(self, path: Path | str) -> None:
        """Write r_nm, u_kj_per_mol, f_kj_per_mol_nm."""
        force = -self._spline(self.r_nm, 1)
        write_csv(path, {"r_nm": self.r_nm, "u_kj_per_mol": self.u_kj_per_mol, "f_kj_per_mol_nm": force})


def write_potential(path: Path | str, potential: PairPotential | None) -> None:
    """Write r_nm, u_kj_per_mol, f_kj_per_mol_nm; the header alone for no potential."""
    if potential is None:
        write_csv(path, pd.DataFrame(columns=["r_nm", "u_kj_per_mol", "f_kj_per_mol_nm"]))
    else:
        potential.write_csv(path)


def read_potential(path: Path | str) -> PairPotential:
    """Read r_nm and u_kj_per_mol from a csv file; lines that begin with # are comments. Raises InputError naming the file."""
    try:
        frame = pd.read_csv(path, comment="#")
        columns = [frame[name].to_numpy(dtype=float) for name in ("r_nm", "u_kj_per_mol")]
    except KeyError as error:
        raise InputError(f"{path}: column {error} is missing; needed: r_nm, u_kj_per_mol", CONVERT) from error
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", CHECK_PATH) from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder", "name the file of the potential in it, such as potential.csv") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a potential ({reason_of(error)})", CONVERT) from error
    if not len(frame):
        raise InputError(f"{path}: holds no potential: what wrote it found none", "see the reason in its summary.json")
    try:
        return PairPotential(*columns)
    except InputError as error:
        raise error.within(str(path)) from error
