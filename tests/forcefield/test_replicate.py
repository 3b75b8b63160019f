import numpy as np
import openmm
import pytest
from openmm import unit
from scipy.spatial.transform import Rotation

from mobcg.config import AtomisticOptions
from mobcg.forcefield.nonbonded import tail_coefficient
from mobcg.forcefield.replicate import replicate
from mobcg.outcomes import InputError
from tests.forcefield.helpers import energy, energy_and_forces, molecule_of

REACTION_FIELD = AtomisticOptions(cutoff_nm=1.2, electrostatics="reaction-field")
PME = AtomisticOptions(cutoff_nm=1.2)


def without(system: openmm.System, *kinds: type) -> openmm.System:
    for index in reversed(range(system.getNumForces())):
        if isinstance(system.getForce(index), kinds):
            system.removeForce(index)
    return system


def lattice(molecule_positions: np.ndarray, count: int, spacing_nm: float) -> np.ndarray:
    side = int(np.ceil(count ** (1 / 3)))
    corners = np.array([[x, y, z] for x in range(side) for y in range(side) for z in range(side)])[:count] * spacing_nm
    return (corners[:, None, :] + molecule_positions[None]).reshape(-1, 3)


@pytest.mark.parametrize("smiles", ["CCCC", "Cc1ccccc1"])
def test_far_apart_copies_have_the_energy_of_one_each(smiles: str) -> None:
    molecule = molecule_of(smiles)
    system, topology = replicate(molecule, 8, 6.0, AtomisticOptions(cutoff_nm=2.0, electrostatics="reaction-field"))
    for force in system.getForces():
        if isinstance(force, openmm.CustomNonbondedForce):
            force.setNonbondedMethod(openmm.CustomNonbondedForce.NoCutoff)
            force.setEnergyFunction("(a1*a2*s-b1*b2)*s+q1*q2/r; s=1/r^6")
    without(system, openmm.CustomVolumeForce)
    apart = lattice(molecule.positions_nm, 8, 50.0)
    assert energy(system, apart) == pytest.approx(8 * energy(molecule.system, molecule.positions_nm), abs=2e-4)
    assert (topology.getNumAtoms(), topology.getNumResidues(), topology.getNumBonds()) == (8 * molecule.atoms, 8, 8 * len(molecule.bonds))
    assert system.getNumParticles() == 8 * molecule.atoms
    assert system.getNumConstraints() == 0
    assert sum(system.getParticleMass(i).value_in_unit(unit.dalton) for i in range(system.getNumParticles())) == pytest.approx(
        8 * molecule.molar_mass_Da
    )


@pytest.mark.parametrize("smiles", ["CCCC", "c1ccccc1"])
def test_one_pass_reaction_field_is_openmms_own(smiles: str) -> None:
    """Forces of the one pass equal those of a reaction-field NonbondedForce plus a geometric Lennard-Jones force; so does the energy."""
    molecule = molecule_of(smiles)
    positions = lattice(molecule.positions_nm, 27, 0.75)
    merged, _ = replicate(molecule, 27, 2.6, REACTION_FIELD)
    apart, _ = replicate(molecule, 27, 2.6, PME)
    for force in apart.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setNonbondedMethod(openmm.NonbondedForce.CutoffPeriodic)
    one, other = energy_and_forces(merged, positions), energy_and_forces(apart, positions)
    assert one[1] == pytest.approx(other[1], abs=1e-3)
    tail = next(force for force in merged.getForces() if isinstance(force, openmm.CustomVolumeForce))
    value = float(tail.getEnergyFunction().split("/")[0]) / 2.6**3
    assert value < -1
    assert one[0] == pytest.approx(other[0], abs=0.01 * abs(value))


def test_tail_by_numerical_integration() -> None:
    counts = {(1.1e-3, 2.0e-2): 300, (4.0e-4, 9.0e-3): 500}
    r = np.linspace(1.0, 60.0, 400_001)
    expected = 0.0
    for (a1, b1), n1 in counts.items():
        for (a2, b2), n2 in counts.items():
            expected += 2 * np.pi * n1 * n2 * np.trapezoid((a1 * a2 / r**12 - b1 * b2 / r**6) * r**2, r)
    assert tail_coefficient(counts, 1.0) == pytest.approx(expected, rel=1e-4)


def test_pme_and_reaction_field_agree_for_hydrocarbons() -> None:
    """Net forces between benzenes 0.7 nm apart, far weaker than in the liquid; what is left is C-H dipoles that the cutoff divides."""
    molecule = molecule_of("c1ccccc1")
    turned = Rotation.random(64, rng=np.random.default_rng(5)).as_matrix() @ molecule.positions_nm.T
    positions = lattice(np.zeros((1, 3)), 64, 0.7)[:, None] + turned.transpose(0, 2, 1)
    positions = positions.reshape(-1, 3)
    systems = [replicate(molecule, 64, 2.8, options)[0] for options in (PME, REACTION_FIELD)]
    forces = [energy_and_forces(system, positions)[1].reshape(64, -1, 3).sum(axis=1) for system in systems]
    assert np.sqrt(((forces[0] - forces[1]) ** 2).mean()) < 0.15 * np.sqrt((forces[0] ** 2).mean())


def test_only_neighbours_in_a_molecule_are_excluded() -> None:
    molecule = molecule_of("CC")
    system, _ = replicate(molecule, 3, 4.0, PME)
    for force in system.getForces():
        if isinstance(force, openmm.CustomNonbondedForce):
            assert force.getNumExclusions() == 3 * 28
            assert force.getUseLongRangeCorrection()
            pairs = [force.getExclusionParticles(index) for index in range(force.getNumExclusions())]
            assert all(first // 8 == second // 8 for first, second in pairs)
        if isinstance(force, openmm.NonbondedForce):
            assert force.getNumExceptions() == 3 * 28
            assert force.getNonbondedMethod() == openmm.NonbondedForce.PME


def test_a_box_too_small_for_the_cutoff_is_refused() -> None:
    with pytest.raises(InputError, match=r"27 molecules of 'molecule' fill a box of 2.00 nm, less than twice atomistic.cutoff_nm = 1.2"):
        replicate(molecule_of("C"), 27, 2.0, PME)
