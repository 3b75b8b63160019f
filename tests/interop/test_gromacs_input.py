import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from mobcg.interop import lennard_jones
from mobcg.interop.gromacs_input import write_bead, write_settings, write_topology
from mobcg.outcomes import InputError
from tests.interop.conftest import energy_and_forces, scattered

needs_gromacs = pytest.mark.skipif(shutil.which("gmx") is None, reason="needs GROMACS (gmx)")


def gmx(folder, *words, given=""):
    finished = subprocess.run(["gmx", "-quiet", "-nobackup", *words], cwd=folder, input=given, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-1500:]
    return finished.stdout


def prepare(folder, soft, liquid):
    fit = lennard_jones.fit(soft, liquid.temperature_K)
    write_topology(folder / "lj.top", fit, liquid)
    write_settings(folder / "lj.mdp", soft.cutoff_nm, liquid)
    # three decimals are what the format holds
    positions = np.round(scattered(liquid.beads, liquid.box_nm, closest_nm=0.42), 3)
    rows = [f"{i:5d}BEAD  {'BEAD':>4s} {i:4d}{x:8.3f}{y:8.3f}{z:8.3f}" for i, (x, y, z) in enumerate(positions, 1)]
    edge = f"{liquid.box_nm:.5f}"
    (folder / "start.gro").write_text("\n".join(["beads", str(liquid.beads), *rows, f"{edge} {edge} {edge}", ""]))
    return fit, positions, float(edge)


@needs_gromacs
def test_gromacs_computes_the_energy_of_the_fit(tmp_path, soft, liquid):
    """In single precision, 1e-5 of the sum of the pairs' magnitudes."""
    fit, positions, edge = prepare(tmp_path, soft, liquid)
    text = (tmp_path / "lj.mdp").read_text()
    (tmp_path / "lj.mdp").write_text(text.replace("nsteps        = 10000", "nsteps        = 0"))
    gmx(tmp_path, "grompp", "-f", "lj.mdp", "-c", "start.gro", "-p", "lj.top", "-o", "lj.tpr")
    gmx(tmp_path, "mdrun", "-s", "lj.tpr", "-deffnm", "lj", "-nt", "1")
    table = gmx(tmp_path, "energy", "-f", "lj.edr", "-o", "lj.xvg", given="LJ-(SR)\n\n")
    found = float(re.findall(r"LJ \(SR\)\s+(\S+)", table)[-1])

    class Fit:
        energy = staticmethod(fit.energy)
        force = staticmethod(lambda r: np.zeros_like(r))

    expected, _ = energy_and_forces(Fit, positions, edge)
    assert abs(expected) > 10
    assert found == pytest.approx(expected, rel=1e-4)


@needs_gromacs
def test_the_settings_run_with_the_friction(tmp_path, soft, liquid):
    """The mean of 40 samples 0.25 ps apart at 5/ps: 5.6 % a sample over the root of some 30 is 1 %; allowed are five errors."""
    prepare(tmp_path, soft, liquid)
    text = (tmp_path / "lj.mdp").read_text()
    assert re.search(r"integrator +sd\n.*tau-t += 0\.2\n", text.replace("= sd", "sd"), re.DOTALL)
    (tmp_path / "lj.mdp").write_text(text.replace("nsteps        = 10000", "nsteps        = 2000").replace("= 100\n", "= 25\n"))
    gmx(tmp_path, "grompp", "-f", "lj.mdp", "-c", "start.gro", "-p", "lj.top", "-o", "lj.tpr")
    gmx(tmp_path, "mdrun", "-s", "lj.tpr", "-deffnm", "lj", "-nt", "1")
    table = gmx(tmp_path, "energy", "-f", "lj.edr", "-o", "lj.xvg", "-b", "5", given="Temperature\n\n")
    assert float(re.findall(r"Temperature\s+(\S+)", table)[-1]) == pytest.approx(298.15, rel=0.05)


@needs_gromacs
def test_one_bead_fills_a_box(tmp_path, soft, liquid):
    write_bead(tmp_path / "bead.gro", liquid)
    gmx(tmp_path, "genconf", "-f", "bead.gro", "-nbox", "6", "6", "6", "-o", "start.gro")
    lines = (tmp_path / "start.gro").read_text().splitlines()
    assert int(lines[1]) == 216
    # five decimals of the bead's share, six times
    assert np.array(lines[-1].split(), dtype=float) == pytest.approx(liquid.box_nm, abs=6e-5)
    write_topology(tmp_path / "lj.top", lennard_jones.fit(soft, 298.15), liquid)
    write_settings(tmp_path / "lj.mdp", 1.1, liquid)
    gmx(tmp_path, "grompp", "-f", "lj.mdp", "-c", "start.gro", "-p", "lj.top", "-o", "lj.tpr")


def test_gromacs_has_no_pair_friction(tmp_path, liquid):
    with pytest.raises(InputError, match=r"no friction between pairs \(dpd\)"):
        write_settings(tmp_path / "lj.mdp", 1.2, replace(liquid, thermostat="dpd"))
