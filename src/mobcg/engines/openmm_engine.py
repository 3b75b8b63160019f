"""The reference engine: liquids of beads in OpenMM, on whatever platform there is."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import numpy as np
import openmm
from openmm import unit

from mobcg.engines.measure import HEATED_BY, Sampled, blown_up, conclude, freedom, sample_trajectory
from mobcg.engines.specification import RunResult, RunSpecification, start_positions
from mobcg.interop.openmm_xml import liquid_system
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import PhysicalFailure
from mobcg.platforms import select_platform
from mobcg.seeds import derived_seed
from mobcg.units import thermal_energy

log = logging.getLogger(__name__)

EQUILIBRATION_FRICTION_PER_PS = 2.0
"""Langevin friction while equilibrating: the quickest way to the bath's temperature for liquids of this density."""


class OpenMMEngine:
    """Runs one liquid after another. It measures no viscosity: the engine `ensemble` does."""

    name = "openmm"

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        """See `Engine.run`."""
        return [_run_one(specification) for specification in specifications]


def build_system(specification: RunSpecification) -> openmm.System:
    """The liquid as an OpenMM System: a CustomNonbondedForce that looks U up in a table, linear below the table's first point."""
    system = liquid_system(specification.potential, specification.mass_Da, specification.options.beads, specification.box_nm)
    if specification.thermostat != "langevin":
        system.addForce(openmm.CMMotionRemover(100))
    return system


def _run_one(specification: RunSpecification) -> RunResult:
    if specification.viscosity:
        log.warning("the openmm engine does not record the stress: no viscosity; the ensemble engine measures it")
    started = time.perf_counter()
    timestep_fs = specification.timestep_fs
    try:
        specification.check()
        sampled, steps = _simulate(specification)
        return conclude(specification, sampled, OpenMMEngine.name, timestep_fs, steps, time.perf_counter() - started)
    except PhysicalFailure as failure:
        outcome, reason = failure.outcome, failure.reason
    return RunResult(outcome, reason, OpenMMEngine.name, timestep_fs, specification.box_nm, time.perf_counter() - started)


def _simulate(specification: RunSpecification) -> tuple[Sampled, int]:
    options = specification.options
    system = build_system(specification)
    step_ps, seed, bath = specification.step_ps, specification.seed, specification.temperature_K
    frames, stride = specification.frames, specification.stride
    try:
        warm = openmm.LangevinMiddleIntegrator(bath, EQUILIBRATION_FRICTION_PER_PS, step_ps)
        warm.setRandomNumberSeed(derived_seed(seed, "equilibration"))
        context = _context(system, warm, options.platform)
        context.setPositions(start_positions(specification))
        openmm.LocalEnergyMinimizer.minimize(context, 10.0, 200)
        context.setVelocitiesToTemperature(bath, derived_seed(seed, "velocities"))
        warm.step(specification.equilibration_steps)
        state = context.getState(positions=True, velocities=True)
        del context
        integrator = _production_integrator(specification)
        context = _context(system, integrator, options.platform)
        context.setPositions(state.getPositions(asNumpy=True))
        context.setVelocities(state.getVelocities(asNumpy=True))
        positions = np.empty((frames, options.beads, 3))
        kinetic, total = np.empty(frames), np.empty(frames)
        for frame in range(frames):
            integrator.step(stride)
            state = context.getState(positions=True, energy=True)
            positions[frame] = state.getPositions(asNumpy=True).value_in_unit(unit.nanometer)
            kinetic[frame] = state.getKineticEnergy().value_in_unit(unit.kilojoule_per_mole)
            total[frame] = kinetic[frame] + state.getPotentialEnergy().value_in_unit(unit.kilojoule_per_mole)
    except openmm.OpenMMException as error:
        if "nan" not in str(error).lower():
            raise
        raise blown_up(specification) from error
    temperatures = 2 * kinetic / (freedom(specification) * thermal_energy(1.0))
    if not np.all(np.isfinite(total)) or temperatures.mean() > HEATED_BY * bath:
        raise blown_up(specification, temperatures.mean())
    times = np.asarray(specification.interval_ps * np.arange(1, frames + 1), dtype=np.float64)
    trajectory = Trajectory(positions, times, specification.box_nm, specification.mass_Da)
    return sample_trajectory(specification, trajectory, temperatures, total), specification.equilibration_steps + frames * stride


def _production_integrator(specification: RunSpecification) -> openmm.Integrator:
    bath, step_ps, friction = specification.temperature_K, specification.step_ps, specification.friction_per_ps
    if specification.thermostat == "nve":
        return openmm.VerletIntegrator(step_ps)
    if specification.thermostat == "global":
        return openmm.NoseHooverIntegrator(bath, 1 / specification.options.thermostat_time_ps, step_ps)
    if specification.thermostat == "dpd":
        integrator = openmm.DPDIntegrator(bath, friction, specification.potential.cutoff_nm, step_ps)
    else:
        integrator = openmm.LangevinMiddleIntegrator(bath, friction, step_ps)
    integrator.setRandomNumberSeed(derived_seed(specification.seed, "production"))
    return integrator


def _context(system: openmm.System, integrator: openmm.Integrator, platform: str) -> openmm.Context:
    chosen, properties = select_platform(platform, threads=1)
    return openmm.Context(system, integrator, chosen, properties)
