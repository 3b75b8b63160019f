"""What the tests of the force field share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import openmm
from openmm import unit

from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.molecule import Molecule
from mobcg.liquids import Liquid

Array = npt.NDArray[np.float64]


def molecule_of(smiles: str) -> Molecule:
    return build_molecule(Liquid(name="molecule", smiles=smiles))


def energy_and_forces(system: openmm.System, positions: Array) -> tuple[float, Array]:
    """kJ/mol and kJ/mol/nm in double precision."""
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True)
    forces = state.getForces(asNumpy=True).value_in_unit(unit.kilojoule_per_mole / unit.nanometer)
    return float(state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)), np.asarray(forces)


def energy(system: openmm.System, positions: Array) -> float:
    return energy_and_forces(system, positions)[0]


def dihedral(positions: Array, atoms: tuple[int, int, int, int]) -> float:
    """Dihedral angle in radians."""
    first, second, third, fourth = positions[list(atoms)]
    axis = (third - second) / np.linalg.norm(third - second)
    left, right = first - second, fourth - third
    left, right = left - left @ axis * axis, right - right @ axis * axis
    return float(np.arctan2(np.cross(axis, left) @ right, left @ right))


def scan_torsion(molecule: Molecule, atoms: tuple[int, int, int, int], degrees: Array) -> Array:
    """Relaxed energies in kJ/mol with one dihedral held near each of `degrees`."""
    system = openmm.XmlSerializer.deserialize(openmm.XmlSerializer.serialize(molecule.system))
    hold = openmm.CustomTorsionForce("5000*(1-cos(theta-target))")
    hold.addGlobalParameter("target", 0.0)
    hold.addTorsion(*atoms, [])
    hold.setForceGroup(1)
    system.addForce(hold)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    context.setPositions(molecule.positions_nm)
    energies = []
    for degree in degrees:
        context.setParameter("target", np.radians(degree))
        openmm.LocalEnergyMinimizer.minimize(context, 0.1, 20_000)
        energies.append(context.getState(energy=True, groups={0}).getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole))
    return np.array(energies)
