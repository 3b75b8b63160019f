"""The friction that brings a potential's liquid to the diffusion wanted, found by a few runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.choices import FrictionThermostat
from mobcg.engines.specification import Engine, RunSpecification
from mobcg.engines.until import run_until
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.refine import HISTORY, RefinementOptions, run_row
from mobcg.seeds import derived_seed
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

FIRST_PART = 0.55
"""First friction over that of beads which feel nothing but it: the friction also raises the drag of the neighbours."""

BEND = 0.1
"""How far 1/D may be off a straight line in the friction, as a part of its distance from the wanted 1/D (standard deviation)."""

LARGEST_FACTOR = 4.0
"""A friction is at most this many times the largest one tried."""

SMALLER = 0.5
"""After a run that ended badly the friction is this part of what it was."""


@dataclass(frozen=True)
class FoundFriction:
    """The friction with its standard error in 1/ps, and one row a run; where the outcome is not OK, `reason` says why and it is zero.

    The error is that of the runs' D and of the wanted one, over the slope of 1/D in the friction.
    """

    friction_per_ps: Estimate
    history: pd.DataFrame
    outcome: Outcome = Outcome.OK
    reason: str = ""


@dataclass(frozen=True)
class _Point:
    """A friction in 1/ps and the 1/D that it gave, in ns/nm2, with its standard error."""

    friction: float
    inverse: float
    error: float


def find_friction(
    wanted: WantedLiquid,
    potential: PairPotential,
    thermostat: FrictionThermostat,
    engine: Engine,
    options: RefinementOptions,
    runs: int,
    seed: int,
) -> FoundFriction:
    """The friction at which the potential's liquid has the wanted D, by a run without friction (D0) and `runs` runs with it.

    The first friction is 0.55 kT/m (1/D - 1/D0), for dpd that of which a bead feels so much; each further one is where a straight line of
    1/D in the friction meets the wanted 1/D. Runs far from it weigh little in the line: with two runs it is the interpolation between
    them, with more the noise of near ones averages. Zero where D0 is not above the wanted D. A run that ends badly is tried with half of
    the friction; only where the line lacks a second run it is an outcome.
    """
    plan = replace(options.plan(wanted, potential), keep_counts=False)
    target = Estimate(1 / wanted.diffusion.value, wanted.diffusion.error / wanted.diffusion.value**2)
    friction, points = 0.0, list[_Point]()
    rows: list[dict[str, object]] = []
    for number in range(runs + 1):
        model = CoarseModel(potential, friction, thermostat=thermostat)
        result = run_until(engine, [model.run(wanted, derived_seed(seed, "friction", number), plan)])[0]
        rows.append(run_row(number, result, friction))
        measured = result.diffusion.diffusion if result.ok and result.diffusion is not None else Estimate(0.0, 0.0)
        if measured.value > 0:
            log.info("friction %.3g/ps: D = %.4g nm2/ns, wanted %.4g", friction, measured.value, wanted.diffusion.value)
            points.append(_Point(friction, 1 / measured.value, measured.error / measured.value**2))
        else:
            log.info("friction %.3g/ps: %s: %s", friction, result.outcome, result.reason)
        if not points or (friction == 0 and points[0].inverse >= target.value):
            break
        friction = _next(points, target.value, wanted, plan, thermostat) if measured.value > 0 else SMALLER * friction
    history = pd.DataFrame(rows, columns=list(HISTORY))
    if not points:
        return FoundFriction(Estimate(0.0, 0.0), history, result.outcome if not result.ok else Outcome.GLASS, result.reason)
    if points[0].inverse >= target.value:
        return FoundFriction(Estimate(0.0, 0.0), history)
    if len(points) < 2:
        return FoundFriction(Estimate(0.0, 0.0), history, result.outcome, f"all {runs} runs with friction ended badly: {result.reason}")
    return FoundFriction(_met(points, target), history)


def _next(points: list[_Point], target: float, wanted: WantedLiquid, plan: RunSpecification, thermostat: FrictionThermostat) -> float:
    """The friction of the next run."""
    if len(points) > 1:
        return min(_met(points, Estimate(target, 0.0)).value, LARGEST_FACTOR * points[-1].friction)
    state = wanted.structure
    mobility = thermal_energy(state.temperature_K) / state.mass_Da  # kT/m in nm2/ps2; 1/D in ns/nm2 is 1000 ps/nm2
    felt = FIRST_PART * mobility * 1000 * (target - points[0].inverse)
    return felt / replace(plan, thermostat=thermostat, friction_per_ps=1.0).bead_friction_per_ps


def _met(points: list[_Point], target: Estimate) -> Estimate:
    """The friction where the line through the points meets the target, with its error."""
    friction, inverse, error = (np.array([getattr(point, name) for point in points]) for name in ("friction", "inverse", "error"))
    weights = 1 / (error**2 + (BEND * (inverse - target.value)) ** 2)
    centre, level = (float(np.average(values, weights=weights)) for values in (friction, inverse))
    spread = float(np.sum(weights * (friction - centre) ** 2))
    slope = float(np.sum(weights * (friction - centre) * (inverse - level))) / spread
    if slope <= 0:  # all noise: only a larger friction can show a slope
        return Estimate(LARGEST_FACTOR * float(friction.max()), float("inf"))
    found = centre + (target.value - level) / slope
    variance = target.error**2 + 1 / float(weights.sum()) + (found - centre) ** 2 / spread
    return Estimate(max(found, 0.0), float(np.sqrt(variance)) / slope)
