"""The reference engine: liquids of beads in OpenMM, on whatever platform there is."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import openmm
from openmm import unit

from mobcg.engines.measure import measure
from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.platforms import select_platform
from mobcg.seeds import derived_seed, generator
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

EQUILIBRATION_FRICTION_PER_PS = 2.0
"""Langevin friction while equilibrating: the quickest way to the bath's temperature for liquids of this density."""

HEATED_BY = 1.5
"""Kinetic temperature, in units of the bath's, above which a run counts as blown up."""


class OpenMMEngine:
    """Runs one liquid after another."""

    name = "openmm"

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        """See `Engine.run`."""
        return [_run_one(specification) for specification in specifications]


def build_system(specification: RunSpecification) -> openmm.System:
    """The liquid as an OpenMM System: a CustomNonbondedForce that looks U up in a table, linear below the table's first point."""
    potential = specification.potential
    edge = specification.box_nm
    if potential.cutoff_nm > edge / 2:
        raise ValueError(
            f"the cutoff {potential.cutoff_nm:.4g} nm is more than half the box of {edge:.4g} nm: "
            f"use more than {specification.options.beads} beads"
        )
    spacing = min(potential.spacing_nm, 0.01)
    grid = np.linspace(0, potential.cutoff_nm, int(np.ceil(potential.cutoff_nm / spacing)) + 1)
    energy = potential.energy(np.minimum(grid, potential.cutoff_nm * (1 - 1e-12)))
    force = openmm.CustomNonbondedForce("U(r)")
    force.addTabulatedFunction("U", openmm.Continuous1DFunction(energy, 0.0, potential.cutoff_nm))
    force.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    force.setCutoffDistance(potential.cutoff_nm)
    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*(edge * np.eye(3)))
    for _ in range(specification.options.beads):
        system.addParticle(specification.mass_Da)
        force.addParticle([])
    system.addForce(force)
    if specification.thermostat != "langevin":
        system.addForce(openmm.CMMotionRemover(100))
    return system


def lattice(beads: int, box_nm: float, random: np.random.Generator) -> Array:
    """Start positions in nm, shape (beads, 3): randomly chosen sites of the smallest simple cubic lattice, each slightly displaced."""
    side = int(np.ceil(beads ** (1 / 3) - 1e-9))
    sites = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    chosen = sites[random.permutation(len(sites))[:beads]]
    return np.asarray((chosen + 0.5 + random.uniform(-0.1, 0.1, chosen.shape)) * box_nm / side)


def _run_one(specification: RunSpecification) -> RunResult:
    started = time.perf_counter()
    timestep_fs = specification.timestep_fs
    try:
        trajectory, temperatures, energies, final = _simulate(specification, timestep_fs)
        return measure(
            specification, trajectory, temperatures, energies, final, OpenMMEngine.name, timestep_fs, time.perf_counter() - started
        )
    except PhysicalFailure as failure:
        outcome, reason = failure.outcome, failure.reason
    return RunResult(outcome, reason, OpenMMEngine.name, timestep_fs, specification.box_nm, time.perf_counter() - started)


def _simulate(specification: RunSpecification, timestep_fs: float) -> tuple[Trajectory, Array, Array, Array]:
    options = specification.options
    system = build_system(specification)
    step_ps = timestep_fs / 1000
    seed = specification.seed
    start = specification.start_nm
    if start is None:
        start = lattice(options.beads, specification.box_nm, generator(seed, "lattice"))
    bath = specification.temperature_K
    try:
        warm = openmm.LangevinMiddleIntegrator(bath, EQUILIBRATION_FRICTION_PER_PS, step_ps)
        warm.setRandomNumberSeed(derived_seed(seed, "equilibration"))
        context = _context(system, warm, options.platform)
        context.setPositions(start)
        openmm.LocalEnergyMinimizer.minimize(context, 10.0, 200)
        context.setVelocitiesToTemperature(bath, derived_seed(seed, "velocities"))
        warm.step(max(1, round(options.equilibration_ps / step_ps)))
        state = context.getState(positions=True, velocities=True)
        del context
        integrator = _production_integrator(specification, step_ps)
        context = _context(system, integrator, options.platform)
        context.setPositions(state.getPositions(asNumpy=True))
        context.setVelocities(state.getVelocities(asNumpy=True))
        stride = max(1, round(options.sample_interval_ps / step_ps))
        frames = max(2, round(options.production_ps / (stride * step_ps)))
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
        raise PhysicalFailure(Outcome.BLOW_UP, f"coordinates became not-a-number at a step of {timestep_fs:.1f} fs") from error
    freedom = 3 * options.beads - (0 if specification.thermostat == "langevin" else 3)
    temperatures = 2 * kinetic / (freedom * thermal_energy(1.0))
    if not np.all(np.isfinite(total)) or temperatures.mean() > HEATED_BY * bath:
        raise PhysicalFailure(Outcome.BLOW_UP, f"the liquid heated to {temperatures.mean():.0f} K in a bath of {bath:.0f} K")
    times = np.asarray(stride * step_ps * np.arange(1, frames + 1), dtype=np.float64)
    return Trajectory(positions, times, specification.box_nm, specification.mass_Da), temperatures, total, positions[-1]


def _production_integrator(specification: RunSpecification, step_ps: float) -> openmm.Integrator:
    if specification.thermostat == "nve":
        return openmm.VerletIntegrator(step_ps)
    if specification.thermostat == "langevin":
        integrator = openmm.LangevinMiddleIntegrator(specification.temperature_K, specification.friction_per_ps, step_ps)
        integrator.setRandomNumberSeed(derived_seed(specification.seed, "production"))
        return integrator
    return openmm.NoseHooverIntegrator(specification.temperature_K, 1 / specification.options.thermostat_time_ps, step_ps)


def _context(system: openmm.System, integrator: openmm.Integrator, platform: str) -> openmm.Context:
    chosen, properties = select_platform(platform, threads=1)
    return openmm.Context(system, integrator, chosen, properties)
