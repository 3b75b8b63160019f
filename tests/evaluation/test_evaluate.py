import numpy as np
import pytest

from mobcg.config import EvaluationOptions, InversionOptions
from mobcg.evaluation.candidates import Candidate
from mobcg.evaluation.evaluate import COLUMNS, displacement, evaluate
from mobcg.evaluation.reference import read_reference
from mobcg.evaluation.stage import evaluate_liquid
from mobcg.files import write_csv, write_json
from mobcg.outcomes import Outcome
from tests.evaluation.conftest import BINS, RUNS


def test_the_true_potential_has_no_structure_error_and_mass_scaling_mends_the_mobility(reference):
    potential, target = reference
    models = [Candidate("inversion", 86.0, potential), Candidate("mass-scaled", 4 * 86.0, potential, cost_s=12.0)]
    table = evaluate(target, models, 3, RUNS, BINS, 1).table.set_index("method")
    assert list(table["outcome"]) == ["ok", "ok"]
    # noise of g alone
    assert (table["structure_error"] < 0.01).all()
    plain, scaled = table.loc["inversion"], table.loc["mass-scaled"]
    assert plain["mobility_error"] == pytest.approx(np.log(2), abs=4 * plain["mobility_error_err"])
    # |ln| of a ratio near 1 is of the size of its error; the law D ~ 1/sqrt(m) is exact
    assert scaled["mobility_error"] < 4 * scaled["mobility_error_err"]
    assert plain["combined_error"] == pytest.approx(plain["structure_error"] + plain["mobility_error"])
    assert list(table["thermostat"]) == ["global"] * 2
    assert list(table["cost_core_s"]) == [0.0, 12.0]
    # the reference moves half as far at all times: the same liquid does twice as much, the heavy one a quarter of it in free flight
    # (thermal velocities, v2 ~ 1/m) and the right way later; displacements of three runs of 30 ps are known within 5 % at 5 ps
    assert plain["msd_ratio_1ps"] == pytest.approx(2.0, rel=0.1)
    assert plain["msd_ratio_5ps"] == pytest.approx(2.0, rel=0.25)
    assert scaled["msd_ratio_1ps"] < 0.8 * plain["msd_ratio_1ps"]


def test_displacements_are_interpolated_inside_the_curve_alone():
    time = np.array([0.0, 0.5, 2.0, 8.0])
    diffusive = 0.03 * time
    assert displacement(time, diffusive, 1.0) == pytest.approx(0.03)
    assert displacement(time, 0.1 * time**2, 1.0) == pytest.approx(0.1)
    assert displacement(time, diffusive, 8.1) == pytest.approx(0.03 * 8.1), "a frame's rounding beyond the end"
    assert np.isnan([displacement(time, diffusive, wanted) for wanted in (0.3, 20.0)]).all()
    assert np.isnan(displacement(np.zeros(0), np.zeros(0), 1.0))


def test_friction_uses_the_candidate_s_thermostat(reference):
    potential, target = reference
    models = [Candidate(f"inversion+{name}", 86.0, potential, 3.0, thermostat=name) for name in ("langevin", "dpd")]
    table = evaluate(target, models, 1, RUNS, BINS, 1).table.set_index("method")
    assert list(table["thermostat"]) == ["langevin", "dpd"]
    assert list(table["outcome"]) == ["ok", "ok"]
    # the same number is a weaker friction between beads: it leaves the centre of each pair alone
    assert table["diffusion_nm2_per_ns"].is_monotonic_increasing


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


def test_without_an_atomistic_liquid_every_method_says_so(tmp_path):
    write_json(tmp_path / "summary.json", {"sample": "a-reference", "liquid": "a", "outcome": "evaporated", "reason": "too hot"})
    write_csv(tmp_path / "rdf.csv", {"r_nm": [], "g": []})
    options = EvaluationOptions(methods=("network", "direct"), replicas=1)
    evaluation = evaluate_liquid("a", tmp_path, tmp_path, [], options, InversionOptions(), RUNS, BINS, 1)
    assert list(evaluation.table["method"]) == ["direct", "network"]
    assert evaluation.table["reason"].str.contains("a-reference ended as evaporated: too hot").all()
    assert evaluation.rdf.empty
    assert isinstance(read_reference(tmp_path), str)
