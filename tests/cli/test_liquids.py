import json

import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.liquids import load_liquid

RUN = CliRunner()


def add(folder, *words):
    return RUN.invoke(app, ["liquids", "add", *words, "--folder", str(folder)])


def test_a_liquid_is_added_and_shown(tmp_path):
    done = add(tmp_path, "2-methylpentane", "--smiles", "CC(C)CCC", "--temperature", "310", "--pressure", "2")
    assert done.exit_code == 0, done.output
    assert "20 atoms, 86.178 Da" in done.output
    liquid = load_liquid("2-methylpentane", tmp_path)
    assert (liquid.smiles, liquid.temperature_K, liquid.pressure_bar) == ("CC(C)CCC", 310.0, 2.0)
    shown = RUN.invoke(app, ["liquids", "2-methylpentane", "--folder", str(tmp_path)])
    assert "temperature_K: 310.0" in shown.output


def test_a_liquid_is_replaced_by_force_alone(tmp_path):
    assert add(tmp_path, "x", "--smiles", "CCCC").exit_code == 0
    refused = add(tmp_path, "x", "--smiles", "CCCCC")
    assert refused.exit_code == 2
    assert "is there already" in refused.output
    assert "--force" in refused.output
    assert load_liquid("x", tmp_path).smiles == "CCCC"
    assert add(tmp_path, "x", "--smiles", "CCCCC", "--force").exit_code == 0
    assert load_liquid("x", tmp_path).smiles == "CCCCC"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["../x", "--smiles", "CC"], "name: found '../x'"),
        (["x", "--smiles", "CC", "--temperature", "-3"], "temperature_K: found -3.0; input should be greater than 0"),
        (["x", "--smiles", "C=C"], "double and triple bonds have no parameters"),
        (["x", "--smiles", "CC.CC"], "holds 2 molecules"),
    ],
)
def test_no_file_is_written_for_what_cannot_be(tmp_path, words, message):
    done = add(tmp_path / "new", *words)
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "new").exists()


def test_a_check_run_gives_a_finite_density_and_energy(tmp_path):
    done = add(tmp_path, "isobutane", "--smiles", "CC(C)C", "--temperature", "250", "--check", "--json")
    assert done.exit_code == 0, done.output
    check = json.loads(done.stdout)["check"]
    assert check["outcome"] == "ok"
    assert 0.2 < check["density_g_per_cm3"] < 1
    assert -100 < check["energy_kj_per_mol"] < 200
    assert (tmp_path / "isobutane.yaml").exists()


def test_a_check_run_that_ends_badly_writes_nothing(tmp_path, monkeypatch):
    from mobcg.atomistic import trial
    from mobcg.outcomes import Outcome

    bad = trial.Trial(Outcome.BLOW_UP, "energies became infinite", None, None, 1.0)
    monkeypatch.setattr(trial, "trial_run", lambda *arguments: bad)
    done = add(tmp_path, "x", "--smiles", "CCCC", "--check")
    assert done.exit_code == 1
    assert "check run: blow-up: energies became infinite" in done.output
    assert not (tmp_path / "x.yaml").exists()
