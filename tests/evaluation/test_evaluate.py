from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import EvaluationOptions, InversionOptions
from mobcg.evaluation import evaluate as module
from mobcg.evaluation.candidates import Candidate
from mobcg.evaluation.evaluate import COLUMNS, evaluate
from mobcg.evaluation.isotherm import Isotherm
from mobcg.evaluation.reference import read_reference
from mobcg.evaluation.stage import evaluate_liquid
from mobcg.files import write_csv, write_json
from mobcg.observables.velocity import VelocityAutocorrelation
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


def test_density_at_pressure_compressibility_and_velocities(reference):
    """The reference is the liquid of the potential itself, at the pressure that it has at its density."""
    potential, target = reference
    target = replace(target, velocity=VelocityAutocorrelation(0.05 * np.arange(41), np.full(41, 0.05), np.full(41, 0.001)))
    found = evaluate(target, [Candidate("mass-scaled", 2 * 86.0, potential, notes=("a note",))], 1, RUNS, BINS, 1)
    row = found.table.iloc[0]
    assert row["density_AA_g_per_cm3"] == pytest.approx(4.6 * 86.0 / 602.214076)
    # the reference's pressure is from 30 ps of 125 beads, known within some 10 bar, by the modulus of 0.8 kbar 1 %
    assert row["density_at_pressure_g_per_cm3"] == pytest.approx(row["density_AA_g_per_cm3"], rel=0.04)
    assert row["density_at_pressure_error_g_per_cm3"] < 0.01
    assert 5 < row["compressibility_per_GPa"] < 30, "a soft liquid: its modulus is about 0.8 kbar"
    assert np.isnan(row["compressibility_AA_per_GPa"])
    assert row["velocity_error"] > 0
    assert row["notes"] == "a note"
    assert list(found.vacf["method"].unique()) == ["atomistic", "mass-scaled"]
    assert list(found.vacf.columns) == ["method", "time_ps", "vacf_nm2_per_ps2"]


def test_a_density_that_is_not_found_is_a_note(reference, monkeypatch):
    potential, target = reference
    failed = Isotherm(None, None, "the liquid boils", (), 100.0)
    monkeypatch.setattr(module, "find_density", lambda *asked: failed)
    row = evaluate(target, [Candidate("inversion", 86.0, potential, notes=("a note",))], 1, RUNS, BINS, 1).table.iloc[0]
    assert row["outcome"] == "ok"
    assert np.isnan(row["density_at_pressure_g_per_cm3"])
    assert row["notes"] == "a note; the liquid boils"
    assert row["wall_s"] > 100


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
