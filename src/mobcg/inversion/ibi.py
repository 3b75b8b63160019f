"""Iterative Boltzmann inversion: the pair potential whose liquid has a given g(r)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.specification import Engine, RunResult, RunSpecification
from mobcg.inversion.boltzmann import LEAST_G, core_index, direct_inversion, finished
from mobcg.observables.rdf import RadialDistribution, structure_error
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import smoothed
from mobcg.seeds import derived_seed
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

LARGEST_UPDATE_KT = 1.0
"""A single update changes U nowhere by more than this."""

PRESSURE_TOLERANCE_BAR = 50.0
"""A pressure asked for is met within this."""

LARGEST_PRESSURE_UPDATE_KT = 0.1
"""Largest amplitude of one linear pressure correction. Source: Reith, Puetz and Mueller-Plathe, J. Comput. Chem. 24, 1624 (2003)."""


@dataclass(frozen=True)
class InversionTarget:
    """What the coarse-grained liquid has to look like."""

    rdf: RadialDistribution
    density_per_nm3: float
    temperature_K: float
    mass_Da: float


@dataclass(frozen=True)
class InversionResult:
    """The best potential found, the long run made with it, and the way there (one row an update)."""

    outcome: Outcome
    reason: str
    converged: bool
    potential: PairPotential | None
    history: pd.DataFrame
    final: RunResult | None
    structure_error: float | None = None

    @property
    def updates(self) -> int:
        """Number of runs whose g(r) was compared with the target."""
        return len(self.history)


def invert(
    target: InversionTarget,
    engine: Engine,
    options: InversionOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
) -> InversionResult:
    """Find U(r) by U <- U + a kT ln(g/g*), smoothed, from U = -kT ln g*, until S = 1 - R2 of g falls to `options.structure_error`.

    With `options.pressure_bar` each update also adds A (1 - r/rc), A from the virial's response, at most 0.1 kT.
    The potential with the least S (among those within 50 bar, if there are any) is kept and run once more at full length. Not converging,
    and a liquid that freezes or blows up on the way, are outcomes. Sources: Reith, Puetz and Mueller-Plathe, J. Comput. Chem. 24, 1624
    (2003); Wang, Junghans and Kremer, Eur. Phys. J. E 28, 221 (2009) for the pressure correction.
    """
    cutoff = min(options.cutoff_nm, float(target.rdf.r_nm[-1]))
    potential = direct_inversion(target.rdf, target.temperature_K, cutoff, options.smoothing_nm)
    short = run_options.model_copy(update={"production_ps": options.production_ps, "equilibration_ps": options.equilibration_ps})
    short_observables = observables.model_copy(
        update={"fit_window_ps": (0.1 * options.production_ps, 0.4 * options.production_ps), "bin_width_nm": target.rdf.bin_width_nm}
    )
    specification = RunSpecification(
        potential,
        target.mass_Da,
        target.density_per_nm3,
        target.temperature_K,
        seed,
        options=short,
        observables=short_observables,
        r_max_nm=float(target.rdf.r_nm[-1]) + target.rdf.bin_width_nm / 2,
    )
    history: list[dict[str, object]] = []
    best: tuple[float, bool, PairPotential] | None = None
    converged, stopped = False, ""
    for update in range(options.maximum_updates):
        specification = replace(specification, potential=potential, seed=derived_seed(seed, "ibi", update))
        result = engine.run([specification])[0]
        row: dict[str, object] = {"update": update, "outcome": str(result.outcome), "wall_s": result.wall_s}
        history.append(row)
        if not result.ok or result.rdf is None or result.pressure_bar is None:
            stopped = f"update {update} ended as {result.outcome}: {result.reason}"
            break
        g = result.rdf.on_grid(target.rdf.r_nm).g
        error = structure_error(g, target.rdf.g)
        row |= {"structure_error": error, "pressure_bar": result.pressure_bar.value, "pressure_error_bar": result.pressure_bar.error}
        pressure_met = options.pressure_bar is None or abs(result.pressure_bar.value - options.pressure_bar) <= PRESSURE_TOLERANCE_BAR
        if best is None or (pressure_met, -error) > (best[1], -best[0]):
            best = (error, pressure_met, potential)
        log.info("update %d: S = %.5f, P = %.0f bar, step %.1f fs", update, error, result.pressure_bar.value, result.timestep_fs)
        if error <= options.structure_error and pressure_met:
            converged = True
            break
        potential = _updated(potential, g, target, options, result.pressure_bar.value)
        specification = replace(specification, start_nm=result.final_nm)
    frame = pd.DataFrame(history)
    if best is None:
        return InversionResult(Outcome.NOT_CONVERGED, stopped or "no update ended well", False, None, frame, None)
    final_specification = replace(
        specification,
        potential=best[2],
        seed=derived_seed(seed, "final"),
        options=run_options,
        observables=observables.model_copy(update={"bin_width_nm": target.rdf.bin_width_nm}),
    )
    final = engine.run([final_specification])[0]
    outcome, reason = _judge(final, converged, stopped, best[0], options)
    reached = None if final.rdf is None else structure_error(final.rdf.on_grid(target.rdf.r_nm).g, target.rdf.g)
    return InversionResult(outcome, reason, converged, best[2], frame, final, reached)


def _judge(final: RunResult, converged: bool, stopped: str, error: float, options: InversionOptions) -> tuple[Outcome, str]:
    if not final.ok:
        return final.outcome, f"the final run ended as {final.outcome}: {final.reason}"
    if not converged:
        pressure = "" if options.pressure_bar is None else f" or pressure not within 50 bar of {options.pressure_bar:g} bar"
        why = (
            stopped or f"the best of {options.maximum_updates} short runs has S = {error:.5f}, above {options.structure_error:g}{pressure}"
        )
        return Outcome.NOT_CONVERGED, why
    return Outcome.OK, ""


def _updated(potential: PairPotential, g: Array, target: InversionTarget, options: InversionOptions, pressure_bar: float) -> PairPotential:
    kT = thermal_energy(target.temperature_K)
    r = potential.r_nm
    g, wanted = g[: len(r)], target.rdf.g[: len(r)]
    first = core_index(wanted)
    known = (g > 0.2 * LEAST_G) & (wanted > 0.2 * LEAST_G)
    change = np.zeros_like(r)
    change[known] = np.log(g[known] / wanted[known])
    change[first:] = smoothed(change[first:], options.smoothing_nm / potential.spacing_nm)
    change = np.clip(options.damping * change, -LARGEST_UPDATE_KT, LARGEST_UPDATE_KT) * kT
    if options.pressure_bar is not None:
        change += _pressure_amplitude(r, g, target, pressure_bar - options.pressure_bar) * (1 - r / r[-1])
    return finished(r, potential.u_kj_per_mol + change, first, kT)


def _pressure_amplitude(r: Array, g: Array, target: InversionTarget, excess_bar: float) -> float:
    response = 2 * np.pi / 3 * target.density_per_nm3**2 / r[-1] * np.trapezoid(r**3 * g, r) * BAR_PER_KJ_MOL_NM3
    limit = LARGEST_PRESSURE_UPDATE_KT * thermal_energy(target.temperature_K)
    return float(np.clip(-excess_bar / response, -limit, limit))
