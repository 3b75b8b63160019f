import json

import numpy as np
import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.observables.rdf import read_rdf
from tests.observables import files

RUN = CliRunner()


@pytest.fixture
def water(tmp_path):
    read = files.trajectory(files.wrapped(files.paths(molecules=60, frames=400)))
    read.save(str(tmp_path / "run.xtc"))
    read[0].save(str(tmp_path / "system.pdb"))
    return ["--topology", str(tmp_path / "system.pdb"), "--trajectory", str(tmp_path / "run.xtc"), "--out", str(tmp_path / "out")]


def test_the_contract(water, tmp_path):
    done = RUN.invoke(app, ["observe", *water])
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["outcome"] == "ok"
    assert summary["molecules"] == 60
    assert summary["density_per_nm3"] == pytest.approx(60 / 8)
    assert summary["length_ps"] == pytest.approx(199.5)
    # steps of 0.03 nm a half picosecond: D = 0.03^2 / 2 / 0.5 ps = 0.9 nm2/ns
    assert abs(summary["diffusion_nm2_per_ns"] - 0.9) < 4 * summary["diffusion_error_nm2_per_ns"]
    assert read_rdf(tmp_path / "out" / "rdf.csv").g[-50:].mean() == pytest.approx(1, abs=0.1)
    assert "D = " in done.output
    assert "60 molecules of 18.015 Da" in done.output
    again = RUN.invoke(app, ["observe", *water, "--bin-width-nm", "0.01"])
    assert again.exit_code == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["config_hash"] != summary["config_hash"]


def test_options_reach_the_measurement(water, tmp_path):
    more = "--begin 20 --end 150 --stride 1 --fit-window-ps 2 12 --blocks 4 --temperature 300 --viscosity 1"
    done = RUN.invoke(app, ["observe", *water, *more.split(), "--mass", "O=18", "--mass", "H1=1", "--mass", "H2=1"])
    assert done.exit_code == 0, done.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["frames"] == 131
    assert summary["molar_mass_Da"] == pytest.approx(20.0)
    assert summary["temperature_K"] == 300
    assert summary["infinite_diffusion_nm2_per_ns"] > summary["diffusion_nm2_per_ns"]
    assert "without boundaries" in done.output


def test_a_short_run_is_a_result_with_advice(water, tmp_path):
    done = RUN.invoke(app, ["observe", *water, "--end", "20", "--fit-window-ps", "5", "20"])
    assert done.exit_code == 0
    assert "advice: no D: a run of 20 ps is too short for a fit of D up to 20 ps: add at least 20 ps" in done.output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["diffusion_nm2_per_ns"] is None


def test_a_crystal_is_a_result(tmp_path):
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    sites = (grid + basis).reshape(-1, 3) * 0.5
    centres = sites + np.random.default_rng(1).normal(0, 0.01, (60, 256, 3))
    read = files.trajectory(centres[:, :, None] + files.SITES, files.topology(256))
    read.save(str(tmp_path / "run.xtc"))
    read[0].save(str(tmp_path / "system.pdb"))
    where = ["--topology", str(tmp_path / "system.pdb"), "--trajectory", str(tmp_path / "run.xtc"), "--out", str(tmp_path / "out")]
    done = RUN.invoke(app, ["observe", *where])
    assert done.exit_code == 0, done.output
    assert "outcome: crystal" in done.output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["outcome"] == "crystal"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--residue", "XYZ"], "no residue is called 'XYZ'"),
        (["--mass", "heavy"], "expected a number or NAME=NUMBER, found 'heavy'"),
        (["--mass", "1", "--masses", "m.csv"], "not both"),
        (["--begin", "1000"], "no frame lies between"),
        (["--end", "0.2"], "at least two frames"),
        (["--viscosity", "1"], "needs the temperature"),
        (["--bin-width-nm", "5"], "leaves no bin"),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(water, tmp_path, more, message):
    done = RUN.invoke(app, ["observe", *water, *more])
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "out").exists()
