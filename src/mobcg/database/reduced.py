"""The runs in reduced units, in which mass, temperature and density drop out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.database.store import Database
from mobcg.library.synthetic import CORE_KT
from mobcg.units import BOLTZMANN

Array = npt.NDArray[np.float64]


def reduced(database: Database) -> pd.DataFrame:
    """One row an ok run: x_core, depth_kT, diffusion, friction, each a number without a unit.

    With the number density rho and x = r rho^(1/3): x_core is where U/kT last falls through `CORE_KT`, depth_kT is -min U/kT,
    diffusion is D* = D rho^(1/3) sqrt(m/kT), friction is gamma* = gamma sqrt(m/kT) rho^(-1/3). See `mobcg.units.ReducedUnits`.
    """
    frame = database.frame[database.ok]
    kT = (BOLTZMANN * frame["temperature_K"]).to_numpy()
    length = (frame["density_per_nm3"] ** (-1 / 3)).to_numpy()
    with np.errstate(invalid="ignore"):
        time = length * np.sqrt(frame["mass_Da"].to_numpy() / kT)
    energies = database.curves("u_kj_per_mol", database.ok) / kT[:, None]
    return pd.DataFrame(
        {
            "run_id": frame["run_id"].to_numpy(),
            "x_core": np.array([_core(database.r_nm, u) for u in energies], dtype=float) / length,
            "depth_kT": np.maximum(-energies.min(axis=1, initial=0), 0),
            "diffusion": frame["diffusion_nm2_per_ns"].to_numpy() * time / (1000 * length**2),
            "friction": frame["friction_per_ps"].to_numpy() * time,
        }
    )


def _core(r_nm: Array, u_kT: Array) -> float:
    """Where u last falls through `CORE_KT`, not a number where it does not."""
    high = np.flatnonzero(u_kT[:-1] >= CORE_KT)
    if not len(high):
        return float("nan")
    last = int(high[-1])
    return float(np.interp(CORE_KT, u_kT[[last + 1, last]], r_nm[[last + 1, last]]))
