import numpy as np

from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult
from mobcg.inversion.target import InversionTarget
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.refine import refine
from mobcg.prediction.verify import verify
from tests.prediction.conftest import FRICTION, SHORT


def test_runs_bring_structure_and_diffusion_to_the_target(known, start, flagship):
    engine = get_engine("ensemble")
    refined = refine(known.wanted, start, flagship, engine, SHORT, 3, seed=5)
    history = refined.history
    assert list(history["outcome"]) == ["ok"] * 3
    # the first run had half of the friction: D far too fast; S falls by more than its noise
    assert history["diffusion_nm2_per_ns"][0] > 1.2 * known.wanted.diffusion.value
    assert history["structure_error"][2] < 0.5 * history["structure_error"][0]
    found = verify(known.wanted, refined.model, engine, SHORT.plan(known.wanted, refined.model.potential), 3, seed=9)
    error = np.hypot(found.diffusion.error, known.wanted.diffusion.error)
    assert abs(found.diffusion.value - known.wanted.diffusion.value) < 3 * error + 0.02 * known.wanted.diffusion.value
    assert found.structure_error.value < 0.001
    assert abs(np.log(refined.model.friction_per_ps / FRICTION)) < 0.15


def test_the_pressure_asked_for_is_met(known, flagship):
    engine = get_engine("ensemble")
    state = known.wanted.structure
    pressure = 700.0
    target = InversionTarget(state.rdf, state.density_per_nm3, state.temperature_K, state.mass_Da, pressure)
    wanted = WantedLiquid(target, known.wanted.diffusion)
    refined = refine(wanted, CoarseModel(known.potential, FRICTION), flagship, engine, SHORT, 4, seed=5)
    found = verify(wanted, refined.model, engine, SHORT.plan(wanted, refined.model.potential), 2, seed=9)
    assert abs(refined.history["pressure_bar"][0] - pressure) > 300
    assert abs(found.pressure.value - pressure) < 50
    assert found.structure_error.value < 0.004


class Failing:
    """An engine of which the first runs end badly."""

    name = "failing"

    def __init__(self, failures: int) -> None:
        self.failures, self.potentials = failures, []

    def run(self, specifications):
        self.potentials += [each.potential for each in specifications]
        if len(self.potentials) <= self.failures:
            return [RunResult(Outcome.CRYSTAL, "froze", "failing", 1.0, 4.0, 0.1) for _ in specifications]
        return get_engine("ensemble").run(specifications)


def test_a_liquid_that_freezes_is_softened(known, start, flagship):
    engine = Failing(1)
    refined = refine(known.wanted, start, flagship, engine, SHORT, 2, seed=5)
    assert refined.model.outcome is Outcome.OK
    assert engine.potentials[1].u_kj_per_mol.min() > engine.potentials[0].u_kj_per_mol.min()


def test_only_bad_runs_are_an_outcome(known, start, flagship):
    refined = refine(known.wanted, start, flagship, Failing(9), SHORT, 2, seed=5)
    assert refined.model.outcome is Outcome.CRYSTAL
    assert refined.model.potential is None
    assert "2 runs" in refined.model.reason


def test_a_good_potential_is_left_alone(known, flagship):
    """The known potential itself: S is noise, so only the friction is touched."""
    refined = refine(known.wanted, CoarseModel(known.potential, FRICTION), flagship, get_engine("ensemble"), SHORT, 1, seed=5)
    assert isinstance(refined.model.potential, PairPotential)
    assert np.array_equal(refined.model.potential.u_kj_per_mol, known.potential.u_kj_per_mol)
