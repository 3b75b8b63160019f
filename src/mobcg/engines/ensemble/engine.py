"""The engine for many small liquids: replicas in compiled code, one a core, measured as they run."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from mobcg.engines.ensemble.compiled import compiled_simulate
from mobcg.engines.ensemble.dynamics import MOST_SKIN
from mobcg.engines.ensemble.gpu.available import gpu_available
from mobcg.engines.ensemble.neighbours import most_images
from mobcg.engines.ensemble.noise import random_state
from mobcg.engines.ensemble.segments import SegmentedForce, segmented
from mobcg.engines.ensemble.state import BLEW_UP, THERMOSTATS, Plan, Record
from mobcg.engines.measure import HEATED_BY, Sampled, blown_up, conclude, freedom
from mobcg.engines.specification import RunResult, RunSpecification, start_positions
from mobcg.observables.diffusion import check_length, diffusion_of_displacements, stretch_ends
from mobcg.observables.order import LAST_FRAMES
from mobcg.observables.rdf import histogram_bins, rdf_of_counts
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import PhysicalFailure
from mobcg.seeds import derived_seed
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

RELAXATION_MOVES = 60
"""Moves of the descent before the first step."""

FIRST_SKIN = 0.06
"""First skin of the neighbour lists, in units of the cutoff."""


LEAST_ON_GPU = 4
"""Liquids from which a GPU is worth it: a single one keeps a hundredth of it busy."""


class EnsembleEngine:
    """Runs liquids side by side, one a core, or all at once on a GPU; a liquid's course depends on its specification alone.

    threads: liquids at a time, and none on a GPU; by default what the specifications' options say. Batches of at least `LEAST_ON_GPU`
    liquids go to a GPU where there is one and the options' platform allows it; there the same seed gives another course of the same liquid.
    A batch in which a viscosity is asked for runs on the CPU, which alone records the stress.
    """

    name = "ensemble"

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        """See `Engine.run`."""
        if not specifications:
            return []
        platform = specifications[0].options.platform
        viscosity = any(specification.stress_stride for specification in specifications)
        wanted = self.threads is None and len(specifications) >= LEAST_ON_GPU and platform in ("auto", "CUDA") and not viscosity
        if wanted and gpu_available():
            from mobcg.engines.ensemble.gpu.run import run_on_gpu

            return run_on_gpu(specifications)
        threads = min(len(specifications), self.threads or specifications[0].options.threads)
        if threads == 1:
            return [run_replica(specification) for specification in specifications]
        with ThreadPoolExecutor(threads) as pool:
            return list(
                tqdm(
                    pool.map(run_replica, specifications),
                    total=len(specifications),
                    desc="liquids",
                    unit="run",
                    mininterval=5,
                    disable=None,
                )
            )


def run_replica(specification: RunSpecification) -> RunResult:
    """Run one liquid on the core of the caller."""
    started = time.perf_counter()
    try:
        specification.check()
        sampled = _simulate(specification)
        steps = specification.equilibration_steps + specification.frames * specification.stride
        return conclude(specification, sampled, EnsembleEngine.name, specification.timestep_fs, steps, time.perf_counter() - started)
    except PhysicalFailure as failure:
        outcome, reason = failure.outcome, failure.reason
    return RunResult(outcome, reason, EnsembleEngine.name, specification.timestep_fs, specification.box_nm, time.perf_counter() - started)


def _simulate(specification: RunSpecification) -> Sampled:
    check_length(specification.interval_ps, specification.frames, specification.observables.fit_window_ps)
    table = segmented(specification.potential, specification.temperature_K)
    plan = make_plan(specification, table)
    record = make_record(specification)
    try:
        status = compiled_simulate(
            plan,
            np.ascontiguousarray(start_positions(specification).T, dtype=np.float64),
            table.force.ravel(),
            table.energy.astype(np.float32).ravel(),
            random_state(derived_seed(specification.seed, "ensemble")),
            _room_for_images(specification),
            record,
        )
    except ValueError as error:  # more images than a liquid needs: the beads have scattered
        raise blown_up(specification) from error
    return finished(specification, record, status)


def finished(specification: RunSpecification, record: Record, status: int) -> Sampled:
    """The observables of a replica that has come to its end. Raises PhysicalFailure for one that blew up or heated."""
    if status == BLEW_UP or not np.all(np.isfinite(record.series)):
        raise blown_up(specification)
    temperature = 2 * float(record.series[:, 0].mean()) / (freedom(specification) * thermal_energy(1.0))
    if temperature > HEATED_BY * specification.temperature_K:
        raise blown_up(specification, temperature)
    return sampled_from(specification, record)


def make_plan(specification: RunSpecification, table: SegmentedForce) -> Plan:
    """The run's numbers for compiled code."""
    options = specification.options
    root = math.sqrt(table.scale)
    return Plan(
        beads=options.beads,
        # an edge that single precision holds exactly: else every wrap would move a bead by the rounding error, against the force more often
        # than with it, and heat the liquid by 1e-4 kT per bead and ns
        edge=float(np.float32(specification.box_nm * root)) / root,
        mass=float(specification.mass_Da),
        kT=thermal_energy(specification.temperature_K),
        timestep=specification.step_ps,
        cutoff=table.cutoff_nm,
        scale=table.scale,
        offset=table.offset,
        relaxation_moves=RELAXATION_MOVES,
        equilibration_steps=specification.equilibration_steps,
        stride=specification.stride,
        frames=specification.frames,
        thermostat=THERMOSTATS[specification.thermostat],
        friction=float(specification.friction_per_ps),
        thermostat_time=float(options.thermostat_time_ps),
        bin_width=float(specification.observables.bin_width_nm),
        stress_stride=specification.stress_stride,
    )


