import json
import re

import numpy as np
import pytest
from typer.testing import CliRunner

from mobcg.cli.main import app
from mobcg.interop import votca
from mobcg.observables.rdf import RadialDistribution, read_rdf
from mobcg.potential.pair import read_potential
from tests.conftest import lennard_jones

RUN = CliRunner()
STATE = ["--mass", "86", "--density", "4.6", "--temperature", "298.15"]

FILES = {
    "csv": {"potential.csv"},
    "votca": {"bead-bead.pot"},
    "lammps": {"bead.table", "liquid.in.example"},
    "gromacs": {"table_BEAD_BEAD.xvg", "lennard_jones.top", "lennard_jones.mdp", "bead.gro"},
    "openmm": {"system.xml", "integrator.xml"},
}


@pytest.fixture
def source(tmp_path, soft):
    soft.write_csv(tmp_path / "potential.csv")
    return tmp_path / "potential.csv"


def run(*words):
    return RUN.invoke(app, ["export", *map(str, words)])


def summary(out):
    return json.loads((out / "summary.json").read_text())


@pytest.mark.parametrize("to", list(FILES))
def test_files_summary_and_the_way_back(tmp_path, source, soft, to):
    out = tmp_path / to
    result = run("--potential", source, "--format", to, "--out", out, *STATE, "--friction", 5)
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == FILES[to] | {"summary.json"}
    written = summary(out)
    assert written["format"] == to
    assert written["cutoff_nm"] == 1.2
    assert written["points"] >= 91
    assert written["largest_energy_deviation_kj_per_mol"] < 1e-7
    assert written["largest_force_deviation_kj_per_mol_nm"] < 1e-4
    assert written["friction_per_ps"] == 5
    assert written["thermostat"] == "langevin"
    main = {"csv": "potential.csv", "votca": "bead-bead.pot", "gromacs": "table_BEAD_BEAD.xvg", "openmm": "system.xml"}.get(
        to, "bead.table"
    )
    assert f"{out / main}: " in result.output
    back = run("--potential", out / main, "--from", to, "--format", "csv", "--out", tmp_path / "back")
    assert back.exit_code == 0, back.output
    r = np.linspace(0.3, 1.199, 300)
    assert read_potential(tmp_path / "back" / "potential.csv").energy(r) == pytest.approx(soft.energy(r), abs=1e-6)


def test_gromacs_is_told_of_its_limit_and_of_the_fit(tmp_path, source):
    result = run("--potential", source, "--format", "gromacs", "--out", tmp_path / "out", "--temperature", 298.15)
    assert result.exit_code == 0
    assert "GROMACS since 2020 cannot run tabulated nonbonded pairs" in result.output
    fit = summary(tmp_path / "out")["lennard_jones"]
    assert fit["rms_error_kT"] > 0.1
    assert re.search(r"off by 0\.\d+ kT \(rms\) and up to \S+ kT where U < 4 kT; it is not the table", result.output)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"table_BEAD_BEAD.xvg", "summary.json"}
    bare = run("--potential", source, "--format", "gromacs", "--out", tmp_path / "bare")
    assert "give --temperature to fit the Lennard-Jones potential" in bare.output
    assert "lennard_jones" not in summary(tmp_path / "bare")


def test_a_lennard_jones_liquid_comes_through_gromacs_whole(tmp_path):
    lennard_jones(0.5, 1.5, 1.25).write_csv(tmp_path / "lj.csv")
    run("--potential", tmp_path / "lj.csv", "--format", "gromacs", "--out", tmp_path / "out", *STATE, "--friction", 4)
    fit = summary(tmp_path / "out")["lennard_jones"]
    assert fit["sigma_nm"] == pytest.approx(0.5, rel=1e-5)
    assert fit["epsilon_kj_per_mol"] == pytest.approx(1.5, rel=1e-4)
    assert fit["largest_error_kT"] < 1e-3
    assert "tau-t         = 0.25\n" in (tmp_path / "out" / "lennard_jones.mdp").read_text()


def test_without_a_lennard_jones_fit_the_reason_is_said(tmp_path, source):
    r = np.linspace(0.3, 1.2, 91)
    (tmp_path / "p.csv").write_text("r_nm,u_kj_per_mol\n" + "\n".join(f"{a},{5 * (0.5 / a) ** 6 - 5 * (0.5 / 1.2) ** 6}" for a in r))
    result = run("--potential", tmp_path / "p.csv", "--format", "gromacs", "--out", tmp_path / "out", "--temperature", 298.15)
    assert result.exit_code == 0
    assert "no Lennard-Jones potential is near" in result.output
    assert summary(tmp_path / "out")["lennard_jones"] is None
    dpd = run("--potential", source, "--format", "gromacs", "--out", tmp_path / "dpd", *STATE, "--friction", 5, "--thermostat", "dpd")
    assert "GROMACS has no friction between pairs" in dpd.output
    assert not (tmp_path / "dpd" / "lennard_jones.mdp").exists()


