"""Refinement: a few short runs correct a predicted potential and its friction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.specification import Engine, RunResult, RunSpecification
from mobcg.engines.until import run_until
from mobcg.inversion.pressure import pressure_met
from mobcg.inversion.target import Measurement
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.mobility import friction_grid, solve_friction
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.newton import Correction
from mobcg.progress import tracked
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]
LogDiffusion = Callable[[RadialDistribution, Array], tuple[Array, Array]]
"""ln D* of a structure under reduced frictions, and its standard error."""

log = logging.getLogger(__name__)

LARGEST_STEP_KT = 0.3
"""A single correction changes U by no more than this where beads are (see `Correction.update`)."""

SHORTER = 0.4
"""A correction whose liquid ended badly, or is worse than the one before, is tried at this part of its length."""

WORSE = 1.5
"""S over the best one from which a correction counts as worse."""

SOFTER = 0.85
"""A prediction whose liquid ends badly is scaled by this."""

GOOD_ENOUGH = 0.0006
"""S less its noise at which a potential is left as it is: further corrections follow noise, and each moves D by some per cent."""

OTHER_STRUCTURE = 0.01
"""How far the difference of measured and expected ln D may change with a correction of U (standard deviation)."""

HISTORY = (
    *("run", "outcome", "structure_error", "structure_noise", "diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns"),
    *("friction_per_ps", "pressure_bar", "pressure_error_bar", "production_ps", "wall_s"),
)


@dataclass(frozen=True)
class RefinementOptions:
    """The runs of a refinement: beads, lengths in ps, and the relative error of D that they go on to (up to `maximum_ps`)."""

    beads: int = 1000
    equilibration_ps: float = 40.0
    production_ps: float = 300.0
    maximum_ps: float = 1200.0
    diffusion_error: float = 0.01
    sample_interval_ps: float = 0.2
    knot_spacing_nm: float = 0.03

    def plan(self, wanted: WantedLiquid, potential: PairPotential) -> RunSpecification:
        """The runs' settings, for any potential of this reach."""
        runs = CoarseGrainedOptions(
            beads=self.beads,
            equilibration_ps=self.equilibration_ps,
            production_ps=self.production_ps,
            sample_interval_ps=self.sample_interval_ps,
            target_relative_error=self.diffusion_error,
            maximum_production_ps=self.maximum_ps,
        )
        return replace(wanted.plan(potential, runs, ObservableOptions()), keep_counts=True)


@dataclass(frozen=True)
class Refinement:
    """The corrected model and one row a run."""

    model: CoarseModel
    history: pd.DataFrame


@dataclass
class _Course:
    """Where a refinement stands: the offsets of ln D from the expected and their variances, the first one that of no run: zero."""

    potential: PairPotential
    friction: float
    offsets: list[float]
    variances: list[float]
    corrected: bool = False
    good: PairPotential | None = None
    least: float = float("inf")
    met: bool = False
    rows: list[dict[str, object]] = field(default_factory=list)


def refine(
    wanted: WantedLiquid, start: CoarseModel, mobility: FlagshipModel, engine: Engine, options: RefinementOptions, runs: int, seed: int
) -> Refinement:
    """Correct a model by `runs` runs: after each one Newton step of U towards g (and the pressure asked for), and a friction for D.

    The friction comes from ln D*(g, gamma*) of `mobility`, shifted by the mean difference between the D of the runs and what it expects
    of the g of each: what a run tells of the friction so outlasts the corrections of U. The g that counts is the one wanted where U was
    corrected, the run's own where U is good enough to stay. A run that ends badly is an outcome only where none ended well.
    """
    assert start.potential is not None
    plan = options.plan(wanted, start.potential)
    correction = Correction(wanted.structure, start.potential, options.knot_spacing_nm)

    def expected(rdf: RadialDistribution, frictions: Array) -> tuple[Array, Array]:
        seen = mobility.read(rdf.r_nm / wanted.units.length_nm, rdf.g)
        return mobility.log_diffusion_curve(seen.scores[0], wanted.reduced_pressure, frictions)

    _, error = expected(wanted.structure.rdf, np.array([start.friction_per_ps / wanted.units.friction_per_ps]))
    course = _Course(start.potential, start.friction_per_ps, [0.0], [float(error[0]) ** 2])
    for number in tracked(range(runs), "refinement", "run"):
        model = CoarseModel(course.potential, course.friction)
        result = run_until(engine, [model.run(wanted, derived_seed(seed, "refine", number), plan)])[0]
        course.rows.append(run_row(number, result, course.friction))
        if not result.ok or result.rdf is None or result.diffusion is None or result.pressure_bar is None:
            log.info("refinement, run %d: %s: %s", number, result.outcome, result.reason)
            _step_back(course)
            continue
        _learn(course, wanted, expected, correction, result)
    history = pd.DataFrame(course.rows, columns=list(HISTORY))
    if runs > 0 and course.good is None:
        last = course.rows[-1]["outcome"]
        return Refinement(CoarseModel(None, start.friction_per_ps, Outcome(str(last)), f"all {runs} runs ended badly"), history)
    return Refinement(CoarseModel(course.potential, course.friction), history)


