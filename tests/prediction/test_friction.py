from dataclasses import replace

import numpy as np
import pytest

from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import Outcome
from mobcg.prediction.friction import _met, _Point, find_friction
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from tests.prediction.conftest import FRICTION, SHORT

DPD = 1.5 * FRICTION


def test_langevin_friction_of_a_known_liquid_is_found(known):
    found = find_friction(known.wanted, known.potential, "langevin", get_engine("ensemble"), SHORT, 3, seed=21)
    assert found.outcome is Outcome.OK
    assert len(found.history) == 4
    # without friction far too fast, in the end within the errors of both
    assert found.history["diffusion_nm2_per_ns"][0] > 1.5 * known.wanted.diffusion.value
    assert abs(found.friction_per_ps.value - FRICTION) < 3 * found.friction_per_ps.error
    assert found.friction_per_ps.error < 0.12 * FRICTION


def test_dpd_friction_of_a_known_liquid_is_found(known):
    """The target: the same potential under a known friction between beads, in a box of the same size, since D depends on it."""
    engine, options = get_engine("ensemble"), replace(SHORT, production_ps=100, maximum_ps=100)
    plan = replace(options.plan(known.wanted, known.potential), keep_counts=False)
    (run,) = engine.run([CoarseModel(known.potential, DPD, thermostat="dpd").run(known.wanted, 12, plan)])
    wanted = WantedLiquid(known.wanted.structure, run.diffusion.diffusion)
    found = find_friction(wanted, known.potential, "dpd", engine, options, 2, seed=22)
    assert found.history["diffusion_nm2_per_ns"][0] > 1.2 * wanted.diffusion.value
    assert abs(found.friction_per_ps.value - DPD) < 3 * found.friction_per_ps.error
    assert found.friction_per_ps.error < 0.2 * DPD


def test_a_liquid_that_is_slow_enough_gets_no_friction(known):
    fast = WantedLiquid(known.wanted.structure, Estimate(10 * known.wanted.diffusion.value, 0.0))
    found = find_friction(fast, known.potential, "langevin", get_engine("ensemble"), SHORT, 3, seed=23)
    assert found.outcome is Outcome.OK
    assert found.friction_per_ps == (0.0, 0.0)
    assert len(found.history) == 1


class Failing:
    """An engine whose runs of some numbers freeze."""

    name = "failing"

    def __init__(self, *frozen: int) -> None:
        self.frozen, self.frictions = frozen, []

    def run(self, specifications):
        self.frictions += [each.friction_per_ps for each in specifications]
        if len(self.frictions) - 1 in self.frozen:
            return [RunResult(Outcome.CRYSTAL, "froze", "failing", 1.0, 4.0, 0.1) for _ in specifications]
        return get_engine("ensemble").run(specifications)


def test_a_friction_whose_run_fails_is_halved(known):
    engine = Failing(1)
    found = find_friction(known.wanted, known.potential, "langevin", engine, SHORT, 2, seed=24)
    assert engine.frictions[2] == pytest.approx(engine.frictions[1] / 2)
    assert list(found.history["outcome"]) == ["ok", "crystal", "ok"]
    assert found.outcome is Outcome.OK


@pytest.mark.parametrize("frozen", [(0,), (1, 2)])
def test_only_bad_runs_are_an_outcome(known, frozen):
    found = find_friction(known.wanted, known.potential, "langevin", Failing(*frozen), SHORT, 2, seed=25)
    assert found.outcome is Outcome.CRYSTAL
    assert "froze" in found.reason


def test_two_runs_are_interpolated_and_near_runs_decide():
    """A bent curve, y = 1 + x + 0.1 x2, wanted at y(2) = 3.4: a chord misses it, runs close by do not."""
    curve = [_Point(x, 1 + x + 0.1 * x**2, 0.001) for x in (0.0, 3.0, 2.2, 1.9)]
    assert _met(curve[:2], Estimate(3.4, 0.0)).value == pytest.approx(3 * 2.4 / 3.9)
    assert _met(curve, Estimate(3.4, 0.0)).value == pytest.approx(2.0, abs=0.01)


def test_the_error_is_that_of_the_frictions_found():
    """Of 2000 sets of noisy runs about a line, 68 % find the friction within one error (three standard errors of the share: 3 %)."""
    random, slope, noise = np.random.default_rng(3), 0.8, 0.02
    hits = 0
    for _ in range(2000):
        points = [_Point(x, 1 + slope * x + noise * random.normal(), noise) for x in (1.9, 2.1, 2.0, 3.0)]
        target = Estimate(1 + slope * 2.0 + noise * random.normal(), noise)
        found = _met(points, target)
        hits += abs(found.value - 2.0) < found.error
    assert 0.65 < hits / 2000 < 0.75
