"""Repeating rows of a database, to see that its values can be had again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import Config
from mobcg.database.merging import digests
from mobcg.database.store import Database, stored
from mobcg.library.parent import Parent, read_parent
from mobcg.library.run import PLANNED, config_hash, execute, grid
from mobcg.library.synthetic import KIND, synthetic_parents
from mobcg.outcomes import InputError, Outcome
from mobcg.seeds import generator

LARGEST_PULL = 4.0
"""Pull of D above which a repeated run disagrees: with normal errors one good repetition in 16,000 is above."""

SAME_POTENTIAL = 1e-4
"""Change of U, relative to |U| + 1 kJ/mol, up to which a potential counts as the stored one."""


@dataclass(frozen=True)
class Repetition:
    """A stored row and what its run gave again.

    identical: all stored values agree bit for bit; same_potential: the run's potential and density are the stored ones.
    diffusion_pull: (D' - D) / sqrt(error'^2 + error^2); g_pull: root mean square over r of the same for g. None where there is no value.
    """

    run_id: str
    parent: str
    stored_outcome: str
    outcome: str
    identical: bool
    same_potential: bool
    diffusion_pull: float | None = None
    g_pull: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether outcome and potential are the same and D agrees within `LARGEST_PULL` combined errors."""
        pull = 0.0 if self.diffusion_pull is None else abs(self.diffusion_pull)
        return self.outcome == self.stored_outcome and self.same_potential and pull <= LARGEST_PULL


def choose(database: Database, config: Config, parents: bool, runs: int, seed: int) -> list[str]:
    """Names of `runs` random rows of that config, in the table's order; without `parents` of synthetic ones alone.

    Raises InputError where there is none.
    """
    frame = database.frame[_of_config(database.frame, config)]
    if not len(frame):
        raise InputError(f"rerun: no row of the database comes from this config; rows name {_hashes(database.frame)}")
    frame = frame if parents else frame[frame["liquid"] == KIND]
    if not len(frame):
        raise InputError("rerun: the rows of this config derive from drawn parents: --parents names the folder of their inversions")
    chosen = generator(seed, "rerun").choice(len(frame), size=min(runs, len(frame)), replace=False)
    return [str(name) for name in frame["run_id"].iloc[np.sort(chosen)]]


def rerun(database: Database, config: Config, run_ids: Sequence[str], parents: Path | None = None) -> list[Repetition]:
    """Repeat the runs of those names with the options of `config` and compare with the stored rows.

    `parents` holds a folder for each drawn parent, as the inversion leaves it (summary.json, potential.csv). Raises InputError for a
    row that is not there or comes from another config, and for a parent that is missing.
    """
    unknown = sorted(set(run_ids) - set(database.frame["run_id"]))
    if unknown:
        raise InputError(f"rerun: the database has no run_id {unknown[0]!r}; its first is {database.frame['run_id'].iloc[0]!r}")
    rows = database.frame.set_index("run_id", drop=False).loc[list(run_ids)].reset_index(drop=True)
    foreign = rows[~_of_config(rows, config)]
    if len(foreign):
        raise InputError(f"rerun: {foreign['run_id'].iloc[0]} comes from another config, {_hashes(foreign)}: name that campaign's")
    r_nm = grid(config.library, config.observables)
    if len(r_nm) != len(database.r_nm) or not np.allclose(r_nm, database.r_nm):
        raise InputError(f"rerun: the config's grid has {len(r_nm)} points to {r_nm[-1]:g} nm, the database's {len(database.r_nm)}")
    options = config.coarse_grained.model_copy(update={"threads": config.pool.threads_per_worker})
    plan = [{name: row[name] for name in PLANNED} for row in rows.to_dict("records")]
    records = execute(plan, _parents(rows, config, parents), config.library, options, config.observables)
    again = stored(records)
    equal = [one == two for one, two in zip(digests(rows), digests(again), strict=True)]
    return [_compared(old, new, same) for old, new, same in zip(rows.to_dict("records"), again.to_dict("records"), equal, strict=True)]


def _of_config(frame: pd.DataFrame, config: Config) -> npt.NDArray[np.bool_]:
    drawn, synthetic = (config_hash(config.library, config.coarse_grained, config.observables, kind) for kind in (False, True))
    expected = np.where(frame["liquid"] == KIND, synthetic, drawn)
    return np.asarray(frame["config_hash"] == expected, dtype=bool)


def _hashes(frame: pd.DataFrame) -> str:
    return "config_hash " + ", ".join(sorted({str(value) for value in frame["config_hash"]}))


def _parents(rows: pd.DataFrame, config: Config, folder: Path | None) -> dict[str, Parent]:
    found = synthetic_parents(rows["parent"], config.library.synthetic, config.seed)
    for name in sorted(set(rows["parent"]) - set(found)):
        if folder is None:
            raise InputError(f"rerun: {name} is a drawn parent: --parents names the folder of the inversions")
        if not (folder / name / "summary.json").exists():
            raise InputError(f"{folder / name}: no summary.json of parent {name}; the inversion leaves it there")
        found[name] = read_parent(folder / name)
    return found


def _compared(old: dict[Any, Any], new: dict[Any, Any], identical: bool) -> Repetition:
    names = str(old["run_id"]), str(old["parent"]), str(old["outcome"]), str(new["outcome"])
    same = _same_potential(old, new)
    if names[2] != Outcome.OK or names[3] != Outcome.OK:
        return Repetition(*names, identical, same)
    difference = new["diffusion_nm2_per_ns"] - old["diffusion_nm2_per_ns"]
    error = np.hypot(new["diffusion_error_nm2_per_ns"], old["diffusion_error_nm2_per_ns"])
    change, spread = new["g"] - old["g"], np.hypot(new["g_error"], old["g_error"])
    known = spread > 0
    return Repetition(*names, identical, same, float(difference / error), float(np.sqrt(np.mean((change[known] / spread[known]) ** 2))))


def _same_potential(old: dict[Any, Any], new: dict[Any, Any]) -> bool:
    """Whether both rows have one potential and density; true where a row has no potential."""
    if old["u_kj_per_mol"] is None or new["u_kj_per_mol"] is None:
        return True
    u, v = (np.asarray(row["u_kj_per_mol"], dtype=float) for row in (old, new))
    close = np.abs(v - u) <= SAME_POTENTIAL * (1 + np.abs(u))
    return bool(close.all()) and bool(np.isclose(old["density_per_nm3"], new["density_per_nm3"], rtol=1e-9))
