"""Liquids simulated by LAMMPS in a second: argon, and heteronuclear dimers in a tilted cell."""

import subprocess

import numpy as np

from benchmarks.lammps_liquid import executable

ARGON = """
units real
atom_style atomic
lattice fcc 5.6
region box block 0 4 0 4 0 4
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/cut 8.5
pair_coeff 1 1 0.2379 3.405
velocity all create 260 11
timestep 4
fix 1 all nvt temp 130 130 400
thermo 1000
run 2500
write_data {folder}/system.data
reset_timestep 0
dump 1 all custom 25 {folder}/argon.lammpstrj id type x y z
compute rdf all rdf 80 cutoff 8.0
fix rdf all ave/time 25 100 2500 c_rdf[*] file {folder}/rdf.txt mode vector
compute msd all msd com yes
fix msd all ave/time 25 1 25 c_msd[4] file {folder}/msd.txt
run 2500
"""

DIMERS = """
units real
atom_style full
bond_style harmonic
region box prism 0 22 0 20 0 21 6 -4 5
create_box 2 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 2
mass 1 15.0
mass 2 35.0
molecule dimer {folder}/dimer.txt
create_atoms 0 random 110 5 box mol dimer 6 overlap 2.2 maxtry 3000
pair_style lj/cut 9.0
pair_coeff 1 1 0.15 3.4
pair_coeff 2 2 0.25 3.6
bond_coeff 1 60 1.6
minimize 1e-4 1e-4 500 1000
velocity all create 250 11
timestep 2
fix 1 all nvt temp 200 200 200
run 500
write_data {folder}/system.data
reset_timestep 0
dump 1 all custom 50 {folder}/dimers.lammpstrj id mol type x y z
compute molecules all chunk/atom molecule
compute centres all com/chunk molecules
fix centres all ave/time 50 1 50 c_centres[*] file {folder}/centres.txt mode vector
run 2000
"""

DIMER = "dimer\n\n2 atoms\n1 bonds\n\nCoords\n\n1 0 0 0\n2 1.6 0 0\n\nTypes\n\n1 1\n2 2\n\nBonds\n\n1 1 1 2\n"


def run(folder, script):
    (folder / "dimer.txt").write_text(DIMER)
    (folder / "in.liquid").write_text(script.format(folder=folder))
    done = subprocess.run([executable(), "-in", "in.liquid", "-log", "none"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def read_vectors(path):
    """Blocks of fix ave/time mode vector: (blocks, rows, columns)."""
    rows = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    size = int(rows[0][1])
    return np.array([rows[start + 1 : start + 1 + size] for start in range(0, len(rows), size + 1)], dtype=float)
