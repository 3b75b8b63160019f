"""A liquid of beads with a given potential."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mobcg.api.distribution import Distribution, as_beads_show, distribution
from mobcg.api.state import check_friction, check_positive, check_state
from mobcg.choices import EngineName, PlatformName, Thermostat
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import check_platform, get_engine
from mobcg.engines.results import described, write_curves
from mobcg.engines.specification import RunResult, RunSpecification, enough_beads
from mobcg.engines.until import run_until
from mobcg.files import write_summary
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution, check_rdf
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential, read_potential
from mobcg.units import thermal_energy

log = logging.getLogger(__name__)

JUMP_KT = 0.1
"""U at the end of a table, in kT, from which its jump to zero is told."""


@dataclass(frozen=True)
class Simulated:
    """What the run gave.

    result: the run; summary: the values of summary.json, units in the keys; seed and settings: what decided them.
    """

    result: RunResult
    summary: dict[str, Any]
    seed: int
    settings: tuple[Any, ...]

    @property
    def rdf(self) -> RadialDistribution | None:
        """g(r): r_nm, g and g_error, each (bins,); None where the liquid was none."""
        return self.result.rdf

    @property
    def diffusion_nm2_per_ns(self) -> Estimate | None:
        """D with its standard error in nm2/ns."""
        return None if self.result.diffusion is None else self.result.diffusion.diffusion

    @property
    def pressure_bar(self) -> Estimate | None:
        """Pressure with its standard error in bar."""
        return self.result.pressure_bar

    @property
    def structure_error(self) -> float | None:
        """S = 1 - R2 against the g(r) to compare with."""
        found: float | None = self.summary["structure_error"]
        return found

    @property
    def outcome(self) -> Outcome:
        """ok, or how the run ended."""
        return self.result.outcome

    def write(self, folder: Path | str) -> dict[str, Any]:
        """Write rdf.csv, msd.csv and summary.json into the folder; return the summary."""
        write_curves(Path(folder), self.result)
        write_summary(Path(folder) / "summary.json", self.seed, self.settings, self.summary)
        return self.summary


def simulate(
    potential: PairPotential | Path | str,
    *,
    mass_Da: float,
    density_per_nm3: float,
    temperature_K: float,
    friction_per_ps: float = 0.0,
    thermostat: Thermostat | None = None,
    beads: int = 500,
    time_ns: float = 1.0,
    diffusion_error: float | None = None,
    maximum_time_ns: float | None = None,
    fit_window_ps: tuple[float, float] | None = None,
    viscosity: bool = True,
    rdf: Distribution | None = None,
    molecules: int | None = None,
    engine: EngineName = "auto",
    platform: PlatformName = "auto",
    seed: int = 1,
) -> Simulated:
    """Run a liquid of beads: g(r), D, pressure, viscosity.

    potential: U(r), or a csv of r_nm,u_kj_per_mol. thermostat: langevin where there is friction, else global. With diffusion_error the
    run goes on until D is known so well (0.02: 2 %), up to maximum_time_ns (20 times time_ns). rdf: a g(r) to compare with, of a box of
    `molecules`, see `predict`. How the run ended is an outcome; bad input raises InputError.

    >>> import numpy as np
    >>> r = np.linspace(0.3, 1.2, 91)
    >>> soft = PairPotential(r, 60 * np.exp(-(r - 0.3) / 0.05) - 60 * np.exp(-18))
    >>> run = simulate(soft, mass_Da=86.0, density_per_nm3=4.6, temperature_K=298.15, beads=100, time_ns=0.02, viscosity=False)
    >>> str(run.outcome), run.diffusion_nm2_per_ns.value > 1
    ('ok', True)
    """
    check_state(mass_Da, density_per_nm3, temperature_K)
    check_friction(friction_per_ps)
    check_positive("time_ns", time_ns)
    check_platform(engine, platform)
    kind: Thermostat = thermostat or ("langevin" if friction_per_ps > 0 else "global")
    if friction_per_ps > 0 and kind not in ("langevin", "dpd"):
        raise InputError(f"friction {friction_per_ps:g}/ps needs --thermostat langevin or dpd, found {kind}", "leave the thermostat away")
    table = potential if isinstance(potential, PairPotential) else read_potential(potential)
    end_kT = float(table.u_kj_per_mol[-1]) / thermal_energy(temperature_K)
    if abs(end_kT) > JUMP_KT:
        log.warning("the potential ends at %.3g nm with U = %.2f kT, not 0, and jumps there: is its file whole?", table.cutoff_nm, end_kT)
    target = None
    if rdf is not None:
        target, name = distribution(rdf)
        check_rdf(target, density_per_nm3, name, mass_Da)
        target = as_beads_show(target, molecules, beads)
    length = 1000 * time_ns
    options = CoarseGrainedOptions(
        engine=engine,
        platform=platform,
        beads=beads,
        equilibration_ps=50.0,
        production_ps=length,
        sample_interval_ps=min(0.2, length / 100),
        target_relative_error=diffusion_error,
        maximum_production_ps=None if diffusion_error is None else 1000 * (maximum_time_ns or 20 * time_ns),
    )
    bins = {} if target is None else {"bin_width_nm": target.bin_width_nm}
    observables = ObservableOptions(fit_window_ps=fit_window_ps or (min(5.0, 0.1 * length), min(20.0, 0.4 * length)), **bins)
    specification = RunSpecification(
        table,
        mass_Da,
        density_per_nm3,
        temperature_K,
        seed,
        thermostat=kind,
        friction_per_ps=friction_per_ps,
        options=enough_beads(options, density_per_nm3, table.cutoff_nm),
        observables=observables,
        viscosity=viscosity,
    )
    log.info("%d beads, %g ps and %g ps before", specification.options.beads, length, options.equilibration_ps)
    started = time.perf_counter()
    result = run_until(get_engine(engine), [specification])[0]
    summary = {
        "outcome": str(result.outcome),
        "reason": result.reason,
        "structure_error": None,
        **described(result),
        "density_per_nm3": density_per_nm3,
        "mass_Da": mass_Da,
        "target_temperature_K": temperature_K,
        "friction_per_ps": friction_per_ps,
        "thermostat": kind,
        "beads": specification.options.beads,
        "production_ps": result.production_ps or length,
        "engine": result.engine,
        "advice": [result.diffusion.advice] if result.diffusion and result.diffusion.advice else [],
        "wall_s": time.perf_counter() - started,
    }
    if target is not None and result.ok:
        compared = Measurement.of(InversionTarget(target, density_per_nm3, temperature_K, mass_Da), result)
        summary |= {"structure_error": compared.structure_error, "structure_noise": compared.all_noise}
    state = (mass_Da, density_per_nm3, temperature_K, friction_per_ps, kind)
    return Simulated(result, summary, seed, (options.physics(), observables.model_dump(), table.r_nm, table.u_kj_per_mol, *state))
