import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mobcg.config import EVALUATION_METHODS, InversionOptions
from mobcg.evaluation import candidates as module
from mobcg.evaluation.candidates import CONSERVATIVE_WEIGHT, MAKERS, RUNS, Candidate, Means, candidates
from mobcg.files import write_json
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.prediction import Prediction
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import InputError, Outcome
from mobcg.prediction.friction import FoundFriction
from mobcg.prediction.liquid import CoarseModel
from mobcg.prediction.predict import Predicted
from mobcg.prediction.refine import RefinementOptions
from mobcg.units import thermal_energy
from tests.evaluation import conftest

INVERSION = InversionOptions(cutoff_nm=1.1, maximum_updates=3, equilibration_ps=2, production_ps=6, smoothing_nm=0.02)
SHORT = RefinementOptions(beads=125, equilibration_ps=5, production_ps=60, maximum_ps=60)


class Refusing:
    """A model that has nothing to say."""

    def predict(self, *target):
        raise InputError("g ends too early")


@pytest.fixture
def means(reference, tmp_path):
    """The known potential as the campaign's inversion, three times too fast, and models that refuse."""
    potential, target = reference
    potential.write_csv(tmp_path / "potential.csv")
    summary = {"outcome": "ok", "reason": "", "diffusion_nm2_per_ns": 3 * target.diffusion.value, "wall_s": 50.0}
    write_json(tmp_path / "summary.json", summary)
    models = {"published": Refusing(), "flagship": Refusing()}
    return Means(target, tmp_path, models, INVERSION, conftest.RUNS, conftest.BINS, 5, SHORT)


def test_every_method_has_a_maker():
    assert tuple(MAKERS) == EVALUATION_METHODS


def test_candidates_in_order_with_scaled_mass_costs_and_refusals(means):
    found = candidates(means, ("network+friction", "network", "mass-scaled", "inversion"))
    assert [candidate.method for candidate in found] == ["inversion", "mass-scaled", "network", "network+friction"]
    assert found[1].mass_Da == pytest.approx(9 * 86.0)
    assert found[2].outcome is Outcome.UNUSABLE_POTENTIAL
    assert "g ends too early" in found[3].reason
    assert 50 <= found[0].cost_s < 55
    assert found[2].cost_s < 5


def test_costs_are_processor_time_of_all_threads(means, monkeypatch):
    """Waiting costs nothing, and two threads at work twice what one does."""

    def work(seconds):
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    def waiting(means, method):
        time.sleep(0.5)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(work, [0.2, 0.2]))
        return Candidate(method, 1.0)

    monkeypatch.setattr(module, "MAKERS", {"direct": waiting})
    assert 0.4 <= candidates(means, ("direct",))[0].cost_s < 0.8


class Sure:
    """A model that gives the known potential, with errors that grow with r."""

    def __init__(self, potential):
        self.potential = potential

    def predict(self, *target):
        r = self.potential.r_nm
        return Prediction(r, self.potential.u_kj_per_mol, 0.1 * r, 3.0, 0.1, 1.0, 0.1, 3.0, True, 0.4, False)


def test_a_trained_model_s_potential_comes_with_its_error(means, reference):
    models = dict.fromkeys(("published", "flagship"), Sure(reference[0]))
    own = replace(means, trained=models)
    found = {candidate.method: candidate for candidate in candidates(own, ("inversion", "network", "network+friction"))}
    for method in ("network", "network+friction"):
        np.testing.assert_allclose(found[method].potential_error_kj_per_mol, 0.1 * found[method].potential.r_nm)
    assert found["inversion"].potential_error_kj_per_mol is None


def test_without_an_inversion_its_methods_say_so(means):
    write_json(means.inversion / "summary.json", {"outcome": "crystal", "reason": "froze", "diffusion_nm2_per_ns": None, "wall_s": 7.0})
    methods = ("inversion", "mass-scaled", "inversion+langevin", "inversion+dpd")
    found = candidates(means, methods)
    assert [candidate.outcome for candidate in found] == [Outcome.NO_PARENT] * 4
    assert all("crystal: froze" in candidate.reason for candidate in found)
    assert found[0].cost_s >= 7


