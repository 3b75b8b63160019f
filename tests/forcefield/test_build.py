import numpy as np
import openmm
import pytest
from scipy.spatial.distance import cdist

from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.nonbonded import COULOMB
from mobcg.forcefield.parameters import opls_hydrocarbons
from mobcg.forcefield.replicate import replicate
from mobcg.liquids import Liquid
from mobcg.outcomes import InputError
from tests.forcefield.helpers import energy, energy_and_forces, molecule_of, scan_torsion


def test_counts_of_terms() -> None:
    forces = {type(force).__name__: force for force in molecule_of("CCc1ccccc1").system.getForces()}
    assert forces["HarmonicBondForce"].getNumBonds() == 18
    assert forces["HarmonicAngleForce"].getNumAngles() == 6 * 3 + 2 * 6
    assert forces["PeriodicTorsionForce"].getNumTorsions() == 6
    assert molecule_of("CCc1ccccc1").molar_mass_Da == pytest.approx(106.167, abs=0.01)


def test_forces_are_minus_the_gradient() -> None:
    molecule = molecule_of("CCc1ccccc1")
    positions = molecule.positions_nm + np.random.default_rng(1).normal(0, 0.004, molecule.positions_nm.shape)
    _, forces = energy_and_forces(molecule.system, positions)
    for atom, axis in [(0, 0), (1, 1), (2, 2), (5, 0), (9, 1), (17, 2)]:
        shifted = [positions.copy(), positions.copy()]
        shifted[0][atom, axis] += 1e-5
        shifted[1][atom, axis] -= 1e-5
        slope = (energy(molecule.system, shifted[0]) - energy(molecule.system, shifted[1])) / 2e-5
        assert forces[atom, axis] == pytest.approx(-slope, abs=0.02)


def test_the_conformer_is_a_minimum() -> None:
    molecule = molecule_of("CC(C)C(C)C(C)C")
    _, forces = energy_and_forces(molecule.system, molecule.positions_nm)
    assert np.sqrt((forces**2).mean()) < 2


@pytest.mark.parametrize("smiles", ["c1ccccc1", "Cc1cc(C)cc(C)c1"])
def test_benzene_rings_are_flat_and_regular(smiles: str) -> None:
    molecule = molecule_of(smiles)
    ring = molecule.positions_nm[[index for index, name in enumerate(molecule.type_names) if name == "opls_145"]]
    assert np.linalg.svd(ring - ring.mean(axis=0))[1][2] < 1e-3
    distances = np.sort(cdist(ring, ring)[np.triu_indices(6, 1)])[:6]
    assert distances == pytest.approx(np.full(6, 0.140), abs=0.002)


def test_alkane_geometry() -> None:
    molecule = molecule_of("CCCC")
    first, second, third, _ = molecule.positions_nm[:4]
    assert np.linalg.norm(first - second) == pytest.approx(0.153, abs=0.002)
    cosine = (first - second) @ (third - second) / np.linalg.norm(first - second) / np.linalg.norm(third - second)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(112.7, abs=1.5)


def test_a_dimer_by_hand_with_geometric_mixing() -> None:
    """Two ethanes: the energy between them is the sum over all atom pairs with sqrt(sigma sigma), sqrt(epsilon epsilon)."""
    molecule = molecule_of("CC")
    types = {item.name: item for item in opls_hydrocarbons().types}
    atoms = [types[name] for name in molecule.type_names]
    box = 6.0
    system, _ = replicate(molecule, 2, box, AtomisticOptions(cutoff_nm=2.0, electrostatics="reaction-field"))
    for force in system.getForces():
        if isinstance(force, openmm.CustomNonbondedForce):
            force.setNonbondedMethod(openmm.CustomNonbondedForce.NoCutoff)
            force.setEnergyFunction("(a1*a2*s-b1*b2)*s+q1*q2/r; s=1/r^6")
        if isinstance(force, openmm.CustomVolumeForce):
            force.setEnergyFunction("0*v")
    other = molecule.positions_nm + np.array([0.38, 0.05, 0.02])
    expected = 0.0
    for one, here in zip(atoms, molecule.positions_nm, strict=True):
        for two, there in zip(atoms, other, strict=True):
            r = np.linalg.norm(here - there)
            sixth = (np.sqrt(one.sigma_nm * two.sigma_nm) / r) ** 6
            expected += (
                4 * np.sqrt(one.epsilon_kj_per_mol * two.epsilon_kj_per_mol) * (sixth**2 - sixth)
                + COULOMB * one.charge_e * two.charge_e / r
            )
    together = energy(system, np.concatenate([molecule.positions_nm, other]))
    assert together - 2 * energy(molecule.system, molecule.positions_nm) == pytest.approx(expected, abs=1e-6)


