import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import RunSpecification
from mobcg.evaluation.candidates import METHODS, Candidate, candidates
from mobcg.evaluation.evaluate import COLUMNS, evaluate
from mobcg.evaluation.reference import Reference, read_reference
from mobcg.evaluation.stage import evaluate_liquid
from mobcg.files import write_csv, write_json
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential

RUNS = CoarseGrainedOptions(beads=125, equilibration_ps=5, production_ps=30, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(2.0, 8.0))


@pytest.fixture(scope="module")
def reference():
    """A liquid of a known potential stands for the atomistic one: it diffuses half as fast as its beads do without friction."""
    r = np.linspace(0.3, 1.2, 91)
    u = (60.0 * np.exp(-(r - 0.3) / 0.05) - 1.5 * np.exp(-(((r - 0.62) / 0.12) ** 2))) * (1 - np.clip((r - 1.0) / 0.2, 0, 1) ** 2)
    potential = PairPotential(r, u)
    result = OpenMMEngine().run([RunSpecification(potential, 86.0, 4.6, 298.15, 99, options=RUNS, observables=BINS, r_max_nm=1.2)])[0]
    assert result.ok
    measured = result.diffusion.diffusion
    slower = Estimate(measured.value / 2, measured.error / 2)
    return potential, Reference(
        "a", result.rdf, slower, 86.0, 4.6, 298.15, result.box_nm, result.diffusion.time_ps, result.diffusion.msd_nm2
    )


def test_the_true_potential_has_no_structure_error_and_mass_scaling_mends_the_mobility(reference):
    potential, target = reference
    models = [Candidate("inversion", 86.0, potential), Candidate("mass-scaled", 4 * 86.0, potential)]
    table = evaluate(target, models, 3, RUNS, BINS, 1).table.set_index("method")
    assert list(table["outcome"]) == ["ok", "ok"]
    # noise of g alone
    assert (table["structure_error"] < 0.01).all()
    plain, scaled = table.loc["inversion"], table.loc["mass-scaled"]
    assert plain["mobility_error"] == pytest.approx(np.log(2), abs=4 * plain["mobility_error_err"])
    # |ln| of a ratio near 1 is of the size of its error; the law D ~ 1/sqrt(m) is exact
    assert scaled["mobility_error"] < 4 * scaled["mobility_error_err"]
    assert plain["combined_error"] == pytest.approx(plain["structure_error"] + plain["mobility_error"])


def test_a_method_that_fails_keeps_its_row_and_reason(reference):
    _, target = reference
    broken = Candidate("network", 86.0, outcome=Outcome.UNUSABLE_POTENTIAL, reason="the core does not repel")
    evaluation = evaluate(target, [broken], 2, RUNS, BINS, 1)
    row = evaluation.table.iloc[0]
    assert tuple(evaluation.table.columns) == COLUMNS
    assert row["outcome"] == "unusable-potential"
    assert np.isnan(row["structure_error"])
    assert set(evaluation.rdf["method"]) == {"atomistic"}
    assert evaluation.potential.empty


class Refusing:
    """A model that has nothing to say."""

    def predict(self, *target):
        raise InputError("g ends too early")


def test_candidates_in_order_with_scaled_mass_and_refusals(reference, tmp_path):
    potential, target = reference
    potential.write_csv(tmp_path / "potential.csv")
    write_json(tmp_path / "summary.json", {"outcome": "ok", "reason": "", "diffusion_nm2_per_ns": 3 * target.diffusion.value})
    found = candidates(target, tmp_path, {"published": Refusing(), "flagship": Refusing()})
    assert tuple(candidate.method for candidate in found) == METHODS
    assert found[1].mass_Da == pytest.approx(9 * 86.0)
    assert found[2].outcome is Outcome.UNUSABLE_POTENTIAL
    assert "g ends too early" in found[3].reason


def test_without_an_inversion_its_methods_say_so(reference, tmp_path):
    _, target = reference
    write_json(tmp_path / "summary.json", {"outcome": "crystal", "reason": "froze", "diffusion_nm2_per_ns": None})
    found = candidates(target, tmp_path, {"published": Refusing(), "flagship": Refusing()})
    assert [candidate.outcome for candidate in found[:2]] == [Outcome.NO_PARENT] * 2
    assert "crystal: froze" in found[0].reason


def test_without_an_atomistic_liquid_every_method_says_so(tmp_path):
    write_json(tmp_path / "summary.json", {"sample": "a-reference", "liquid": "a", "outcome": "evaporated", "reason": "too hot"})
    write_csv(tmp_path / "rdf.csv", {"r_nm": [], "g": []})
    evaluation = evaluate_liquid("a", tmp_path, tmp_path, [], 1, RUNS, BINS, 1)
    assert list(evaluation.table["method"]) == list(METHODS)
    assert evaluation.table["reason"].str.contains("a-reference ended as evaporated: too hot").all()
    assert evaluation.rdf.empty
    assert isinstance(read_reference(tmp_path), str)