def _learn(course: _Course, wanted: WantedLiquid, expected: LogDiffusion, correction: Correction, result: RunResult) -> None:
    measured = Measurement.of(wanted.structure, result)
    assert result.diffusion is not None
    assert result.rdf is not None
    found, units = result.diffusion.diffusion, wanted.units
    course.rows[-1] |= {"structure_error": measured.structure_error, "structure_noise": measured.all_noise}
    log.info(
        "refinement: S = %.5f (%.5f of it noise), D = %.4g +- %.2g nm2/ns (wanted %.4g), P = %.0f bar",
        *(measured.structure_error, measured.all_noise, found.value, found.error, wanted.diffusion.value, measured.pressure_bar.value),
    )
    if found.value > 0:
        if course.corrected:
            course.variances = [variance + OTHER_STRUCTURE**2 for variance in course.variances]
        at_once, _ = expected(result.rdf, np.array([course.friction / units.friction_per_ps]))
        course.offsets.append(float(np.log(found.value / units.diffusion_nm2_per_ns) - at_once[0]))
        course.variances.append((found.error / found.value) ** 2 + 1e-6)
    if measured.excess > WORSE * course.least + 3 * measured.excess_error and pressure_met(measured) == course.met:
        course.corrected = True
        _step_back(course)
    else:
        course.good, course.least, course.met = course.potential, max(measured.excess, 0.0), pressure_met(measured)
        course.corrected = measured.excess > GOOD_ENOUGH or not pressure_met(measured)
        if course.corrected:
            course.potential = correction.update(course.potential, [measured], LARGEST_STEP_KT)
    course.friction = _friction(course, wanted, wanted.structure.rdf if course.corrected else result.rdf, expected)


def _friction(course: _Course, wanted: WantedLiquid, rdf: RadialDistribution, expected: LogDiffusion) -> float:
    """The friction at which the ln D expected of a structure, shifted by the mean offset, is the wanted one."""
    units = wanted.units
    offset = float(np.average(course.offsets, weights=1 / np.array(course.variances)))
    target = float(np.log(wanted.diffusion.value / units.diffusion_nm2_per_ns))
    frictions = friction_grid(target)
    return solve_friction(frictions, expected(rdf, frictions)[0] + offset, target) * units.friction_per_ps


def _step_back(course: _Course) -> None:
    last = course.potential
    if course.good is None:
        course.potential = PairPotential(last.r_nm, SOFTER * last.u_kj_per_mol)
        return
    good = course.good.energy(last.r_nm)
    course.potential = PairPotential(last.r_nm, good + SHORTER * (last.u_kj_per_mol - good))


def run_row(number: int, result: RunResult, friction: float) -> dict[str, object]:
    """A run as a row of the history."""
    diffusion = None if result.diffusion is None or not result.ok else result.diffusion.diffusion
    return {
        "run": number,
        "outcome": str(result.outcome),
        "diffusion_nm2_per_ns": None if diffusion is None else diffusion.value,
        "diffusion_error_nm2_per_ns": None if diffusion is None else diffusion.error,
        "friction_per_ps": friction,
        "pressure_bar": None if result.pressure_bar is None else result.pressure_bar.value,
        "pressure_error_bar": None if result.pressure_bar is None else result.pressure_bar.error,
        "production_ps": result.production_ps,
        "wall_s": result.wall_s,
    }