def test_distributions(tmp_path):
    r = 0.01 * np.arange(150)
    RadialDistribution(r, 1 - np.exp(-((r / 0.5) ** 8)), 0.01 * np.ones_like(r)).write_csv(tmp_path / "rdf.csv")
    result = run("--rdf", tmp_path / "rdf.csv", "--format", "votca", "--out", tmp_path / "votca")
    assert result.exit_code == 0, result.output
    target = tmp_path / "votca" / "bead-bead.dist.tgt"
    assert votca.read_distribution(target).g == pytest.approx(read_rdf(tmp_path / "rdf.csv").g)
    run("--rdf", target, "--from", "votca", "--format", "csv", "--out", tmp_path / "csv")
    assert read_rdf(tmp_path / "csv" / "rdf.csv").g == pytest.approx(read_rdf(tmp_path / "rdf.csv").g)


def test_lammps_units_of_a_table_to_read_and_to_write(tmp_path, source, soft):
    run("--potential", source, "--format", "lammps", "--lammps-units", "metal", "--out", tmp_path / "metal")
    assert (tmp_path / "metal" / "bead.table").read_text().startswith("# UNITS: metal")
    assert (tmp_path / "metal" / "liquid.in.example").read_text().startswith("# units metal\npair_style")
    bare = tmp_path / "bare.table"
    bare.write_text((tmp_path / "metal" / "bead.table").read_text().split("\n", 1)[1])
    refused = run("--potential", bare, "--from", "lammps", "--format", "csv", "--out", tmp_path / "back")
    assert refused.exit_code == 2
    assert "no UNITS: tag" in refused.output
    taken = run("--potential", bare, "--from", "lammps", "--lammps-units", "metal", "--format", "csv", "--out", tmp_path / "back")
    assert taken.exit_code == 0, taken.output
    assert read_potential(tmp_path / "back" / "potential.csv").energy(0.5) == pytest.approx(float(soft.energy(0.5)), rel=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "amber"], "--format: found 'amber'; allowed: csv, votca, lammps, gromacs, openmm"),
        (["--format", "csv", "--from", "amber"], "--from: found 'amber'; allowed"),
        (["--format", "lammps", "--thermostat", "nose"], "--thermostat: found 'nose'; allowed: langevin, dpd"),
        (["--format", "openmm"], "--format openmm writes a whole liquid and needs --mass, --density, --temperature too"),
        (["--format", "openmm", "--mass", "86"], "needs --density, --temperature too"),
        (["--format", "lammps", "--friction", "5"], "--friction is written into an input for a whole liquid, which needs --mass"),
        (["--format", "lammps", *STATE, "--friction", "-5"], "--friction: must be zero or positive, found -5"),
        (["--format", "lammps", *STATE, "--thermostat", "dpd"], "--thermostat dpd needs --friction"),
        (["--format", "lammps", *STATE[2:], "--mass", "0"], "--mass: found 0; expected 1 to"),
        (["--format", "lammps", "--lammps-units", "lj"], "'lj' are not known here; allowed: real, metal, nano"),
        (["--format", "openmm", *STATE, "--beads", "50"], "more than half the box of 2.215 nm: use more than 50 beads"),
        (["--format", "gromacs", "--temperature", "-3"], "--temperature: must be positive, found -3"),
        (["--format", "lammps", "--rdf", "rdf.csv"], "--rdf: lammps has no format of g(r); csv and votca have"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(tmp_path, source, words, message):
    result = run("--potential", source, "--out", tmp_path / "out", *words)
    assert result.exit_code == 2, result.output
    assert message in result.output.replace("\n", " ")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_nothing_to_write_and_absent_files(tmp_path):
    assert "nothing to write: give --potential or --rdf" in run("--format", "csv", "--out", tmp_path).output
    absent = run("--potential", tmp_path / "absent.csv", "--format", "votca", "--out", tmp_path / "out")
    assert absent.exit_code == 2
    assert "absent.csv: no such file" in absent.output
    wrong = run("--rdf", "a.table", "--from", "lammps", "--format", "csv", "--out", tmp_path / "out")
    assert "lammps has no format of g(r)" in wrong.output