def test_one_to_four_pairs_are_halved_and_nearer_ones_left_out() -> None:
    """Ethane has no pair beyond 1-4: its nonbonded energy is half that of the nine H-H pairs across."""
    molecule = molecule_of("CC")
    for force in molecule.system.getForces():
        if isinstance(force, (openmm.HarmonicBondForce, openmm.HarmonicAngleForce, openmm.RBTorsionForce)):
            force.setForceGroup(1)
    hydrogen = next(item for item in opls_hydrocarbons().types if item.name == "opls_140")
    expected = 0.0
    for one in molecule.positions_nm[2:5]:
        for two in molecule.positions_nm[5:8]:
            r = np.linalg.norm(one - two)
            sixth = (hydrogen.sigma_nm / r) ** 6
            expected += 0.5 * (4 * hydrogen.epsilon_kj_per_mol * (sixth**2 - sixth) + COULOMB * hydrogen.charge_e**2 / r)
    context = openmm.Context(molecule.system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(molecule.positions_nm)
    found = context.getState(energy=True, groups={0}).getPotentialEnergy()._value
    assert found == pytest.approx(expected, abs=1e-6)


def test_ethane_barrier() -> None:
    """Published for OPLS-AA: 2.9-3.0 kcal/mol (experiment 2.9)."""
    molecule = molecule_of("CC")
    staggered, eclipsed = scan_torsion(molecule, (2, 0, 1, 5), np.array([60.0, 0.0]))
    assert (eclipsed - staggered) / 4.184 == pytest.approx(2.9, abs=0.2)


def test_butane_gauche_and_cis() -> None:
    """Gauche over trans 0.7-1.0 kcal/mol, cis near 5 kcal/mol, trans-gauche barrier 3.2-3.7 (experiment 0.5-0.9, 4.6-6.1, 3.6)."""
    molecule = molecule_of("CCCC")
    trans, barrier, gauche, cis = scan_torsion(molecule, (0, 1, 2, 3), np.array([180.0, 120.0, 67.0, 0.0])) / 4.184
    assert gauche - trans == pytest.approx(0.85, abs=0.25)
    assert barrier - trans == pytest.approx(3.4, abs=0.4)
    assert cis - trans == pytest.approx(5.0, abs=0.6)


def test_drawn_values_replace_those_of_their_class_alone() -> None:
    draw = {"bond_CaC_length_nm": 0.2, "torsion_HCCH_V1_kj_per_mol": 7.0}
    molecule = build_molecule(Liquid(name="x", smiles="CCc1ccccc1"), draw)
    bonds = next(force for force in molecule.system.getForces() if isinstance(force, openmm.HarmonicBondForce))
    lengths = sorted({round(bonds.getBondParameters(index)[2]._value, 6) for index in range(bonds.getNumBonds())})
    assert lengths == [0.108, 0.109, 0.14, 0.1529, 0.2]
    torsions = next(force for force in molecule.system.getForces() if isinstance(force, openmm.RBTorsionForce))
    c1 = [torsions.getTorsionParameters(index)[5]._value for index in range(torsions.getNumTorsions())]
    assert sum(value == pytest.approx((3 * 1.2552 - 7) / 2) for value in c1) == 6


def test_unfitting_draws_are_refused() -> None:
    with pytest.raises(InputError, match="liquid 'x': drawn parameters that this molecule does not have: bond_CC_length_nm; it has: none"):
        build_molecule(Liquid(name="x", smiles="c1ccccc1"), {"bond_CC_length_nm": 0.15})


def test_the_liquid_is_named() -> None:
    with pytest.raises(InputError, match=r"liquid 'ethanol': atom 2 \(O"):
        build_molecule(Liquid(name="ethanol", smiles="CCO"))


def test_the_same_input_builds_the_same_molecule() -> None:
    assert np.array_equal(molecule_of("CCC(C)CC").positions_nm, molecule_of("CCC(C)CC").positions_nm)
