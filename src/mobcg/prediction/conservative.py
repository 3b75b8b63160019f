"""Conservative models: no friction, the best trade of structure against diffusion."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mobcg.engines.specification import Engine
from mobcg.engines.until import run_until
from mobcg.inversion.target import Measurement
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.front import Choice, conservative_front
from mobcg.learning.prediction import Prediction
from mobcg.learning.structure import Seen
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.predict import Predicted
from mobcg.prediction.refine import HISTORY, RefinementOptions, run_row
from mobcg.progress import tracked
from mobcg.seeds import derived_seed

log = logging.getLogger(__name__)

STEPS = (0.01, 0.03, 0.1)
"""Weights, as parts of the one wanted, that the search for the front passes."""

EDGES = (0.35, 0.6, 1.0)
"""How far out the search goes, in parts of the distance to the domain's edge: further only where need be, since expectations fail there.
The best S + M of four runs of a known liquid that is within reach of each was 0.075, 0.11 and 0.21.
"""

HELD = 0.98
"""Part of the largest variance allowed from which a search counts as held at its edge."""

REACHED = 0.05
"""M at which there is nothing more to gain further out."""


def predict_conservative(
    wanted: WantedLiquid, trained: FlagshipModel, weight: float, shift: float = 0.0
) -> tuple[Predicted, Choice | None]:
    """The potential that minimises S + weight M without friction, as the trained model expects them.

    shift: how much faster, in ln D, such liquids turned out than expected. A structure that no potential gives is an outcome.
    """
    state, units = wanted.structure, wanted.units
    log_target = float(np.log(wanted.diffusion.value / units.diffusion_nm2_per_ns))
    try:
        seen = trained.read(state.rdf.r_nm / units.length_nm, state.rdf.g)
        choice = _choose(wanted, trained, seen, log_target - shift, weight)
        potential = PairPotential(trained.wells.x * units.length_nm, choice.u * units.energy_kj_per_mol)
        potential.check_core(state.temperature_K)
    except InputError as error:
        return Predicted(CoarseModel(None, 0.0, Outcome.UNUSABLE_POTENTIAL, str(error)), None), None
    variance = float(trained.correction.variance(trained.features(seen.scores, wanted.reduced_pressure))[0])
    notes = trained.domain.notes(variance, float(seen.residual[0]), log_target)
    expected = wanted.diffusion.value * float(np.exp(choice.log_ratio))
    _, error_log_d = trained.log_diffusion_curve(seen.scores[0], wanted.reduced_pressure, np.zeros(1))
    prediction = Prediction(
        potential.r_nm,
        potential.u_kj_per_mol,
        np.full_like(potential.r_nm, np.nan),
        0.0,
        0.0,
        expected,
        expected * float(error_log_d[0]),
        expected,
        not notes,
        trained.domain.distance(variance, float(seen.residual[0]), log_target),
        False,
        tuple(notes),
    )
    return Predicted(CoarseModel(from_core(potential, wanted.highest_kj_per_mol), 0.0), prediction), choice


def _choose(wanted: WantedLiquid, trained: FlagshipModel, seen: Seen, log_target: float, weight: float) -> Choice:
    """The choice from the narrowest search that is not held at its edge, or that meets D."""
    weights = [*(part * weight for part in STEPS), weight]
    for edge in EDGES:
        choice = conservative_front(trained, seen, log_target, wanted.reduced_pressure, weights, edge)[-1]
        if choice.variance < HELD or choice.mobility_error < REACHED:
            break
    return choice


def widening_front(
    model: FlagshipModel, seen: Seen, log_target: float, reduced_pressure: float, weights: Sequence[float]
) -> tuple[list[Choice], float]:
    """The front from the lowest weight on, and the edge of its last search: further out only for mobility errors not reached within, since
    expectations fail there.
    """
    found, least = list[Choice](), float("inf")
    for edge in EDGES:
        wider = conservative_front(model, seen, log_target, reduced_pressure, weights, edge)
        found += [choice for choice in wider if choice.mobility_error < least]
        least = min(choice.mobility_error for choice in found)
        if least < REACHED:
            break
    return found, edge


def refine_conservative(
    wanted: WantedLiquid, trained: FlagshipModel, engine: Engine, options: RefinementOptions, runs: int, weight: float, seed: int
) -> Predicted:
    """The best of `runs` conservative models, by the S + weight M that its run gave.

    After each run the target of the next is shifted by how much faster its liquid was than expected; once one was too fast and another
    too slow, to between the two. After a run that ends badly (frozen, mostly) the next aims half way back to the D that the liquid's own
    potential is expected to give, and none goes more than half way from a good one to a bad one.
    """
    best, best_cost, shift, rows = None, np.inf, 0.0, []
    first, tried, bad = None, list[tuple[float, float]](), np.inf
    for number in tracked(range(runs), "refinement", "run"):
        found, choice = predict_conservative(wanted, trained, weight, shift)
        first = first or found
        if found.model.potential is None or choice is None:
            return found
        plan = options.plan(wanted, found.model.potential)
        result = run_until(engine, [found.model.run(wanted, derived_seed(seed, "conservative", number), plan)])[0]
        rows.append(run_row(number, result, 0.0))
        if not result.ok or result.diffusion is None or result.diffusion.diffusion.value <= 0:
            log.info("conservative model %d: %s: %s", number, result.outcome, result.reason)
            bad = min(bad, shift)
            shift = 0.5 * (shift - _own_ratio(wanted, trained))
            continue
        measured = Measurement.of(wanted.structure, result)
        missed = float(np.log(result.diffusion.diffusion.value / wanted.diffusion.value))
        rows[-1] |= {"structure_error": measured.structure_error, "structure_noise": measured.all_noise}
        log.info("conservative model %d: S = %.4f, ln D/D_target = %+.3f", number, measured.structure_error, missed)
        cost = measured.structure_error + weight * abs(missed)
        if cost < best_cost:
            best, best_cost = found.measured(result.diffusion.diffusion), cost
        tried.append((shift, missed))
        shift = min(_next_shift(tried, choice.log_ratio), 0.5 * (shift + bad))
    history = pd.DataFrame(rows, columns=list(HISTORY))
    if best is None:
        last = str(rows[-1]["outcome"])
        return Predicted(
            CoarseModel(None, 0.0, Outcome(last), f"all {runs} runs ended badly"), first.prediction if first else None, history
        )
    return Predicted(best.model, best.prediction, history)


def _next_shift(tried: list[tuple[float, float]], log_ratio: float) -> float:
    """The next shift from those tried with their ln D/D_target; log_ratio: what was expected of the last one."""
    slow, fast = [each for each in tried if each[1] <= 0], [each for each in tried if each[1] > 0]
    if slow and fast:
        (far, below), (near, above) = max(slow, key=lambda each: each[1]), min(fast, key=lambda each: each[1])
        return far + (near - far) * below / (below - above)
    shift, missed = tried[-1]
    return shift + missed - log_ratio


def _own_ratio(wanted: WantedLiquid, trained: FlagshipModel) -> float:
    """The ln D/D_target that is expected of the liquid's own structure without friction."""
    rdf = wanted.structure.rdf
    log_d, _ = trained.log_diffusion_of(rdf.r_nm, rdf.g, wanted.pressure_bar, wanted.units, 0.0)
    return log_d - float(np.log(wanted.diffusion.value))
