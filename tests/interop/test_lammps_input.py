import re
from dataclasses import replace

import numpy as np
import pytest

from mobcg.interop import lammps
from mobcg.interop.lammps_input import pair_lines, write_input
from tests.interop.programs import dumped, executable, has_pair_friction, lammps_head, run_lammps

needs_lammps = pytest.mark.skipif(executable() is None, reason="needs LAMMPS (lmp)")
needs_pair_friction = pytest.mark.skipif(not has_pair_friction(), reason="needs LAMMPS with dpd/tstat (package DPD-BASIC)")

COLD = 1e-12
MASS, FRICTION, CUTOFF = 86.0, 4.0, 1.2


def lines_of(tmp_path, liquid, units):
    write_input(tmp_path / "liquid.in.example", "bead.table", CUTOFF, units, liquid)
    return (tmp_path / "liquid.in.example").read_text().splitlines()


@needs_pair_friction
@pytest.mark.parametrize("units", list(lammps.UNIT_STYLES))
def test_pair_friction_in_lammps_is_the_friction_of_the_engines(tmp_path, liquid, units, soft):
    """Without temperature, and so without noise, two beads feel -m gamma (1 - r/cutoff)2 (v.e) e beside the potential."""
    cold = replace(liquid, temperature_K=COLD, thermostat="dpd", friction_per_ps=FRICTION)
    style, r, speed = lammps.unit_style(units), 0.7, 3.0
    positions = np.array([[1.0, 1.0, 1.0], [1.0 + r, 1.0, 1.0]])
    velocities = np.array([[speed, 0.2, 0], [0, 0, 0]])
    lammps.write_potential(tmp_path / "bead.table", soft, units)
    pair = [line for line in lines_of(tmp_path, cold, units) if line.startswith("pair_")]
    assert len(pair) == 3
    head = lammps_head(tmp_path, style, units, positions, 3.0, MASS, velocities)
    dump = ["dump forces all custom 1 forces.txt fx fy fz", "dump_modify forces sort id format float %.12g", "run 0"]
    run_lammps(tmp_path, [*head, *pair, *dump])
    found = dumped(tmp_path / "forces.txt", 3)[0] * style.energy_kj_per_mol / style.length_nm
    drag = MASS * FRICTION * (1 - r / CUTOFF) ** 2 * speed
    assert drag > 10 * abs(float(soft.force(r)))
    # LAMMPS' conversion factors hold seven digits, its noise at 1e-12 K is 1e-5 of the drag
    assert found == pytest.approx([-drag - float(soft.force(r)), 0, 0], abs=1e-4 * drag)


@needs_lammps
@pytest.mark.parametrize("units", list(lammps.UNIT_STYLES))
def test_langevin_friction_in_lammps_is_the_friction_of_the_engines(tmp_path, liquid, units):
    """Without temperature a lone bead slows down as exp(-friction time); LAMMPS' step is off by (friction step)/2 of the exponent."""
    cold = replace(liquid, temperature_K=COLD, friction_per_ps=FRICTION, timestep_ps=0.001)
    style = lammps.unit_style(units)
    positions, velocities = np.array([[1.0, 1.0, 1.0], [2.5, 2.5, 2.5]]), np.array([[0.3, 0, 0], [0, 0, 0]])
    fixes = [line for line in lines_of(tmp_path, cold, units) if line.startswith(("fix", "timestep"))]
    assert len(fixes) == 3
    head = lammps_head(tmp_path, style, units, positions, 3.0, MASS, velocities)
    dump = ["dump speeds all custom 500 speeds.txt vx", "dump_modify speeds sort id format float %.12g", "run 500"]
    run_lammps(tmp_path, [*head, "pair_style zero 5.0", "pair_coeff * *", *fixes, *dump])
    found = dumped(tmp_path / "speeds.txt", 1)[0, 0] * style.length_nm / style.time_ps
    assert np.log(0.3 / found) == pytest.approx(FRICTION * 0.5, rel=2 * FRICTION * 0.001)


@needs_lammps
@pytest.mark.parametrize(
    ("thermostat", "friction"), [("global", 0.0), ("langevin", 5.0), pytest.param("dpd", 5.0, marks=needs_pair_friction)]
)
def test_the_example_runs_and_keeps_the_temperature(tmp_path, soft, liquid, thermostat, friction):
    """216 beads over 200 samples 0.5 ps apart: sqrt(2/(3 216)) = 5.6 % a sample, all but independent, so 3 % is over five errors."""
    asked = replace(liquid, thermostat=thermostat, friction_per_ps=friction)
    lammps.write_potential(tmp_path / "bead.table", soft)
    lines = lines_of(tmp_path, asked, "real")
    output = run_lammps(tmp_path, [line.replace("thermo 1000", "thermo 50") for line in lines])
    assert "216 atoms" in output
    density = 216 / np.prod([float(word) / 10 for word in re.findall(r"to \((\S+) (\S+) (\S+)\)", output)[0]])
    assert density == pytest.approx(4.6, rel=1e-4)
    table = re.split(r"^ *Step +Temp.*$", output, flags=re.MULTILINE)[-1].split("Loop time")[0].splitlines()
    temperatures = [float(line.split()[1]) for line in table if line.split() and line.split()[0].isdigit()][20:]
    assert len(temperatures) > 150
    assert np.mean(temperatures) == pytest.approx(298.15, rel=0.03)


def test_without_a_liquid_only_the_lines_of_the_potential(tmp_path):
    assert lines_of(tmp_path, None, "metal") == ["# units metal", *pair_lines("bead.table")]
