"""OpenMM's XML: the liquid as a System with a tabulated force, its friction in an Integrator."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import openmm
from openmm import unit

from mobcg.files import write_text
from mobcg.interop.liquid import Liquid
from mobcg.interop.table import aligned_grid, potential_of, read_text, sampled
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential


def pair_force(potential: PairPotential) -> openmm.CustomNonbondedForce:
    """U(r) as OpenMM's natural cubic spline through U on the potential's own grid: the potential itself, to rounding."""
    grid = aligned_grid(potential)
    energy, _ = sampled(potential, grid)
    force = openmm.CustomNonbondedForce("U(r)")
    force.addTabulatedFunction("U", openmm.Continuous1DFunction(energy, float(grid[0]), potential.cutoff_nm))
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(potential.cutoff_nm)
    return force


def liquid_system(potential: PairPotential, mass_Da: float, beads: int, box_nm: float) -> openmm.System:
    """Beads of one kind in a cubic periodic box."""
    force = pair_force(potential)
    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*(box_nm * np.eye(3)))
    for _ in range(beads):
        system.addParticle(mass_Da)
        force.addParticle([])
    system.addForce(force)
    return system


def friction_integrator(liquid: Liquid, cutoff_nm: float) -> openmm.Integrator:
    """The integrator that carries the liquid's friction: LangevinMiddle, DPD (weight 1 - r/cutoff), or Nose-Hoover where there is none."""
    bath, step_ps = liquid.temperature_K, liquid.timestep_ps
    if liquid.thermostat == "langevin":
        return openmm.LangevinMiddleIntegrator(bath, liquid.friction_per_ps, step_ps)
    if liquid.thermostat == "dpd":
        return openmm.DPDIntegrator(bath, liquid.friction_per_ps, cutoff_nm, step_ps)
    return openmm.NoseHooverIntegrator(bath, 1 / liquid.thermostat_time_ps, step_ps)


def write_system(path: Path | str, potential: PairPotential, liquid: Liquid) -> None:
    """Write the System. Raises InputError for a box of less than twice the cutoff, which OpenMM would refuse."""
    if potential.cutoff_nm > liquid.box_nm / 2:
        raise InputError(
            f"the cutoff {potential.cutoff_nm:.4g} nm is more than half the box of {liquid.box_nm:.4g} nm: "
            f"use more than {liquid.beads} beads"
        )
    system = liquid_system(potential, liquid.mass_Da, liquid.beads, liquid.box_nm)
    if liquid.thermostat != "langevin":
        system.addForce(openmm.CMMotionRemover(100))
    write_text(path, openmm.XmlSerializer.serialize(system))


def write_integrator(path: Path | str, liquid: Liquid, cutoff_nm: float) -> None:
    """Write the Integrator."""
    write_text(path, openmm.XmlSerializer.serialize(friction_integrator(liquid, cutoff_nm)))


def read_potential(path: Path | str) -> PairPotential:
    """The potential of a System's CustomNonbondedForce whose energy is one Continuous1DFunction of r. Raises InputError naming the file."""
    text = read_text(path)
    try:
        system = openmm.XmlSerializer.deserialize(text)
    except (openmm.OpenMMException, ValueError) as error:
        raise InputError(f"{path}: cannot be read as OpenMM's XML ({error})") from error
    if not isinstance(system, openmm.System):
        raise InputError(f"{path}: expected a System, found a {type(system).__name__}")
    forces = [force for force in system.getForces() if isinstance(force, openmm.CustomNonbondedForce)]
    if len(forces) != 1:
        raise InputError(f"{path}: expected one CustomNonbondedForce, found {len(forces)}")
    function = _function(path, forces[0])
    values, low, high = function.getFunctionParameters()[:3]
    r, u = np.linspace(low, high, len(values)), np.asarray(values, dtype=float)
    whole = r > -1e-9 * high
    r, u = np.maximum(r[whole], 0.0), u[whole]
    potential = potential_of(path, list(range(1, len(r) + 1)), r, u)
    return _cut(potential, forces[0])


def _function(path: Path | str, force: openmm.CustomNonbondedForce) -> openmm.Continuous1DFunction:
    expression = force.getEnergyFunction()
    called = re.fullmatch(r"\s*(\w+)\(r\)\s*;?\s*", expression)
    tables = {force.getTabulatedFunctionName(i): force.getTabulatedFunction(i) for i in range(force.getNumTabulatedFunctions())}
    function = tables.get(called[1]) if called else None
    if not isinstance(function, openmm.Continuous1DFunction) or function.getPeriodic():
        raise InputError(f"{path}: the energy must be one Continuous1DFunction of r, such as `U(r)`; found {expression!r}")
    if force.getUseSwitchingFunction():
        raise InputError(f"{path}: the force uses a switching function; only a plain cutoff is understood")
    return function


def _cut(potential: PairPotential, force: openmm.CustomNonbondedForce) -> PairPotential:
    """The potential up to the force's cutoff where that lies within the table."""
    cutoff = force.getCutoffDistance().value_in_unit(unit.nanometer)
    if force.getNonbondedMethod() == openmm.CustomNonbondedForce.NoCutoff or cutoff >= potential.cutoff_nm * (1 - 1e-9):
        return potential
    points = int(np.ceil((cutoff - potential.r_nm[0]) / potential.spacing_nm)) + 1
    return potential.on_grid(np.linspace(potential.r_nm[0], cutoff, points))
