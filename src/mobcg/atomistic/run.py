"""One atomistic run from a molecule to a trajectory, continued wherever it was interrupted."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openmm
import pandas as pd

from mobcg.atomistic.advance import Bath, Machine, OpenMMEngine
from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.equilibrate import Equilibrated, equilibrate, read_start, relaxed_start
from mobcg.atomistic.gromacs.engine import GromacsEngine
from mobcg.atomistic.gromacs.program import Program, find_program
from mobcg.atomistic.journal import START, Journal
from mobcg.atomistic.pack import pack
from mobcg.atomistic.produce import produce, sample_short_time, trajectory
from mobcg.atomistic.progress import Engine, FinishedStage, Work
from mobcg.atomistic.schedule import SHORT_TIME, Stage, stages
from mobcg.atomistic.segment import COLUMNS, Clock, SegmentStore, Start
from mobcg.atomistic.timestep import IntegrationPlan, plan_integration
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.files import content_hash
from mobcg.forcefield.molecule import Molecule
from mobcg.lease import hold
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.platforms import select_platform
from mobcg.seeds import derived_seed
from mobcg.walltime import Deadline

logger = logging.getLogger(__name__)

PROTOCOL_VERSION: dict[str, int | str] = {"openmm": 1, "gromacs": "gromacs 1"}
"""Of each engine; raised when its protocol changes, so that old run folders are not continued."""

LENGTH = ("production_ps", "target_relative_error", "maximum_production_ps")
"""Options that only say when production ends."""

AFTERWARDS = ("short_time_ps", "short_time_interval_ps")
"""Options of what follows production and leaves it as it is."""


@dataclass(frozen=True)
class AtomisticRun:
    """What a run came to.

    reason: why it is not OK, else ""; thermodynamics: stage, time_ps (within the stage), temperature_K,
    potential_energy_kj_per_mol, density_g_per_cm3, pressure_bar (empty between its measurements);
    timestep_fs: of production, planned where the run failed; platform: OpenMM's, or GROMACS and its release;
    density_g_per_cm3 and its error: at constant pressure, production's box has exactly this density;
    levelled: whether that density had settled; halvings: how often the step was halved; wall_s: what its
    segments took, or this call where the run failed; production_ps: done; stop_reason: why production ended where it was to go on until
    D is good enough; short_time: centres of mass every `short_time_interval_ps` of the stretch after production, None without one.
    """

    outcome: Outcome
    reason: str
    trajectory: Trajectory | None
    thermodynamics: pd.DataFrame
    timestep_fs: float | None
    platform: str
    wall_s: float
    seed: int
    fastest_period_fs: float | None = None
    constraints: int | None = None
    halvings: int = 0
    density_g_per_cm3: float | None = None
    density_error_g_per_cm3: float | None = None
    levelled: bool | None = None
    production_ps: float | None = None
    stop_reason: str = ""
    short_time: Trajectory | None = None


def simulate(
    molecule: Molecule,
    temperature_K: float,
    pressure_bar: float,
    options: AtomisticOptions,
    directory: Path | str,
    seed: int,
    observables: ObservableOptions | None = None,
) -> AtomisticRun:
    """Pack, equilibrate and simulate `options.molecules` molecules; `directory` is the run's own work folder.

    One process at a time works in the folder; a second one waits. The folder keeps finished segments. A run of the same molecule, state,
    protocol and seed goes on after the last one, or is only read where it is complete; a longer production_ps lengthens it, a short_time_ps
    adds the finely sampled stretch after production; any other run in the folder is removed. What physics ends is an outcome with a reason,
    and remembered. With `options.target_relative_error` production goes on until D, measured as `observables` says, is that good.
    Raises InputError for impossible options, for a box too small for the cutoff, for a folder that is no run's, and where the engine's
    program is missing; Interrupted between two segments where the time left to this process' Slurm job does not suffice for the next one.
    """
    clock = Clock()
    folder = Path(directory)
    identity = _identity(molecule, temperature_K, pressure_bar, options, seed)
    machine = Machine(*select_platform(options.platform, options.threads))
    program = find_program(options.threads) if options.engine == "gromacs" else None
    bath = Bath(temperature_K, options.thermostat_time_ps, seed)
    protocol = stages(options, pressure_bar)
    with hold(folder) as lease:
        journal = Journal.open(folder, identity, lease)
        return _continued(molecule, journal, protocol, options, observables or ObservableOptions(), bath, machine, program, clock)


def pack_run(folder: Path, protocol: Iterable[str]) -> None:
    """Leave few files of a run that is finished: one for the segments of each stage of its protocol."""
    with hold(folder):
        for name in protocol:
            SegmentStore(folder, name).pack()


def _continued(
    molecule: Molecule,
    journal: Journal,
    protocol: dict[str, Stage],
    options: AtomisticOptions,
    observables: ObservableOptions,
    bath: Bath,
    machine: Machine,
    program: Program | None,
    clock: Clock,
) -> AtomisticRun:
    engine = machine.platform.getName() if program is None else program.name
    plan: IntegrationPlan | None = None
    try:
        plan = plan_integration(molecule, options, bath.temperature_K)
        if journal.failure is not None:
            raise PhysicalFailure(*journal.failure)
        longest = journal.begin(plan.timestep_fs)
        logger.info(
            "%s: step %.2f fs at most, fastest period %.1f fs, %d rigid bonds, %s",
            molecule.name,
            longest,
            plan.fastest_period_fs,
            len(plan.constraints),
            engine,
        )
        return _simulate(molecule, plan, journal, protocol, options, observables, bath, machine, program, longest)
    except PhysicalFailure as failure:
        if journal.failure is None:
            journal.fail(failure)
        logger.warning("%s: %s", failure.outcome, failure.reason)
        table = _salvaged(journal.folder, protocol)
        return AtomisticRun(
            failure.outcome,
            failure.reason,
            None,
            table,
            journal.timestep_fs,
            engine,
            clock.seconds,
            bath.seed,
            None if plan is None else plan.fastest_period_fs,
            None if plan is None else len(plan.constraints),
            sum(journal.halvings.values()),
        )


def _simulate(
    molecule: Molecule,
    plan: IntegrationPlan,
    journal: Journal,
    protocol: dict[str, Stage],
    options: AtomisticOptions,
    observables: ObservableOptions,
    bath: Bath,
    machine: Machine,
    program: Program | None,
    longest_step_fs: float,
) -> AtomisticRun:
    path = journal.folder / START
    start = read_start(path)
    packed = start or _packed(molecule, plan, options, bath)
    bulk = build_bulk(molecule, plan, options, packed.edge_nm)
    engine: Engine = OpenMMEngine(bulk, bath, machine)
    if program is not None:
        engine = GromacsEngine.build(program, molecule, plan, bulk, options, bath, journal.folder)
    work = Work(journal.folder, journal, bulk, options, bath, machine, longest_step_fs, engine, Deadline.of_this_job())
    start = start or relaxed_start(work, protocol["soft"], packed, path)
    ready = equilibrate(work, protocol, start)
    finished, stop_reason = produce(work, protocol["production"], ready, observables)
    stretch = sample_short_time(work, protocol[SHORT_TIME], finished, ready) if SHORT_TIME in protocol else None
    return _result(work, plan, ready, finished, stretch, stop_reason)


def _packed(molecule: Molecule, plan: IntegrationPlan, options: AtomisticOptions, bath: Bath) -> Start:
    packed, edge = pack(molecule.elements, plan.conformers_nm, options.molecules, derived_seed(bath.seed, "packing"))
    positions = packed.reshape(-1, 3)
    return Start(positions, np.zeros_like(positions), edge)


def _result(
    work: Work, plan: IntegrationPlan, ready: Equilibrated, finished: FinishedStage, stretch: FinishedStage | None, stop_reason: str
) -> AtomisticRun:
    done = (*ready.stages, finished) if stretch is None else (*ready.stages, finished, stretch)
    return AtomisticRun(
        Outcome.OK,
        "",
        trajectory(work.bulk, finished, ready.edge_nm),
        pd.concat([stage.table() for stage in done], ignore_index=True),
        finished.pace.timestep_fs,
        work.engine.name,
        sum(stage.wall_s for stage in done),
        work.bath.seed,
        plan.fastest_period_fs,
        len(plan.constraints),
        sum(work.journal.halvings.values()),
        ready.density.mean_g_per_cm3,
        ready.density.error_g_per_cm3,
        ready.density.levelled,
        finished.pace.samples * finished.pace.interval_ps,
        stop_reason,
        None if stretch is None else trajectory(work.bulk, stretch, ready.edge_nm),
    )


def _salvaged(folder: Path, protocol: dict[str, Stage]) -> pd.DataFrame:
    """The samples of the segments that were finished before a failure."""
    tables = [pd.DataFrame({"stage": pd.Series(dtype=str), **{name: pd.Series(dtype=float) for name in COLUMNS}})]
    for name in protocol:
        rows = SegmentStore(folder, name).samples()
        if len(rows):
            table = pd.DataFrame(rows, columns=list(COLUMNS))
            table.insert(0, "stage", name)
            tables.append(table)
    return pd.concat(tables[1:], ignore_index=True) if len(tables) > 1 else tables[0]


def _identity(molecule: Molecule, temperature_K: float, pressure_bar: float, options: AtomisticOptions, seed: int) -> str:
    """Hash of all that decides the numbers, except the length of production and the stretch after it.

    The conformer is left out too: floating point may change its last digit from machine to machine.
    """
    physics = {name: value for name, value in options.physics().items() if name not in (*LENGTH, *AFTERWARDS, "engine")}
    return content_hash(
        {
            "protocol": PROTOCOL_VERSION[options.engine],
            "elements": molecule.elements,
            "bonds": molecule.bonds,
            "masses_Da": molecule.masses_Da,
            "system": openmm.XmlSerializer.serialize(molecule.system),
            "temperature_K": temperature_K,
            "pressure_bar": pressure_bar,
            "options": physics,
            "seed": seed,
        }
    )