def test_an_inversion_that_did_not_converge_is_tried_and_says_so(means):
    summary = {"outcome": "not-converged", "reason": "20 updates", "diffusion_nm2_per_ns": 3.0, "wall_s": 7.0}
    write_json(means.inversion / "summary.json", summary)
    (found,) = candidates(means, ("inversion",))
    assert found.potential is not None
    assert found.notes == ("the inversion did not converge: 20 updates",)


def test_direct_is_the_potential_of_mean_force(means):
    (found,) = candidates(means, ("direct",))
    rdf = means.reference.rdf
    middle = (rdf.r_nm > 0.5) & (rdf.r_nm < 1.0)
    expected = -thermal_energy(298.15) * np.log(rdf.g[middle])
    # smoothed over a bin and shifted to zero at the cutoff
    assert np.corrcoef(found.potential.energy(rdf.r_nm[middle]), expected)[0, 1] > 0.98
    assert found.friction_per_ps == 0


def test_friction_makes_the_inversion_as_slow_as_the_liquid(means):
    """The liquid diffuses half as fast as the beads of its own potential: drag alone would have to double."""
    (found,) = candidates(means, ("inversion+langevin",))
    assert found.thermostat == "langevin"
    assert found.model.thermostat == "langevin"
    inverse = 1000 / means.reference.diffusion.value / 2
    drag = thermal_energy(298.15) / 86.0 * inverse
    assert 0.3 * drag < found.friction_per_ps < 1.5 * drag
    assert found.cost_s > 50


@pytest.mark.parametrize("thermostat", ["langevin", "dpd"])
def test_a_friction_that_cannot_be_found_is_an_outcome(means, monkeypatch, thermostat):
    def failing(wanted, potential, kind, engine, options, runs, seed):
        assert (kind, runs) == (thermostat, RUNS)
        return FoundFriction(Estimate(0.0, 0.0), pd.DataFrame(), Outcome.CRYSTAL, "froze")

    monkeypatch.setattr(module, "find_friction", failing)
    (found,) = candidates(means, (f"inversion+{thermostat}",))
    assert (found.outcome, found.reason, found.potential) == (Outcome.CRYSTAL, "froze", None)


def test_the_inversion_with_pressure_aims_at_the_liquid_s_own(means, monkeypatch):
    seen = []
    inner = module.invert

    def watched(target, *rest):
        seen.append(target)
        return inner(target, *rest)

    monkeypatch.setattr(module, "invert", watched)
    (found,) = candidates(means, ("inversion+pressure",))
    assert seen[0].pressure_bar == means.reference.pressure_bar
    assert found.outcome in (Outcome.OK, Outcome.NOT_CONVERGED)
    assert (found.potential is not None) == (found.outcome is Outcome.OK)


def test_the_flagship_s_variants_get_three_runs(means, monkeypatch):
    flagship = FlagshipModel.__new__(FlagshipModel)
    means.trained["flagship"] = flagship
    potential = module.read_potential(means.inversion / "potential.csv")

    def conservative(wanted, trained, engine, options, runs, weight, seed):
        assert (trained, options, runs, weight) == (flagship, SHORT, RUNS, CONSERVATIVE_WEIGHT)
        return Predicted(CoarseModel(potential, 0.0), None)

    def refined(wanted, found, mobility, engine, options, runs, seed):
        assert (mobility, options, runs) == (flagship, SHORT, RUNS)
        return Predicted(CoarseModel(found.model.potential, 2.5), None)

    monkeypatch.setattr(module, "refine_conservative", conservative)
    monkeypatch.setattr(module, "predict", lambda wanted, trained: Predicted(CoarseModel(potential, 2.0), None))
    monkeypatch.setattr(module, "refined", refined)
    found = candidates(means, ("refined", "network+friction", "conservative"))
    assert [candidate.friction_per_ps for candidate in found] == [0.0, 2.0, 2.5]
