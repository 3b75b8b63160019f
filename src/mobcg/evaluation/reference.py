"""The atomistic run that every coarse-grained model is compared with, and the inversion made from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.files import read_json
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution, read_rdf
from mobcg.outcomes import Outcome

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """A liquid's atomistic observables; pressure_bar: the one at which its density was found."""

    liquid: str
    rdf: RadialDistribution
    diffusion: Estimate
    mass_Da: float
    density_per_nm3: float
    temperature_K: float
    box_nm: float
    time_ps: Array
    msd_nm2: Array
    pressure_bar: float

    @property
    def target(self) -> InversionTarget:
        """What an inversion is asked for."""
        return InversionTarget(self.rdf, self.density_per_nm3, self.temperature_K, self.mass_Da)


def read_reference(folder: Path) -> Reference | str:
    """The observables in an atomistic result folder, or the reason why there are none."""
    summary: dict[str, Any] = read_json(folder / "summary.json")
    if summary["outcome"] != Outcome.OK:
        return f"the atomistic run {summary['sample']} ended as {summary['outcome']}: {summary['reason']}"
    msd = pd.read_csv(folder / "msd.csv")
    return Reference(
        summary["liquid"],
        read_rdf(folder / "rdf.csv"),
        Estimate(summary["diffusion_nm2_per_ns"], summary["diffusion_error_nm2_per_ns"]),
        summary["molar_mass_Da"],
        summary["density_per_nm3"],
        summary["target_temperature_K"],
        summary["box_nm"],
        msd["time_ps"].to_numpy(dtype=float),
        msd["msd_nm2"].to_numpy(dtype=float),
        summary["target_pressure_bar"],
    )
