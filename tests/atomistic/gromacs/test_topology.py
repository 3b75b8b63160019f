"""The same configuration in GROMACS and in OpenMM."""

import subprocess

import numpy as np
import openmm
import pytest

from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.gromacs.engine import read_energies
from mobcg.atomistic.gromacs.parameters import run_parameters
from mobcg.atomistic.gromacs.structure import write_structure
from mobcg.atomistic.gromacs.topology import excluded_field_kj_per_mol, read_nonbonded, sigma_and_epsilon, write_topology
from mobcg.atomistic.pack import pack
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import Start
from mobcg.atomistic.timestep import plan_integration
from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.nonbonded import repulsion_and_attraction
from mobcg.liquids import Liquid, load_liquid
from mobcg.outcomes import InputError
from tests.forcefield.test_topologies import gro, gromacs_top, write_liquid

OPTIONS = AtomisticOptions(engine="gromacs", molecules=27, cutoff_nm=0.7, electrostatics="reaction-field", hydrogen_mass_Da=2.0)
TERMS = ("Potential", "Disper. corr.")
STILL = Stage("production", 1.0, None)


def _openmm(bulk, positions, tail):
    """Energy without the tail, tail, forces; double precision."""
    for force in bulk.system.getForces():
        force.setForceGroup(1 if force.getName() == "LennardJonesTail" else 0)
        if not tail and isinstance(force, openmm.CustomNonbondedForce):
            force.setUseLongRangeCorrection(False)
        if not tail and isinstance(force, openmm.NonbondedForce):
            force.setUseDispersionCorrection(False)
    context = openmm.Context(bulk.system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    energies = [context.getState(energy=True, groups={group}).getPotentialEnergy()._value for group in (0, 1)]
    return *energies, np.asarray(context.getState(forces=True).getForces(asNumpy=True)._value)


def _gromacs(program, folder, molecule, plan, options, start):
    """Energy without the tail, tail, forces."""
    write_structure(folder / "start.g96", start)
    (folder / "topol.top").write_text(write_topology(molecule, plan, options))
    settings = run_parameters(STILL, Pace(1.0, 1, 1, 1), 0, options, 300.0, 1, goes_on=True)
    (folder / "segment.mdp").write_text(settings + "nstfout = 1\n")
    program.prepare(folder, "test")
    program.simulate(folder, "test")
    total, tail = read_energies(program.energies(folder, TERMS, "test"), TERMS)[:, 0]
    command = ["gmx", "traj", "-f", "segment.trr", "-s", "segment.tpr", "-of", "forces.xvg", "-xvg", "none", "-fp"]
    subprocess.run(command, cwd=folder, input="0\n", text=True, check=True, capture_output=True)
    forces = np.loadtxt(folder / "forces.xvg").ravel()[1:].reshape(-1, 3)
    return total - tail - options.molecules * excluded_field_kj_per_mol(molecule, options), tail, forces


def _compare(program, folder, molecule, options, energy_per_molecule, force, tail=0.0):
    """Tolerances: of the energy in kJ/mol a molecule, of the forces relative to their root mean square, of the tail relative."""
    plan = plan_integration(molecule, options, 300.0)
    packed, edge = pack(molecule.elements, plan.conformers_nm, options.molecules, 3)
    positions = packed.reshape(-1, 3)
    bulk = build_bulk(molecule, plan, options, edge)
    expected = _openmm(bulk, positions, bool(tail))
    found = _gromacs(program, folder, molecule, plan, options, Start(positions, np.zeros_like(positions), edge))
    assert found[0] == pytest.approx(expected[0], abs=energy_per_molecule * options.molecules)
    rigid = {atom for pair in plan.constraints for atom in pair[:2]}
    free = np.tile([atom not in rigid for atom in range(molecule.atoms)], options.molecules)
    apart = (found[2] - expected[2])[free]
    assert free.sum() >= options.molecules
    assert np.sqrt(np.mean(apart**2)) < force * np.sqrt(np.mean(expected[2][free] ** 2))
    if tail:
        assert expected[1] < 0
        assert found[1] == pytest.approx(expected[1], rel=tail)


@pytest.mark.parametrize("smiles", ["CCC(C)CC", "CCc1ccccc1"])
def test_energy_forces_and_tail_of_a_hydrocarbon(gmx, tmp_path, smiles):
    """Bonds, angles, torsions, impropers, 1-4 pairs, exclusions, reaction field: equal in single precision.

    All bonds are free, so that all forces can be compared. GROMACS leaves excluded pairs out of the mean that its tail is made of: 1/N.
    """
    options = OPTIONS.model_copy(update={"constrain_below_period_fs": 0.0})
    _compare(gmx, tmp_path, build_molecule(Liquid(name="x", smiles=smiles)), options, 1e-3, 2e-5, tail=0.02)


def test_rigid_bonds_have_no_energy(gmx, tmp_path):
    """Forces of the atoms that no rigid bond pulls at."""
    molecule = build_molecule(Liquid(name="x", smiles="CCc1ccccc1"))
    assert plan_integration(molecule, OPTIONS, 300.0).constraints
    conformer = plan_integration(molecule, OPTIONS, 300.0).conformers_nm[0]
    assert conformer.shape == (molecule.atoms, 3)
    _compare(gmx, tmp_path, molecule, OPTIONS, 2e-3, 1e-3)


def test_ewald_sums_agree_within_their_own_tolerances(gmx, tmp_path):
    """OpenMM's mesh has a relative error of the forces of 5e-4."""
    options = OPTIONS.model_copy(update={"electrostatics": "pme", "constrain_below_period_fs": 0.0})
    _compare(gmx, tmp_path, build_molecule(Liquid(name="x", smiles="CCc1ccccc1")), options, 0.1, 1e-3)


def _polar():
    """A charged triatomic of a plain NonbondedForce, with a pair that is treated apart, angle and periodic terms of its own."""
    system = openmm.System()
    for mass in (12.0, 16.0, 14.0):
        system.addParticle(mass)
    bonds, angle = openmm.HarmonicBondForce(), openmm.HarmonicAngleForce()
    bonds.addBond(0, 1, 0.15, 1e5)
    bonds.addBond(1, 2, 0.14, 1.2e5)
    angle.addAngle(0, 1, 2, 1.9, 300.0)
    nonbonded = openmm.NonbondedForce()
    for charge, sigma, epsilon in ((0.3, 0.35, 0.4), (-0.5, 0.30, 0.7), (0.2, 0.26, 0.2)):
        nonbonded.addParticle(charge, sigma, epsilon)
    nonbonded.addException(0, 1, 0.0, 1.0, 0.0)
    nonbonded.addException(1, 2, 0.0, 1.0, 0.0)
    nonbonded.addException(0, 2, 0.03, 0.2, 0.1)
    for force in (bonds, angle, nonbonded):
        system.addForce(force)
    positions = np.array([[0.0, 0.0, 0.0], [0.15, 0.0, 0.0], [0.2, 0.13, 0.0]])
    return Molecule("polar", ("C", "O", "N"), ((0, 1), (1, 2)), np.array([12.0, 16.0, 14.0]), positions, system, ("A", "B", "C"))


@pytest.mark.parametrize("electrostatics", ["reaction-field", "pme"])
def test_a_plain_nonbonded_force_mixes_sigma_arithmetically(gmx, tmp_path, electrostatics):
    options = OPTIONS.model_copy(update={"electrostatics": electrostatics, "molecules": 125})
    assert read_nonbonded(_polar()).rule == 2
    _compare(gmx, tmp_path, _polar(), options, 2e-3 if electrostatics == "reaction-field" else 0.2, 1e-3)


def test_a_users_topology_goes_through_openmm_and_comes_back(gmx, tmp_path):
    """OpenMM keeps geometric mixing in forces of its own, which are read back."""
    (tmp_path / "own.top").write_text(gromacs_top(build_molecule(Liquid(name="x", smiles="CCCC"))))
    (tmp_path / "own.gro").write_text(gro(build_molecule(Liquid(name="x", smiles="CCCC"))))
    write_liquid(tmp_path, gromacs_top="own.top", coordinates="own.gro")
    options = OPTIONS.model_copy(update={"constrain_below_period_fs": 0.0})
    _compare(gmx, tmp_path, build_molecule(load_liquid("own", tmp_path)), options, 1e-3, 2e-5)


def test_a_force_without_a_counterpart_is_named():
    molecule = _polar()
    molecule.system.addForce(openmm.CustomTorsionForce("theta"))
    with pytest.raises(InputError, match=r"polar: has a CustomTorsionForce; .* choose openmm"):
        write_topology(molecule, plan_integration(_polar(), OPTIONS, 300.0), OPTIONS)
    other = _polar()
    other.system.addForce(openmm.CustomNonbondedForce("1/r^9"))
    with pytest.raises(InputError, match=r"CustomNonbondedForce of the energy '1/r\^9'"):
        read_nonbonded(other)


def test_lennard_jones_factors_turn_back():
    assert sigma_and_epsilon(*repulsion_and_attraction(0.35, 0.276)) == pytest.approx((0.35, 0.276), rel=1e-12)
    assert sigma_and_epsilon(0.0, 0.0) == (0.0, 0.0)
