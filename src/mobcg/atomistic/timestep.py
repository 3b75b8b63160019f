"""The time step of a molecule: which bonds are held rigid, which masses are moved, and how fast the stiffest mode left is.

A random set of bonded parameters can be far stiffer than a real one, so the step follows from the molecule and not from custom.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openmm

from mobcg.atomistic.vibration import Constraint, fastest_period, hessian
from mobcg.config import AtomisticOptions
from mobcg.forcefield.molecule import Molecule
from mobcg.outcomes import InputError, Outcome, PhysicalFailure
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]

SNAPSHOTS = 8
SNAPSHOT_INTERVAL_PS = 1.0
STEP_GRID_FS = 0.05
"""Steps are rounded down to this, so that the last digits of a Hessian do not show in them."""


@dataclass(frozen=True)
class IntegrationPlan:
    """How a molecule is integrated.

    timestep_fs: the longest allowed step; constraints: (atom, atom, distance in nm) within the molecule; masses_Da: (n,) after
    moving mass to the hydrogens; fastest_period_fs: of the stiffest free mode; positions_nm: (n, 3) the minimum in vacuum;
    conformers_nm: (snapshots, n, 3) thermal conformations in vacuum.
    """

    timestep_fs: float
    constraints: tuple[Constraint, ...]
    masses_Da: Array
    fastest_period_fs: float
    positions_nm: Array
    conformers_nm: Array


def plan_integration(molecule: Molecule, options: AtomisticOptions, temperature_K: float = 298.15) -> IntegrationPlan:
    """Masses, constraints and the time step: min(maximum_timestep_fs, fastest period / steps_per_period).

    The period is the shortest found at the molecule's minimum and in thermal conformations at `temperature_K`, since modes couple
    differently away from the minimum. The integrators used here are leapfrogs of the "middle" kind, whose configurations are right for a
    harmonic mode at every stable step (below period/pi), so steps_per_period sets the margin for what is not harmonic.
    Source: Zhang, Liu, Yan, Tuckerman, Liu, J. Phys. Chem. A 123, 6056 (2019).
    Raises InputError for an impossible hydrogen mass and PhysicalFailure (blow-up) where the molecule has no finite energy.
    """
    masses = repartitioned_masses(molecule, options.hydrogen_mass_Da)
    constraints = rigid_bonds(molecule, masses, options.constrain_below_period_fs)
    system = copy.deepcopy(molecule.system)
    for index, mass in enumerate(masses):
        system.setParticleMass(index, float(mass))
    for first, second, distance in constraints[molecule.system.getNumConstraints() :]:
        system.addConstraint(first, second, distance)
    minimum = _minimum(molecule, system)
    period_fs = 1000 * _period(system, minimum[None], masses, constraints)
    cautious_fs = min(2.0, period_fs / 10)
    conformers = _thermal_conformers(molecule, system, minimum, temperature_K, cautious_fs)
    period_fs = min(period_fs, 1000 * _period(system, conformers, masses, constraints))
    step = min(options.maximum_timestep_fs, period_fs / options.steps_per_period)
    step = max(np.floor(step / STEP_GRID_FS + 1e-9), 1.0) * STEP_GRID_FS
    return IntegrationPlan(round(float(step), 6), constraints, masses, float(period_fs), minimum, conformers)


def repartitioned_masses(molecule: Molecule, hydrogen_mass_Da: float) -> Array:
    """Masses (n,) in Da with every hydrogen at `hydrogen_mass_Da`, the difference taken from the heavy atom that it is bonded to.

    The total is kept; hydrogens that are heavier already stay. Thermodynamics of the configurations do not depend on masses.
    Source: Feenstra, Hess, Berendsen, J. Comput. Chem. 20, 786 (1999).
    Raises InputError where a heavy atom would end up lighter than its hydrogens.
    """
    masses = np.array(molecule.masses_Da, dtype=float)
    for first, second in molecule.bonds:
        pair = (first, second) if molecule.elements[first] == "H" else (second, first)
        hydrogen, heavy = pair
        if molecule.elements[hydrogen] != "H" or molecule.elements[heavy] == "H":
            continue
        moved = max(hydrogen_mass_Da - masses[hydrogen], 0.0)
        masses[hydrogen] += moved
        masses[heavy] -= moved
        if moved and masses[heavy] < hydrogen_mass_Da:
            raise InputError(
                f"atomistic.hydrogen_mass_Da: {hydrogen_mass_Da} leaves atom {heavy} ({molecule.elements[heavy]}) of {molecule.name} "
                f"with {masses[heavy]:.3f} Da, less than its hydrogens; choose a smaller hydrogen mass"
            )
    return masses


def rigid_bonds(molecule: Molecule, masses_Da: Array, below_period_fs: float) -> tuple[Constraint, ...]:
    """The constraints the molecule comes with, then every harmonic bond to hydrogen of a period 2 pi sqrt(mu/k) below `below_period_fs`."""
    found = [_constraint(molecule.system, index) for index in range(molecule.system.getNumConstraints())]
    pairs = {frozenset(item[:2]) for item in found}
    for force in molecule.system.getForces():
        if not isinstance(force, openmm.HarmonicBondForce):
            continue
        for index in range(force.getNumBonds()):
            first, second, length, constant = force.getBondParameters(index)
            if "H" not in (molecule.elements[first], molecule.elements[second]) or frozenset((first, second)) in pairs:
                continue
            reduced = masses_Da[first] * masses_Da[second] / (masses_Da[first] + masses_Da[second])
            if constant._value > 0 and 2000 * np.pi * np.sqrt(reduced / constant._value) < below_period_fs:
                found.append((first, second, float(length._value)))
                pairs.add(frozenset((first, second)))
    return tuple(found)


def _constraint(system: openmm.System, index: int) -> Constraint:
    first, second, distance = system.getConstraintParameters(index)
    return int(first), int(second), float(distance._value)


def _minimum(molecule: Molecule, system: openmm.System) -> Array:
    context = _context(system, openmm.VerletIntegrator(0.001))
    context.setPositions(np.asarray(molecule.positions_nm))
    context.applyConstraints(1e-8)
    openmm.LocalEnergyMinimizer.minimize(context, 0.1, 5000)
    state = context.getState(positions=True, energy=True)
    positions = np.asarray(state.getPositions(asNumpy=True)._value, dtype=float)
    if not (np.isfinite(positions).all() and np.isfinite(state.getPotentialEnergy()._value)):
        raise PhysicalFailure(Outcome.BLOW_UP, f"the energy of a single molecule of {molecule.name} has no finite minimum")
    return positions


def _thermal_conformers(molecule: Molecule, system: openmm.System, minimum: Array, temperature_K: float, step_fs: float) -> Array:
    integrator = openmm.LangevinMiddleIntegrator(temperature_K, 5.0, step_fs / 1000)
    integrator.setRandomNumberSeed(derived_seed(0, "conformers", molecule.name))
    context = _context(system, integrator)
    context.setPositions(minimum)
    context.applyConstraints(1e-8)
    context.setVelocitiesToTemperature(temperature_K, derived_seed(0, "conformer velocities", molecule.name))
    found = []
    for _ in range(SNAPSHOTS):
        try:
            integrator.step(round(SNAPSHOT_INTERVAL_PS * 1000 / step_fs))
        except openmm.OpenMMException as error:
            raise PhysicalFailure(
                Outcome.BLOW_UP, f"a single molecule of {molecule.name} flies apart at {temperature_K:g} K ({error})"
            ) from error
        positions = np.asarray(context.getState(positions=True).getPositions(asNumpy=True)._value, dtype=float)
        if not np.isfinite(positions).all():
            raise PhysicalFailure(Outcome.BLOW_UP, f"a single molecule of {molecule.name} flies apart at {temperature_K:g} K")
        found.append(positions - positions.mean(axis=0))
    return np.array(found)


def _period(system: openmm.System, conformers: Array, masses: Array, constraints: tuple[Constraint, ...]) -> float:
    context = _context(system, openmm.VerletIntegrator(0.001))
    return min(fastest_period(hessian(context, positions), masses, positions, constraints) for positions in conformers)


def _context(system: openmm.System, integrator: openmm.Integrator) -> openmm.Context:
    return openmm.Context(system, integrator, openmm.Platform.getPlatformByName("Reference"))
