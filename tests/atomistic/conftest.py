from collections.abc import Callable

import numpy as np
import openmm
import pytest

from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.molecule import Molecule
from mobcg.liquids import Liquid


@pytest.fixture(scope="session")
def butane() -> Molecule:
    return build_molecule(Liquid(name="butane", smiles="CCCC"))


@pytest.fixture(scope="session")
def ethane() -> Molecule:
    return build_molecule(Liquid(name="ethane", smiles="CC"))


@pytest.fixture(scope="session")
def brief() -> AtomisticOptions:
    """A few picoseconds of a few molecules."""
    return AtomisticOptions(
        molecules=27,
        cutoff_nm=0.6,
        electrostatics="reaction-field",
        hydrogen_mass_Da=2.0,
        steps_per_period=6,
        npt_ps=2.0,
        nvt_ps=1.0,
        production_ps=3.0,
        sample_interval_ps=0.25,
        checkpoint_ps=1.0,
        platform="CPU",
        threads=1,
    )


@pytest.fixture(scope="session")
def diatomic() -> Callable[..., Molecule]:
    """Two atoms and a spring."""

    def build(constant: float = 2e5, masses: tuple[float, float] = (12.0, 16.0), elements: tuple[str, str] = ("C", "O")) -> Molecule:
        system = openmm.System()
        for mass in masses:
            system.addParticle(mass)
        spring = openmm.HarmonicBondForce()
        spring.addBond(0, 1, 0.15, constant)
        system.addForce(spring)
        nonbonded = openmm.NonbondedForce()
        for _ in masses:
            nonbonded.addParticle(0.0, 0.34, 1.0)
        nonbonded.addException(0, 1, 0.0, 0.34, 0.0)
        system.addForce(nonbonded)
        positions = np.array([[0.0, 0.0, 0.0], [0.14, 0.02, 0.01]])
        return Molecule("diatomic", elements, ((0, 1),), np.array(masses), positions, system, ("A", "B"))

    return build


@pytest.fixture(scope="session")
def atom() -> Callable[..., Molecule]:
    """One argon-like atom; `epsilon` 0 makes an ideal gas."""

    def build(epsilon: float = 0.9977, mass: float = 39.948) -> Molecule:
        system = openmm.System()
        system.addParticle(mass)
        nonbonded = openmm.NonbondedForce()
        nonbonded.addParticle(0.0, 0.3405, epsilon)
        system.addForce(nonbonded)
        return Molecule("argon", ("Ar",), (), np.array([mass]), np.zeros((1, 3)), system, ("Ar",))

    return build
