import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from mobcg.cli import app

RUN = CliRunner()
STATE = ["--density", "4.6", "--temperature", "298.15", "--mass", "86", "--beads", "200", "--time-ns", "0.06"]


@pytest.fixture
def table(tmp_path, soft):
    path = tmp_path / "potential.csv"
    soft.write_csv(path)
    return path


def simulated(table, out, *arguments):
    result = RUN.invoke(app, ["simulate", "--potential", str(table), *STATE, "--out", str(out), *arguments])
    assert result.exit_code == 0, result.output
    return json.loads((out / "summary.json").read_text()), result.output


def test_friction_slows_and_leaves_the_structure(table, tmp_path):
    free, _ = simulated(table, tmp_path / "free")
    assert free["outcome"] == "ok"
    assert free["thermostat"] == "global"
    assert {"seed", "versions", "config_hash", "pressure_bar", "temperature_K", "friction_per_ps", "wall_s"} <= set(free)
    assert list(pd.read_csv(tmp_path / "free" / "msd.csv")) == ["time_ps", "msd_nm2"]
    rdf = tmp_path / "free" / "rdf.csv"
    rubbed, output = simulated(table, tmp_path / "rubbed", "--friction", "5", "--rdf", str(rdf), "--seed", "2")
    assert rubbed["thermostat"] == "langevin"
    assert rubbed["diffusion_nm2_per_ns"] < 0.6 * free["diffusion_nm2_per_ns"]
    # two runs of 60 ps and 200 beads with bins of 0.005 nm: S of their noise alone is about 0.002
    assert rubbed["structure_error"] < 0.01
    assert "S = " in output
    # a box of 20 molecules would show g 5 % too high: the wrong target for these 200 beads
    wrong, _ = simulated(table, tmp_path / "wrong", "--friction", "5", "--rdf", str(rdf), "--seed", "2", "--molecules", "20")
    assert wrong["structure_error"] > rubbed["structure_error"] + 0.001


def test_viscosity_frees_d_of_the_box(table, tmp_path):
    summary, _ = simulated(table, tmp_path / "out", "--time-ns", "0.2")
    assert summary["viscosity_mPa_s"] > 0
    assert summary["infinite_diffusion_nm2_per_ns"] > summary["diffusion_nm2_per_ns"]
    without, _ = simulated(table, tmp_path / "without", "--no-viscosity")
    assert without["viscosity_mPa_s"] is None


def test_goes_on_until_d_is_known_well_enough(table, tmp_path):
    summary, _ = simulated(table, tmp_path / "out", "--diffusion-error", "0.02", "--no-viscosity")
    assert summary["diffusion_error_nm2_per_ns"] <= 0.02 * summary["diffusion_nm2_per_ns"]
    assert summary["production_ps"] > 60
    assert summary["stop_reason"].startswith("D within")


WRONG = {
    "friction without thermostat": (["--friction", "2", "--thermostat", "global"], "needs --thermostat langevin or dpd"),
    "negative friction": (["--friction", "-2"], "--friction: must be zero or positive"),
    "density in g/m3": (["--density", "6.6e5"], "--density: found 660000"),
    "no time": (["--time-ns", "0"], "--time-ns: must be positive"),
    "molecules of no box": (["--molecules", "64"], "--molecules: tells the box that --rdf comes from"),
    "an end without a goal": (["--maximum-time-ns", "2"], "needs --diffusion-error"),
    "a goal beyond one": (["--diffusion-error", "3"], "--diffusion-error: found 3"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options_are_told(table, tmp_path, name):
    arguments, message = WRONG[name]
    out = tmp_path / "out"
    result = RUN.invoke(app, ["simulate", "--potential", str(table), *STATE, *arguments, "--out", str(out)])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert not out.exists()


def test_a_potential_with_a_hole_is_told(table, tmp_path):
    frame = pd.read_csv(table)
    frame.drop(index=range(40, 44)).to_csv(table, index=False)
    result = RUN.invoke(app, ["simulate", "--potential", str(table), *STATE, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "increase in even steps" in result.output


def test_a_folder_that_cannot_be_is_told_before_the_work(table, tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        result = RUN.invoke(app, ["simulate", "--potential", str(table), *STATE, "--time-ns", "1000", "--out", str(out)])
        assert result.exit_code == 2
        assert "is a file; name a folder" in " ".join(result.output.split())
