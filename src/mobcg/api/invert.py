"""From a g(r) to the pair potential whose liquid has it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mobcg.api.distribution import Distribution, as_beads_show, distribution
from mobcg.api.state import check_liquid, check_pressure
from mobcg.choices import EngineName, InversionMethod, PlatformName
from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import check_platform, get_engine
from mobcg.files import write_summary
from mobcg.inversion.invert import InversionResult
from mobcg.inversion.invert import invert as find_potential
from mobcg.inversion.results import described_inversion, write_inversion
from mobcg.inversion.target import InversionTarget
from mobcg.observables.rdf import RadialDistribution, check_rdf
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential


@dataclass(frozen=True)
class Inverted:
    """The potential that was found, and how.

    result: the inversion; summary: the values of summary.json, units in the keys; seed and settings: what decided them.
    """

    result: InversionResult
    summary: dict[str, Any]
    seed: int
    settings: tuple[Any, ...]

    @property
    def potential(self) -> PairPotential | None:
        """U(r): r_nm and u_kj_per_mol, both (points,); the best one where the inversion did not converge, None where there is none."""
        return self.result.potential

    @property
    def outcome(self) -> Outcome:
        """ok, or how the inversion ended."""
        return self.result.outcome

    @property
    def structure_error(self) -> float | None:
        """S = 1 - R2 of g(r) in the last run."""
        return self.result.structure_error

    @property
    def history(self) -> pd.DataFrame:
        """One row an update and state: structure_error, pressure_bar, ..."""
        return self.result.history

    @property
    def rdf(self) -> RadialDistribution | None:
        """g(r) of the last run: r_nm, g and g_error, each (bins,)."""
        return None if self.result.final is None else self.result.final.rdf

    def write(self, folder: Path | str) -> dict[str, Any]:
        """Write potential.csv, history.csv, rdf.csv, msd.csv and summary.json into the folder; return the summary."""
        write_inversion(Path(folder), self.result)
        write_summary(Path(folder) / "summary.json", self.seed, self.settings, self.summary)
        return self.summary


def invert(
    rdf: Distribution,
    *,
    mass_Da: float,
    density_per_nm3: float,
    temperature_K: float,
    molecules: int | None = None,
    pressure_bar: float | None = None,
    method: InversionMethod = "imc",
    cutoff_nm: float = 1.5,
    structure_error: float = 0.001,
    updates: int = 15,
    beads: int = 500,
    update_ps: float = 60.0,
    final_ps: float = 400.0,
    engine: EngineName = "auto",
    platform: PlatformName = "auto",
    seed: int = 1,
) -> Inverted:
    """Find the pair potential whose liquid has the g(r), and the pressure where one is given (within 50 bar).

    rdf: a file, a measured g(r), or (r_nm, g), both (bins,). molecules: in the box that g comes from, see `predict`.
    method: Newton's (imc), iterative Boltzmann (ibi) or -kT ln g (direct).
    structure_error: S = 1 - R2 of g at which to stop. Runs have `beads` beads, last `update_ps` for a trial and `final_ps` at the end.
    Not converging is an outcome; the best potential is kept. Raises InputError for a g(r) that is no liquid's at that density.

    >>> liquid = "data/references/atomistic/3-methylpentane-reference/rdf.csv"
    >>> state = dict(mass_Da=86.18, density_per_nm3=4.62, temperature_K=298.15)
    >>> found = invert(liquid, **state, method="direct", update_ps=5, final_ps=10)
    >>> found.potential.cutoff_nm > 1.4, found.history["outcome"].tolist()
    (True, ['ok'])
    """
    target = inversion_target(rdf, mass_Da, density_per_nm3, temperature_K, pressure_bar, molecules=molecules, beads=beads)
    return invert_states(
        [target],
        method=method,
        cutoff_nm=cutoff_nm,
        structure_error=structure_error,
        updates=updates,
        beads=beads,
        update_ps=update_ps,
        final_ps=final_ps,
        engine=engine,
        platform=platform,
        seed=seed,
    )


def inversion_target(
    rdf: Distribution,
    mass_Da: float,
    density_per_nm3: float,
    temperature_K: float,
    pressure_bar: float | None = None,
    weight: float = 1.0,
    *,
    molecules: int | None = None,
    beads: int = 500,
) -> InversionTarget:
    """One state that a potential shall serve, checked: molecules of `mass_Da`, `density_per_nm3` of them a nm3. Raises InputError.

    molecules: in the box that g comes from; beads: of the runs that it will be compared with.
    """
    check_liquid(mass_Da, density_per_nm3, temperature_K)
    curve, name = distribution(rdf)
    check_pressure(pressure_bar)
    check_rdf(curve, density_per_nm3, name, mass_Da)
    if np.ptp(curve.g) == 0:
        raise InputError(f"{name}: g is {curve.g[0]:g} at all distances, an ideal gas's: no potential is needed", "the g(r) of a liquid")
    return InversionTarget(as_beads_show(curve, molecules, beads), density_per_nm3, temperature_K, mass_Da, pressure_bar, weight)


def invert_states(
    targets: Sequence[InversionTarget],
    *,
    method: InversionMethod = "imc",
    cutoff_nm: float = 1.5,
    structure_error: float = 0.001,
    updates: int = 15,
    beads: int = 500,
    update_ps: float = 60.0,
    final_ps: float = 400.0,
    engine: EngineName = "auto",
    platform: PlatformName = "auto",
    seed: int = 1,
) -> Inverted:
    """One potential for several states (see `inversion_target`), otherwise as `invert`."""
    check_platform(engine, platform)
    options = InversionOptions(
        method=method,
        cutoff_nm=cutoff_nm,
        structure_error=structure_error,
        maximum_updates=updates,
        equilibration_ps=10.0,
        production_ps=update_ps,
    )
    runs = CoarseGrainedOptions(
        engine=engine,
        platform=platform,
        beads=beads,
        equilibration_ps=20.0,
        production_ps=final_ps,
        sample_interval_ps=min(0.2, final_ps / 100),
    )
    observables = ObservableOptions(fit_window_ps=(min(5.0, 0.1 * final_ps), min(20.0, 0.4 * final_ps)))
    started = time.perf_counter()
    result = find_potential(targets, get_engine(engine), options, runs, observables, seed)
    density, temperature, mass = ([getattr(each, name) for each in targets] for name in ("density_per_nm3", "temperature_K", "mass_Da"))
    summary = described_inversion(result) | {
        "method": method,
        "density_per_nm3": density[0] if len(targets) == 1 else density,
        "temperature_K": temperature[0] if len(targets) == 1 else temperature,
        "mass_Da": mass[0] if len(targets) == 1 else mass,
        "states": len(targets),
        "wall_s": time.perf_counter() - started,
    }
    asked = [[each.pressure_bar, each.weight, each.rdf.r_nm, each.rdf.g] for each in targets]
    return Inverted(result, summary, seed, (options.physics(), runs.physics(), observables.model_dump(), density, temperature, mass, asked))
