import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification

RUN = CliRunner()
STATE = ["--density", "4.6", "--temperature", "298.15", "--mass", "86"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory, soft):
    """g(r) of a liquid whose potential is known."""
    options = CoarseGrainedOptions(beads=400, equilibration_ps=15, production_ps=100, sample_interval_ps=0.2)
    observables = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(3, 12))
    result = get_engine("ensemble").run([RunSpecification(soft, 86.0, 4.6, 298.15, 11, options=options, observables=observables)])[0]
    path = tmp_path_factory.mktemp("measured") / "rdf.csv"
    result.rdf.write_csv(path)
    return path


def test_from_a_rdf_to_a_potential(measured, tmp_path, soft):
    out = tmp_path / "out"
    result = RUN.invoke(
        app,
        ["invert", "--rdf", str(measured), *STATE, "--out", str(out), "--cutoff", "1.2", "--update-ps", "40", "--final-ps", "80"],
    )
    assert result.exit_code == 0, result.output
    summary = json.loads((out / "summary.json").read_text())
    assert summary["outcome"] == "ok"
    assert summary["converged"]
    # the target's own noise adds to S: 100 ps of 400 beads, about 5e-4
    assert summary["structure_error"] < 0.003
    assert {"seed", "versions", "config_hash", "wall_s", "updates", "pressure_bar", "diffusion_nm2_per_ns"} <= set(summary)
    history = pd.read_csv(out / "history.csv")
    assert history["update"].nunique() == summary["updates"] < 15
    assert (history["structure_error"].iloc[-1]) < history["structure_error"].max()
    potential = pd.read_csv(out / "potential.csv")
    assert list(potential) == ["r_nm", "u_kj_per_mol", "f_kj_per_mol_nm"]
    well = potential[(potential["r_nm"] > 0.45) & (potential["r_nm"] < 1.0)]
    # g alone leaves a nearly flat ramp in U free; kT is 2.5 kJ/mol
    assert np.std(well["u_kj_per_mol"] - soft.energy(well["r_nm"])) < 0.5
    assert list(pd.read_csv(out / "rdf.csv")) == ["r_nm", "g", "g_err"]


def test_direct_inversion_is_one_run(measured, tmp_path):
    out = tmp_path / "out"
    arguments = ["--method", "direct", "--cutoff", "1.2", "--update-ps", "20", "--final-ps", "40"]
    result = RUN.invoke(app, ["invert", "--rdf", str(measured), *STATE, "--out", str(out), *arguments])
    assert result.exit_code == 0, result.output
    assert json.loads((out / "summary.json").read_text())["updates"] == 1


def test_one_potential_for_two_states(measured, tmp_path):
    out = tmp_path / "out"
    states = ["--rdf", str(measured), *STATE, "--weight", "1"] * 2
    result = RUN.invoke(app, ["invert", *states, "--out", str(out), "--cutoff", "1.2", "--update-ps", "40", "--final-ps", "40"])
    assert result.exit_code == 0, result.output
    summary = json.loads((out / "summary.json").read_text())
    assert summary["states"] == 2
    assert summary["density_per_nm3"] == [4.6, 4.6]
    assert set(pd.read_csv(out / "history.csv")["state"]) == {0, 1}


def edited(path, change):
    frame = pd.read_csv(path)
    change(frame)
    frame.to_csv(path, index=False)


WRONG = {
    "Angstrom": (lambda f: f.__setitem__("r_nm", 10 * f["r_nm"]), STATE, "multiply r by 0.1"),
    "swapped columns": (lambda f: f.__setitem__(["r_nm", "g"], f[["g", "r_nm"]].to_numpy()), STATE, "r_nm must increase"),
    "negative g": (lambda f: f.__setitem__("g", f["g"] - 1), STATE, "g must not be negative"),
    "no number": (lambda f: f.__setitem__("g", f["g"].where(f.index != 40)), STATE, "expected a finite number"),
    "not normalised": (lambda f: f.__setitem__("g", 50 * f["g"]), STATE, "not at 1"),
    "density in g/cm3": (lambda f: None, ["--density", "0.66", "--temperature", "298", "--mass", "86"], "another liquid's"),
    "density in 1/m3": (lambda f: None, ["--density", "4.6e27", "--temperature", "298", "--mass", "86"], "--density: found 4.6e+27"),
    "negative temperature": (lambda f: None, ["--density", "4.6", "--temperature", "-3", "--mass", "86"], "--temperature: found -3"),
    "mass in kg": (lambda f: None, ["--density", "4.6", "--temperature", "298", "--mass", "1.4e-25"], "--mass: found 1.4e-25"),
    "mass forgotten for a state": (lambda f: None, [*STATE, "--mass", "80"], "--mass: given 2 times, --rdf 1 times"),
    "a weight of zero": (lambda f: None, [*STATE, "--weight", "0"], "--weight: must be positive"),
    "no updates": (lambda f: None, [*STATE, "--updates", "0"], "--updates: must be positive"),
    "few beads": (lambda f: None, [*STATE, "--beads", "3"], "beads"),
    "short cutoff": (lambda f: None, [*STATE, "--cutoff", "0.3"], "cutoff_nm"),
    "no time": (lambda f: None, [*STATE, "--final-ps", "0"], "--final-ps: must be positive"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told_and_nothing_written(measured, tmp_path, name):
    change, arguments, message = WRONG[name]
    path, out = tmp_path / "rdf.csv", tmp_path / "out"
    path.write_bytes(measured.read_bytes())
    edited(path, change)
    result = RUN.invoke(app, ["invert", "--rdf", str(path), *arguments, "--out", str(out)])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert not out.exists()


def test_molecules_stand_once_for_each_state(tmp_path, measured):
    states = 2 * ["--rdf", str(measured), *STATE]
    result = RUN.invoke(app, ["invert", *states, "--molecules", "64", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "--molecules: given 1 times, --rdf 2 times" in result.output
