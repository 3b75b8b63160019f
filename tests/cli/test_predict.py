import json
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mobcg.cli.main import app
from mobcg.potential.pair import read_potential

STATE = ["--mass", "90", "--density", "5.2", "--temperature", "310"]


@pytest.fixture(scope="module")
def rdf(tmp_path_factory):
    """g(r) of a liquid in the middle of the library: the mean that the shipped model knows."""
    from mobcg.prediction.shipped import find_trained

    model = find_trained("flagship")
    path = tmp_path_factory.mktemp("rdf") / "rdf.csv"
    length = 5.2 ** (-1 / 3)
    x = np.concatenate([np.arange(0.0, 0.3, 0.0125), model.grid])
    g = np.concatenate([np.zeros(24), np.maximum(model.array("g_mean"), 0)])
    pd.DataFrame({"r_nm": x * length, "g": np.where(x < 0.7, 0, g)}).to_csv(path, index=False)
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["predict", *map(str, arguments)])


def test_files_and_summary(tmp_path, rdf):
    result = run("--rdf", rdf, *STATE, "--diffusion", "3", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "friction" in result.output
    summary = json.loads((tmp_path / "summary.json").read_text())
    for key in ("outcome", "friction_per_ps", "in_domain", "diffusion_nm2_per_ns", "wall_s", "seed", "versions", "config_hash"):
        assert key in summary
    assert read_potential(tmp_path / "potential.csv").cutoff_nm == pytest.approx(summary["cutoff_nm"])
    assert (tmp_path / "prediction.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in (tmp_path / "exports").iterdir()} == {"votca", "lammps", "gromacs", "openmm"}
    assert set(pd.read_csv(tmp_path / "uncertainty.csv")) == {"r_nm", "u_kj_per_mol", "u_err_kj_per_mol"}


def test_an_ideal_gas_is_flagged(tmp_path):
    path = tmp_path / "ideal.csv"
    pd.DataFrame({"r_nm": np.arange(0.1, 2.5, 0.01), "g": 1.0}).to_csv(path, index=False)
    result = run("--rdf", path, *STATE, "--diffusion", "3", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["in_domain"] is False
    assert summary["outcome"] == "unusable-potential"


def test_a_crystal_is_flagged(tmp_path):
    """Fcc at 5.2 molecules a nm3, each molecule some 0.02 nm off its site."""
    r, edge = np.arange(0.0025, 2.0, 0.005), (4 / 5.2) ** (1 / 3)
    cells = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    sites = (cells + np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])).reshape(-1, 3) * edge
    shells = np.linalg.norm(sites, axis=1)
    shells = shells[(shells > 0) & (shells < 2.2)]
    g = np.exp(-((r[:, None] - shells) ** 2) / (2 * 0.03**2)).sum(1) / (0.03 * np.sqrt(2 * np.pi)) / (4 * np.pi * r**2 * 5.2)
    pd.DataFrame({"r_nm": r, "g": g}).to_csv(tmp_path / "fcc.csv", index=False)
    result = run("--rdf", tmp_path / "fcc.csv", *STATE, "--diffusion", "1", "--out", tmp_path / "out", "--no-exports", "--no-figure")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["in_domain"] is False


def test_a_diffusion_of_1000_is_flagged(tmp_path, rdf):
    result = run("--rdf", rdf, *STATE, "--diffusion", "1000", "--out", tmp_path, "--no-exports", "--no-figure")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "summary.json").read_text())["in_domain"] is False
    assert "out of domain" in result.output


def test_a_diffusion_faster_than_the_beads_is_told(tmp_path, rdf):
    result = run("--rdf", rdf, *STATE, "--diffusion", "30", "--out", tmp_path, "--no-exports", "--no-figure")
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["friction_per_ps"] == 0
    free = summary["conservative_diffusion_nm2_per_ns"]
    assert free < 30
    assert f"D wanted is more than these beads have without friction, {free:.4g} nm2/ns" in result.output


def test_the_error_of_d_is_in_that_of_the_friction(tmp_path, rdf):
    """With d gamma / d ln D from two more predictions: the friction for a D that is higher and lower by its error."""

    def friction(diffusion, *more):
        run("--rdf", rdf, *STATE, "--diffusion", diffusion, *more, "--out", tmp_path, "--no-exports", "--no-figure")
        summary = json.loads((tmp_path / "summary.json").read_text())
        return summary["friction_per_ps"], summary["friction_error_per_ps"]

    _, known = friction(2.0)
    _, unsure = friction(2.0, "--diffusion-error", 0.1)
    spread = 0.5 * (friction(1.9)[0] - friction(2.1)[0])
    assert unsure == pytest.approx(np.hypot(known, spread), rel=0.05)


def test_gromacs_is_said_to_get_another_liquid(tmp_path, rdf):
    result = run("--rdf", rdf, *STATE, "--diffusion", "3", "--out", tmp_path, "--no-figure")
    assert "exports/gromacs: the nearest Lennard-Jones potential" in result.output
    off = float(result.output.partition("potential, ")[2].split()[0])
    written = re.search(r"rms (\S+) kT", (tmp_path / "exports/gromacs/lennard_jones.top").read_text())
    assert float(written[1]) == pytest.approx(off, rel=0.05)


def test_molecules_of_a_small_box(tmp_path, rdf):
    """A g(r) that is too high by 1/N gives, once N is told, what the right one gives; without it another friction."""
    table = pd.read_csv(rdf)
    small = tmp_path / "small.csv"
    table.assign(g=table["g"] * (1 - 1 / 500) / (1 - 1 / 64)).to_csv(small, index=False)

    def friction(*options):
        result = run(*options, *STATE, "--diffusion", "3", "--beads", 500, "--out", tmp_path, "--no-exports", "--no-figure")
        assert result.exit_code == 0, result.output
        return json.loads((tmp_path / "summary.json").read_text())["friction_per_ps"]

    right = friction("--rdf", rdf)
    assert friction("--rdf", small, "--molecules", 64) == pytest.approx(right, rel=1e-6)
    assert abs(friction("--rdf", small) / right - 1) > 1e-3


@pytest.mark.parametrize("verified", [True, False])
def test_the_curves_of_an_earlier_verification_go(tmp_path, rdf, verified):
    """Files of these names that are no verification's stay."""
    (tmp_path / "summary.json").write_text(json.dumps({"mobility_error": 0.02 if verified else None}))
    for name in ("rdf.csv", "msd.csv"):
        (tmp_path / name).write_text("earlier")
    result = run("--rdf", rdf, *STATE, "--diffusion", "3", "--out", tmp_path, "--no-exports", "--no-figure")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "rdf.csv").exists() is (tmp_path / "msd.csv").exists() is (not verified)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--diffusion", "-1"], "--diffusion: must be positive"),
        (["--diffusion", "3", "--model", "none"], "no model 'none'"),
        (["--diffusion", "3", "--pressure", "1", "--refine", "0"], "--pressure needs runs"),
        (["--diffusion", "3", "--conservative", "--pressure", "1"], "--conservative: needs a flagship"),
    ],
)
def test_bad_input(tmp_path, rdf, options, message):
    result = run("--rdf", rdf, *STATE, *options, "--out", tmp_path)
    assert result.exit_code == 2
    assert message in result.output
