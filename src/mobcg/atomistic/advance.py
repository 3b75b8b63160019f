"""Advancing a liquid by one segment of a stage."""

from __future__ import annotations

import copy
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openmm
from openmm import app

from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import Clock, Segment, Start
from mobcg.files import temporary_name
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]

DRIFT_REMOVAL_STEPS = 100
PRESSURE_INTERVAL_PS = 1.0
"""Time between pressures in the production; each costs two energies."""


@dataclass(frozen=True)
class Machine:
    """Where contexts are made."""

    platform: openmm.Platform
    properties: dict[str, str]


@dataclass(frozen=True)
class Bath:
    """Temperature in K, coupling time in ps of the Nose-Hoover chain, and the run's seed."""

    temperature_K: float
    thermostat_time_ps: float
    seed: int


def run_segment(
    bulk: Bulk, stage: Stage, pace: Pace, index: int, start: Start | str, bath: Bath, machine: Machine, frames: Path | None = None
) -> Segment:
    """Simulate segment `index` of a stage from a `Start` (first segment) or from the state XML at the end of the one before.

    Samples are taken at the end of every interval. The pressure, of rigid molecules with their kinetic part, is measured at fixed volume.
    frames: a DCD file for all atoms. Raises PhysicalFailure (blow-up) for energies that are not finite or a temperature beyond the stage's
    limit or a box that became too small for the cutoff.
    """
    clock = Clock()
    begin = openmm.XmlSerializer.deserialize(start) if isinstance(start, str) else start
    edge = begin.edge_nm if isinstance(begin, Start) else _edge(begin)
    context, barostat = make_context(bulk, stage, pace, index, edge, bath, machine)
    _restore(context, begin)
    rows, centres = [], []
    pressure_stride = max(1, round(PRESSURE_INTERVAL_PS / pace.interval_ps))
    with ExitStack() as stack:
        movie = stack.enter_context(Movie(frames, bulk, pace)) if frames else None
        for sample in range(pace.samples_of(index)):
            state = _sample(context, stage, pace.stride)
            number = index * pace.samples_per_segment + sample + 1
            wanted = stage.pressure_bar is None and number % pressure_stride == 0
            positions = np.asarray(state.getPositions(asNumpy=True)._value, dtype=float)
            edge = _edge(state)
            temperature = bulk.temperature(state.getKineticEnergy()._value)
            energy = state.getPotentialEnergy()._value
            check_sample(stage, bath, positions, temperature, energy, number * pace.interval_ps)
            pressure = _pressure(barostat, context) if wanted else float("nan")
            rows.append((number * pace.interval_ps, temperature, energy, bulk.density(edge), pressure))
            if stage.friction_per_ps is None:
                centres.append(bulk.centres(positions).astype(np.float32))
            if movie:
                movie.add(positions, edge)
    end = context.getState(positions=True, velocities=True, integratorParameters=True)
    xml = openmm.XmlSerializer.serialize(end)
    return Segment(pace.timestep_fs, np.array(rows), np.array(centres, dtype=np.float32), xml, clock.seconds)


@dataclass(frozen=True)
class OpenMMEngine:
    """A liquid that OpenMM advances."""

    bulk: Bulk
    bath: Bath
    machine: Machine

    @property
    def name(self) -> str:
        """The platform's name."""
        return str(self.machine.platform.getName())

    def advance(self, stage: Stage, pace: Pace, index: int, start: Start | str, frames: Path | None) -> Segment:
        """See `run_segment`."""
        return run_segment(self.bulk, stage, pace, index, start, self.bath, self.machine, frames)


def make_context(
    bulk: Bulk, stage: Stage, pace: Pace, index: int, edge_nm: float, bath: Bath, machine: Machine
) -> tuple[openmm.Context, openmm.MonteCarloBarostat]:
    """A new context for one segment, with random streams of its own, and its barostat (idle at fixed volume).

    The mesh of the electrostatics is laid out for a box of `edge_nm`.
    """
    system = copy.deepcopy(bulk.system)
    system.setDefaultPeriodicBoxVectors(*np.diag([edge_nm] * 3))
    system.addForce(openmm.CMMotionRemover(DRIFT_REMOVAL_STEPS))
    interval = 0 if stage.pressure_bar is None else stage.barostat_interval
    barostat = openmm.MonteCarloBarostat(stage.pressure_bar or 0.0, bath.temperature_K, interval)
    barostat.setRandomNumberSeed(derived_seed(bath.seed, "barostat", stage.name, index, pace.stride))
    system.addForce(barostat)
    step_ps = pace.timestep_fs / 1000
    integrator: openmm.Integrator
    if stage.friction_per_ps is None:
        integrator = openmm.NoseHooverIntegrator(bath.temperature_K, 1 / bath.thermostat_time_ps, step_ps)
    else:
        integrator = openmm.LangevinMiddleIntegrator(bath.temperature_K, stage.friction_per_ps, step_ps)
        integrator.setRandomNumberSeed(derived_seed(bath.seed, "bath", stage.name, index, pace.stride))
    integrator.setConstraintTolerance(1e-6)
    return openmm.Context(system, integrator, machine.platform, machine.properties), barostat


