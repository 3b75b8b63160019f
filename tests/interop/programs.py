"""Runs of foreign programs on configurations of beads."""

import subprocess

import numpy as np

from benchmarks.lammps_liquid import executable


def has_pair_friction():
    """Whether LAMMPS was built with dpd/tstat, of its package DPD-BASIC."""
    program = executable()
    return program is not None and "dpd/tstat" in subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout


def run_lammps(folder, lines):
    """What LAMMPS printed."""
    (folder / "input.txt").write_text("\n".join([*lines, ""]))
    finished = subprocess.run(
        [executable(), "-in", "input.txt", "-log", "none"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert finished.returncode == 0, (finished.stdout + finished.stderr)[-1500:]
    assert "ERROR" not in finished.stdout
    return finished.stdout


def lammps_head(folder, style, units, positions_nm, box_nm, mass_Da, velocities_nm_per_ps=None):
    """Write the configuration and return the lines that read it."""
    edge, positions = box_nm / style.length_nm, positions_nm / style.length_nm
    head = ["beads", "", f"{len(positions)} atoms", "1 atom types", *(f"0 {edge:.14g} {axis}lo {axis}hi" for axis in "xyz")]
    rows = [f"{bead} 1 {x:.14g} {y:.14g} {z:.14g}" for bead, (x, y, z) in enumerate(positions, 1)]
    sections = ["Masses", "", f"1 {mass_Da / style.mass_Da:.14g}", "", "Atoms", "", *rows]
    if velocities_nm_per_ps is not None:
        speeds = velocities_nm_per_ps / style.length_nm * style.time_ps
        sections += ["", "Velocities", "", *(f"{bead} {x:.14g} {y:.14g} {z:.14g}" for bead, (x, y, z) in enumerate(speeds, 1))]
    (folder / "start.txt").write_text("\n".join([*head, "", *sections, ""]))
    return [f"units {units}", "atom_style atomic", "comm_modify vel yes", "read_data start.txt"]


def dumped(path, columns):
    """The last frame of a dump as (beads, columns)."""
    block = path.read_text().split("ITEM: TIMESTEP\n")[-1].split("ITEM: ATOMS", 1)[1].split("\n", 1)[1]
    return np.array(block.split(), dtype=float).reshape(-1, columns)