def make_record(specification: RunSpecification) -> Record:
    """Empty tables for what the run will measure."""
    observables, beads, frames = specification.observables, specification.options.beads, specification.frames
    bins = histogram_bins(specification.box_nm, observables.bin_width_nm, specification.r_max_nm)
    blocks = frames if specification.keep_counts else max(2, min(observables.blocks, frames))
    sizes = [len(part) for part in np.array_split(np.arange(frames), blocks)]
    stretches = stretch_ends(specification.interval_ps, frames, observables.fit_window_ps, observables.blocks)
    lags = min(frames - 1, math.ceil(observables.fit_window_ps[1] * (1 + 1e-9) / specification.interval_ps))
    places = 16 * ((beads + 31) // 16)
    return Record(
        counts=np.zeros((blocks, bins), dtype=np.int64),
        block_ends=np.cumsum(sizes),
        totals=np.zeros((lags + 1, beads)),
        stretches=np.zeros((len(stretches), lags + 1)),
        stretch_ends=stretches,
        series=np.zeros((frames, 4)),
        first=np.zeros((1, 3, places), dtype=np.float32),
        last=np.zeros((min(LAST_FRAMES, frames), 3, places), dtype=np.float32),
        trajectory=np.zeros((frames if specification.keep_trajectory else 0, 3, places), dtype=np.float32),
        final=np.zeros((3, beads)),
        tally=np.zeros(6, dtype=np.int64),
        skin=np.array([FIRST_SKIN * specification.potential.cutoff_nm, 1.1, 0.0, 0.0, 0.0, 0.0]),
        stress=np.zeros((frames * specification.stride // specification.stress_stride if specification.stress_stride else 0, 6)),
    )


def sampled_from(specification: RunSpecification, record: Record) -> Sampled:
    """The sums of a finished run as observables."""
    observables, beads, frames = specification.observables, specification.options.beads, specification.frames
    times = specification.interval_ps * np.arange(1, frames + 1, dtype=np.float64)
    lags = record.totals.shape[0]
    centred = beads / max(beads - 1, 1)
    displacements = record.totals * centred / (frames - np.arange(lags))[:, None]
    lengths = np.diff(record.stretch_ends, prepend=0)
    origins = np.maximum(lengths[:, None] - np.arange(lags), 1)
    stretches = record.stretches * centred / beads / origins
    counts, sizes = record.counts, np.diff(record.block_ends, prepend=0)
    if specification.keep_counts:
        blocks = np.array_split(np.arange(frames), max(2, min(observables.blocks, frames)))
        counts, sizes = np.array([counts[block].sum(axis=0) for block in blocks]), np.array([len(block) for block in blocks])
    rdf = rdf_of_counts(counts.astype(np.float64), sizes, beads, specification.box_nm, observables.bin_width_nm)
    ideal = specification.density_per_nm3 * thermal_energy(specification.temperature_K)
    trajectory = None
    if specification.keep_trajectory:
        trajectory = Trajectory(
            record.trajectory[:, :, :beads].transpose(0, 2, 1).astype(np.float64), times, specification.box_nm, specification.mass_Da
        )
    last = np.roll(record.last, -(frames % len(record.last)), axis=0)
    return Sampled(
        rdf=rdf,
        diffusion=diffusion_of_displacements(
            specification.interval_ps * np.arange(lags, dtype=np.float64),
            displacements,
            stretches,
            observables.fit_window_ps,
            frames,
            specification.density_per_nm3 ** (-1 / 3),
        ),
        time_ps=times,
        pressures_bar=(ideal + record.series[:, 3] / (3 * specification.box_nm**3)) * BAR_PER_KJ_MOL_NM3,
        temperatures_K=2 * record.series[:, 0] / (freedom(specification) * thermal_energy(1.0)),
        energies_kj_per_mol=record.series[:, 1] + record.series[:, 2],
        first_nm=record.first[0, :, :beads].T,
        last_nm=last[:, :, :beads].transpose(0, 2, 1),
        final_nm=record.final.T.copy(),
        trajectory=trajectory,
        pair_counts=record.counts if specification.keep_counts else None,
        stress_kj_per_mol_nm3=record.stress if specification.stress_stride else None,
    )


def _room_for_images(specification: RunSpecification) -> int:
    cutoff = specification.potential.cutoff_nm
    return int(most_images(specification.box_nm, (1 + MOST_SKIN) * cutoff, (specification.options.beads + 3) // 4))