def _edge(state: openmm.State) -> float:
    return float(state.getPeriodicBoxVectors(asNumpy=True)._value[0][0])


def _restore(context: openmm.Context, start: Start | openmm.State) -> None:
    if not isinstance(start, Start):
        context.setState(start)
        return
    context.setPeriodicBoxVectors(*np.diag([start.edge_nm] * 3))
    context.setPositions(start.positions_nm)
    context.setVelocities(_at_rest(context.getSystem(), start.velocities_nm_per_ps))
    context.applyConstraints(1e-6)
    context.applyVelocityConstraints(1e-6)


def _at_rest(system: openmm.System, velocities: Array) -> Array:
    masses = np.array([system.getParticleMass(index)._value for index in range(system.getNumParticles())])
    resting: Array = velocities - masses @ velocities / masses.sum()
    return resting


def _sample(context: openmm.Context, stage: Stage, steps: int) -> openmm.State:
    """Step, then read positions and energies."""
    try:
        context.getIntegrator().step(steps)
        return context.getState(positions=True, energy=True)
    except openmm.OpenMMException as error:
        message = str(error)
        if "nan" in message.lower():
            raise PhysicalFailure(Outcome.BLOW_UP, f"coordinates became infinite in stage {stage.name}") from error
        if "less than twice the nonbonded cutoff" in message or "greater than half the periodic box" in message:
            raise box_too_small(stage.name) from error
        raise


def box_too_small(stage: str) -> PhysicalFailure:
    """The failure of a liquid whose box cannot hold its cutoff."""
    return PhysicalFailure(
        Outcome.BOX_TOO_SMALL,
        f"in stage {stage} the box shrank below twice the cutoff: more molecules (atomistic.molecules) or a shorter cutoff "
        "(atomistic.cutoff_nm) would hold so dense a liquid",
    )


def check_sample(stage: Stage, bath: Bath, positions: Array, temperature: float, energy: float, time_ps: float) -> None:
    """Raise PhysicalFailure (blow-up) for energies or coordinates that are not finite and a temperature beyond the stage's limit."""
    place = f"after {time_ps:.2f} ps of stage {stage.name}"
    if not (np.isfinite(positions).all() and np.isfinite(temperature) and np.isfinite(energy)):
        raise PhysicalFailure(Outcome.BLOW_UP, f"energies or coordinates became infinite {place}")
    if temperature > stage.hottest * bath.temperature_K:
        raise PhysicalFailure(Outcome.BLOW_UP, f"the temperature rose to {temperature:.0f} K, {bath.temperature_K:.0f} K wanted, {place}")


def _pressure(barostat: openmm.MonteCarloBarostat, context: openmm.Context) -> float:
    value = barostat.computeCurrentPressure(context)
    return float(getattr(value, "_value", value))


class Movie(AbstractContextManager["Movie"]):
    """A DCD file under a temporary name that takes its own when all frames are in it."""

    def __init__(self, path: Path, bulk: Bulk, pace: Pace) -> None:
        self._renaming = temporary_name(path)
        self._bulk, self._pace = bulk, pace

    def __enter__(self) -> Movie:
        self._file = self._renaming.__enter__().open("w+b")
        self._dcd = app.DCDFile(self._file, self._bulk.topology, self._pace.timestep_fs / 1000, 0, self._pace.stride)
        return self

    def add(self, positions: Array, edge: float) -> None:
        """Append one frame."""
        self._dcd.writeModel(positions, unitCellDimensions=openmm.Vec3(edge, edge, edge))

    def __exit__(self, *error: object) -> bool | None:
        self._file.close()
        return self._renaming.__exit__(*error)  # type: ignore[arg-type]
