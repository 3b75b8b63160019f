"""A liquid of three-site molecules (united-atom propane), simulated by GROMACS in seconds, in any cell."""

import os
import shutil
import subprocess

import numpy as np

GMX = shutil.which("gmx")
CELLS = 5

TOP = """
[ defaults ]
1 2 no 1.0 1.0
[ atomtypes ]
CH3 15.035 0.0 A 0.375 0.8148
CH2 14.027 0.0 A 0.395 0.3825
[ moleculetype ]
PRO 2
[ atoms ]
1 CH3 1 PRO CA 1 0.0 15.035
2 CH2 1 PRO CB 1 0.0 14.027
3 CH3 1 PRO CC 1 0.0 15.035
[ bonds ]
1 2 1 0.154 25000
2 3 1 0.154 25000
[ angles ]
1 2 3 1 114.0 519.0
[ system ]
propane
[ molecules ]
PRO {molecules}
"""

MDP = """
integrator = md
dt = 0.004
nsteps = {steps}
nstxout-compressed = 250
compressed-x-precision = 10000
nstenergy = 1000
nstlist = 20
rvdw = 0.9
rcoulomb = 0.9
tcoupl = v-rescale
tc-grps = System
tau-t = 0.5
ref-t = 230
gen-vel = yes
gen-temp = 300
gen-seed = 7
ld-seed = 7
{more}
"""

MASSES = "name,mass_Da\nCA,15.035\nCB,14.027\nCC,15.035\n"


def run(folder, *arguments, text=None):
    command, environment = [GMX, "-quiet", *map(str, arguments)], os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def simulate(folder, cell_nm, steps, more=""):
    """Write conf.gro, topol.top, md.mdp; run; leave traj.xtc (broken molecules, wrapped) and topol.tpr."""
    molecules = CELLS**3
    grid = (np.stack(np.meshgrid(*[np.arange(CELLS)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3) + 0.5) / CELLS
    shape = np.array([[-0.129, 0.0, 0.0], [0.0, 0.084, 0.0], [0.129, 0.0, 0.0]])
    atoms = (grid @ cell_nm + shape).reshape(-1, 3)
    lines = ["propane", str(len(atoms))]
    for index, place in enumerate(atoms):
        name = ("CA", "CB", "CC")[index % 3]
        lines.append(f"{index // 3 + 1:5d}{'PRO':<5s}{name:>5s}{index + 1:5d}" + "".join(f"{x:8.3f}" for x in place))
    (ax, _, _), (bx, by, _), (cx, cy, cz) = cell_nm
    lines.append(" ".join(f"{value:.5f}" for value in (ax, by, cz, 0, 0, bx, 0, cx, cy)))
    (folder / "conf.gro").write_text("\n".join(lines) + "\n")
    (folder / "topol.top").write_text(TOP.format(molecules=molecules))
    (folder / "md.mdp").write_text(MDP.format(steps=steps, more=more))
    (folder / "masses.csv").write_text(MASSES)
    run(folder, "grompp", "-f", "md.mdp", "-c", "conf.gro", "-p", "topol.top", "-o", "topol.tpr", "-maxwarn", 5)
    run(folder, "mdrun", "-s", "topol.tpr", "-x", "traj.xtc", "-c", "last.gro", "-nt", 1, "-ntmpi", 1, "-pin", "off")
    return folder


def read_xvg(path):
    return np.array([line.split() for line in path.read_text().splitlines() if line.strip() and line[0] not in "#@&"], dtype=float)
