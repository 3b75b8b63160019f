"""A small atomistic trajectory of a liquid that mobcg knows, for the tutorial: conf.gro and traj.xtc, as GROMACS would leave them.

    python docs/tutorials/make_trajectory.py --liquid benzene --production-ps 100 --out liquid

Run in the repository's root; interrupted, it continues where it was. GROMACS simulates where it is installed, else OpenMM.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
from pathlib import Path

import mdtraj
import numpy as np

from mobcg.atomistic.run import simulate
from mobcg.config import AtomisticOptions
from mobcg.files import temporary_name
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.replicate import replicate
from mobcg.liquids import load_liquid
from mobcg.outcomes import InputError

logger = logging.getLogger("mobcg.tutorial")


def make_trajectory(name: str, options: AtomisticOptions, seed: int, out: Path) -> None:
    """Simulate the liquid `name` of config/liquids; write the first frame to `out`/conf.gro, all to `out`/traj.xtc.

    Raises InputError for an unknown liquid, impossible options, and where physics ended the run.
    """
    liquid = load_liquid(name, Path("config/liquids"))
    molecule = build_molecule(liquid)
    run = simulate(molecule, liquid.temperature_K, liquid.pressure_bar, options, out / "run", seed)
    if run.trajectory is None:
        raise InputError(f"{name}: {run.outcome}: {run.reason}")
    frames = _all_atoms(molecule, options, run.trajectory.box_nm, out / "run")
    for path, part in ((out / "conf.gro", frames[0]), (out / "traj.xtc", frames)):
        with temporary_name(path) as temporary:
            part.save(str(temporary))
    logger.info("%s, %s: %d frames of %d molecules of %s", out / "conf.gro", out / "traj.xtc", len(frames), options.molecules, name)


def _all_atoms(molecule: Molecule, options: AtomisticOptions, box_nm: float, folder: Path) -> mdtraj.Trajectory:
    """Production's frames; the segments' DCD files tell no times."""
    _, topology = replicate(molecule, options.molecules, box_nm, options)
    segments = sorted(folder.glob("production-*.dcd"))
    frames = mdtraj.load([str(path) for path in segments], top=mdtraj.Topology.from_openmm(topology))
    frames.time = options.sample_interval_ps * np.arange(1, len(frames) + 1)
    return frames


def main() -> None:
    """Read the options; simulate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liquid", default="benzene", help="one of `mobcg liquids`")
    parser.add_argument("--molecules", type=int, default=64)
    parser.add_argument("--equilibration-ps", type=float, default=30.0, help="at constant pressure; twice where the density still drifts")
    parser.add_argument("--production-ps", type=float, default=100.0)
    parser.add_argument("--cutoff-nm", type=float, default=0.9)
    parser.add_argument("--engine", choices=("openmm", "gromacs"), default="gromacs" if shutil.which("gmx") else "openmm")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        options = AtomisticOptions(
            engine=given.engine,
            molecules=given.molecules,
            cutoff_nm=given.cutoff_nm,
            electrostatics="reaction-field",
            hydrogen_mass_Da=3.0,
            steps_per_period=6.0,
            npt_ps=given.equilibration_ps,
            nvt_ps=2.0,
            production_ps=given.production_ps,
            sample_interval_ps=0.2,
            checkpoint_ps=min(10.0, given.production_ps / 2),
            threads=given.threads,
            store_full_trajectory=True,
        )
        make_trajectory(given.liquid, options, given.seed, given.out)
    except InputError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
