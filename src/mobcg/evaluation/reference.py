"""The atomistic run that every coarse-grained model is compared with, and the inversion made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import CoarseGrainedOptions
from mobcg.evaluation.fluctuations import compressibility
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution, read_rdf
from mobcg.observables.velocity import VelocityAutocorrelation
from mobcg.outcomes import Outcome
from mobcg.results import read_result
from mobcg.units import mass_density

Array = npt.NDArray[np.float64]

BEADS = CoarseGrainedOptions().beads
"""Beads of coarse-grained runs where nothing else is said."""

AT_CONSTANT_PRESSURE = ("npt", "npt-extension")
"""Stages of an atomistic run whose volume fluctuates."""


@dataclass(frozen=True)
class Reference:
    """A liquid's atomistic observables; pressure_bar: the one at which its density was found; rdf: as a box of the model's beads shows it.

    velocity: its autocorrelation, and compressibility_per_GPa: from its volume's fluctuations; both None where they were not measured.
    """

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
    velocity: VelocityAutocorrelation | None = field(default=None, repr=False)
    compressibility_per_GPa: Estimate | None = None

    @property
    def density_g_per_cm3(self) -> float:
        """Mass density."""
        return mass_density(self.density_per_nm3, self.mass_Da)

    @property
    def target(self) -> InversionTarget:
        """What an inversion is asked for."""
        return InversionTarget(self.rdf, self.density_per_nm3, self.temperature_K, self.mass_Da)


def read_reference(folder: Path, beads: int = BEADS) -> Reference | str:
    """The observables in an atomistic result folder, to be compared with runs of `beads`, or the reason why there are none."""
    summary = read_result(folder, "rdf.csv", "msd.csv", "vacf.csv", "thermodynamics.csv")
    if summary["outcome"] != Outcome.OK:
        return f"the atomistic run {summary['sample']} ended as {summary['outcome']}: {summary['reason']}"
    msd = pd.read_csv(folder / "msd.csv")
    return Reference(
        summary["liquid"],
        read_rdf(folder / "rdf.csv").in_box(summary["molecules"], beads),
        Estimate(summary["diffusion_nm2_per_ns"], summary["diffusion_error_nm2_per_ns"]),
        summary["molar_mass_Da"],
        summary["density_per_nm3"],
        summary["target_temperature_K"],
        summary["box_nm"],
        msd["time_ps"].to_numpy(dtype=float),
        msd["msd_nm2"].to_numpy(dtype=float),
        summary["target_pressure_bar"],
        _velocity(folder / "vacf.csv"),
        _compressibility(folder / "thermodynamics.csv", summary["target_temperature_K"], summary["molecules"] * summary["molar_mass_Da"]),
    )


def _velocity(path: Path) -> VelocityAutocorrelation | None:
    """The velocity autocorrelation; None without the file, which older folders lack, or without rows."""
    table = pd.read_csv(path, dtype=float) if path.exists() else pd.DataFrame()
    if len(table) < 2:
        return None
    return VelocityAutocorrelation(*(table[name].to_numpy() for name in ("time_ps", "vacf_nm2_per_ps2", "vacf_err_nm2_per_ps2")))


def _compressibility(path: Path, temperature_K: float, mass_Da: float) -> Estimate | None:
    """From the density of the stages at constant pressure; None without them."""
    if not path.exists():
        return None
    table = pd.read_csv(path)
    density = table.loc[table["stage"].isin(AT_CONSTANT_PRESSURE), "density_g_per_cm3"].dropna().to_numpy(dtype=float)
    volume_nm3 = mass_Da / (density / mass_density(1.0, 1.0))
    return compressibility(volume_nm3, temperature_K)
