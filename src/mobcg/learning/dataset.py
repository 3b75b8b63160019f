"""Training rows: the database's ok rows as arrays, split by parent potential."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.database.store import Database
from mobcg.outcomes import InputError
from mobcg.seeds import generator
from mobcg.units import ReducedUnits

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Runs as arrays over rows; g and u also over the grid r_nm. g is NaN beyond half a run's box, u zero beyond its cutoff."""

    r_nm: Array
    g: Array
    u_kj_per_mol: Array
    mass_Da: Array
    temperature_K: Array
    density_per_nm3: Array
    friction_per_ps: Array
    diffusion_nm2_per_ns: Array
    diffusion_error_nm2_per_ns: Array
    pressure_bar: Array
    cutoff_nm: Array
    parent: npt.NDArray[Any]
    run_id: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.parent)

    def take(self, mask: Mask) -> Rows:
        """The rows chosen by a mask."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return Rows(**{name: value if name == "r_nm" else value[mask] for name, value in values.items()})

    def units(self, row: int) -> ReducedUnits:
        """Reduced units of one row."""
        return ReducedUnits(float(self.mass_Da[row]), float(self.temperature_K[row]), float(self.density_per_nm3[row]))

    @property
    def reduced_diffusion(self) -> Array:
        """D* of each row."""
        return np.array([self.diffusion_nm2_per_ns[row] / self.units(row).diffusion_nm2_per_ns for row in range(len(self))])

    @property
    def reduced_friction(self) -> Array:
        """gamma* of each row."""
        return np.array([self.friction_per_ps[row] / self.units(row).friction_per_ps for row in range(len(self))])

    @property
    def reduced_pressure(self) -> Array:
        """P* = P/(rho kT) of each row; zero for all where any row's pressure is unknown."""
        found = np.array([self.pressure_bar[row] / self.units(row).pressure_bar for row in range(len(self))])
        return found if np.isfinite(found).all() else np.zeros(len(self))

    def known_to_nm(self, row: int) -> float:
        """The last distance at which a row's g is known."""
        return float(self.r_nm[np.flatnonzero(np.isfinite(self.g[row]))[-1]])

    def reaching(self, end: float, reduced: bool) -> Mask:
        """Which rows know g up to `end`, in nm or, reduced, in units of rho^(-1/3)."""
        wanted = [end * (self.units(row).length_nm if reduced else 1.0) for row in range(len(self))]
        step = float(self.r_nm[1] - self.r_nm[0])
        return np.array([self.known_to_nm(row) + step >= distance for row, distance in enumerate(wanted)], dtype=bool)


def rows_of(database: Database) -> Rows:
    """The ok rows of a database, in the order of their run_id (so the order of a file does not change a training)."""
    good = Database(database.frame[database.ok].sort_values("run_id"), database.r_nm, database.provenance)
    if len(good.frame) == 0:
        raise InputError(
            f"the database holds no run with outcome ok among its {len(database.frame)} rows; training needs at least two parents with one"
        )

    def numbers(name: str) -> Array:
        return np.asarray(pd.to_numeric(good.frame[name]), dtype=float)

    return Rows(
        good.r_nm,
        good.curves("g"),
        good.curves("u_kj_per_mol"),
        numbers("mass_Da"),
        numbers("temperature_K"),
        numbers("density_per_nm3"),
        numbers("friction_per_ps"),
        numbers("diffusion_nm2_per_ns"),
        numbers("diffusion_error_nm2_per_ns"),
        numbers("pressure_bar"),
        numbers("cutoff_nm"),
        good.frame["parent"].to_numpy(dtype=str),
        good.frame["run_id"].to_numpy(dtype=str),
    )


def held_out(parents: npt.NDArray[Any], fraction: float, seed: int) -> Mask:
    """Which rows are for testing: all rows of a parent or none, each parent with probability `fraction` by a hash of its name.

    A parent keeps its side when others are added. At least one parent stands on each side. Raises InputError where only one parent exists.
    """
    names = sorted({str(name) for name in parents})
    if len(names) < 2:
        raise InputError(
            f"the database's ok rows come from {len(names)} parent ({', '.join(names)}); at least 2 are needed, for training and test"
        )
    lot = {name: float(generator(seed, "learning", "split", name).random()) for name in names}
    order = sorted(names, key=lambda name: lot[name])
    count = sum(value < fraction for value in lot.values())
    chosen = set(order[: min(max(count, 1), len(names) - 1)])
    return np.array([str(name) in chosen for name in parents])


def folds(parents: npt.NDArray[Any], count: int, seed: int) -> npt.NDArray[np.int64]:
    """A fold number 0..count-1 for each row, whole parents at a time and folds of nearly equal numbers of parents."""
    names = sorted({str(name) for name in parents}, key=lambda name: float(generator(seed, "learning", "fold", name).random()))
    fold = {name: position % count for position, name in enumerate(names)}
    return np.array([fold[str(name)] for name in parents], dtype=np.int64)
