"""Runs of many liquids on one GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from mobcg.engines.ensemble.engine import EnsembleEngine, finished, run_replica
from mobcg.engines.ensemble.gpu.batch import MOST_BEADS, Liquid, batches, fill_record, filled, largest, prepared
from mobcg.engines.ensemble.gpu.course import kernel
from mobcg.engines.ensemble.gpu.device import free_memory, to_device, to_host, wait
from mobcg.engines.measure import conclude
from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.outcomes import PhysicalFailure

LAUNCH_STEPS = 2000
"""Steps of a launch: long enough that launches cost nothing, short enough for a device that also drives a display."""

MOST_THREADS = 256
"""Threads of a block."""

MEMORY_PART = 0.6
"""Part of the device's free memory that a batch may take."""

RESULTS = ("counts", "totals", "stretches", "series", "first", "last", "trajectory")
"""Tables of `Measured` that come back."""

MOST_REPLICAS = 4096
"""Largest batch: some waves of all that run at a time."""


def run_on_gpu(specifications: Sequence[RunSpecification], launch_steps: int = LAUNCH_STEPS, threads: int | None = None) -> list[RunResult]:
    """Run each specification; results in the same order. What comes of one does not depend on what it is run with.

    threads: of a block; by default what suits the beads. Results do not depend on it, nor on `launch_steps`. `wall_s` of a result is its
    share of its batch's time. Liquids of more than `MOST_BEADS` beads run on the CPU. Raises as `EnsembleEngine.run` does.
    """
    results: dict[int, RunResult] = {}
    liquids: list[Liquid] = []
    for index, specification in enumerate(specifications):
        if specification.options.beads > MOST_BEADS:
            results[index] = run_replica(specification)
            continue
        try:
            liquids.append(prepared(index, specification))
        except PhysicalFailure as failure:
            results[index] = _failed(specification, failure, 0.0)
    for batch in batches(liquids, MEMORY_PART * free_memory() if liquids else 0.0, MOST_REPLICAS):
        started = time.perf_counter()
        status = run_batch(batch, launch_steps, threads or suitable_threads(batch))
        share = (time.perf_counter() - started) / len(batch)
        for liquid, ended in zip(batch, status, strict=True):
            results[liquid.index] = _concluded(liquid, ended, share)
    return [results[index] for index in range(len(specifications))]


def suitable_threads(batch: list[Liquid]) -> int:
    """Threads of a block, whole warps, so that each looks after as many beads and few after none."""
    beads = max(liquid.plan.beads for liquid in batch)
    rounds = -(-beads // MOST_THREADS)
    return 32 * (-(-beads // (32 * rounds)))


def run_batch(batch: list[Liquid], launch_steps: int, threads: int) -> list[int]:
    """Run a batch to its end and fill the records. How each liquid ended: FINISHED or BLEW_UP."""
    sizes, shared = largest(batch), batch[0].shared
    plans, state, measured = filled(batch, sizes)
    on_device = to_device(plans), _sent(state), _sent(measured)
    run = kernel(shared, batch[0].pairwise)[len(batch), threads, 0, 4 * sizes.arena if shared else 0]
    launches = -(-max(liquid.steps for liquid in batch) // launch_steps)
    for _ in tqdm(range(launches), desc=f"{len(batch)} liquids", unit="launch", mininterval=5, disable=None):
        run(*on_device, np.int32(launch_steps))
        wait()
    x, done, status = (to_host(table) for table in (on_device[1].x, on_device[1].done, on_device[1].status))
    measured = measured._replace(**{name: to_host(getattr(on_device[2], name)) for name in RESULTS})
    for replica, liquid in enumerate(batch):
        fill_record(liquid, replica, x, int(done[replica]), measured)
    return [int(ended) for ended in status]


def _sent(tables: Any) -> Any:
    return type(tables)(*(to_device(table) for table in tables))


def _concluded(liquid: Liquid, status: int, wall_s: float) -> RunResult:
    specification = liquid.specification
    try:
        sampled = finished(specification, liquid.record, status)
        return conclude(specification, sampled, EnsembleEngine.name, specification.timestep_fs, liquid.steps, wall_s)
    except PhysicalFailure as failure:
        return _failed(specification, failure, wall_s)


def _failed(specification: RunSpecification, failure: PhysicalFailure, wall_s: float) -> RunResult:
    return RunResult(failure.outcome, failure.reason, EnsembleEngine.name, specification.timestep_fs, specification.box_nm, wall_s)
