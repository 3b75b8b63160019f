"""Liquids made ready for the device, put together to batches, and their records taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobcg.engines.ensemble.engine import make_plan, make_record
from mobcg.engines.ensemble.friction import iterations
from mobcg.engines.ensemble.gpu.layout import MEASURED, PLAN, PLANNED, Measured, State
from mobcg.engines.ensemble.segments import SegmentedForce, segmented
from mobcg.engines.ensemble.state import DPD, Plan, Record
from mobcg.engines.specification import RunSpecification, start_positions
from mobcg.observables.diffusion import check_length
from mobcg.seeds import derived_seed, generator

SKIN = 0.1
"""Skin of the neighbour lists in units of the cutoff."""

SHARED_BYTES = 48 * 1024 - 512
"""Shared memory that every device gives a block, less what sums need."""

MOST_BEADS = 65535
"""Beads that 16 bits can number."""


class Sizes(NamedTuple):
    """Lengths of a replica's tables on the device; a batch has the largest of its replicas."""

    beads: int
    capacity: int
    segments: int
    frames: int
    depth: int
    blocks: int
    bins: int
    stretches: int
    tail: int
    kept: int
    rubbing: int
    arena: int


@dataclass(frozen=True)
class Liquid:
    """A specification with everything that follows from it. index: its place among those asked for."""

    index: int
    specification: RunSpecification
    table: SegmentedForce
    plan: Plan
    record: Record
    sizes: Sizes

    @property
    def pairwise(self) -> bool:
        """Whether beads rub against each other."""
        return self.plan.thermostat == DPD

    @property
    def shared(self) -> bool:
        """Whether its working space fits shared memory."""
        return 4 * self.sizes.arena <= SHARED_BYTES

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.plan.equilibration_steps + self.plan.frames * self.plan.stride


def prepared(index: int, specification: RunSpecification) -> Liquid:
    """Raises PhysicalFailure for a core that does not repel, InputError for a run too short to fit D."""
    specification.check()
    check_length(specification.interval_ps, specification.frames, specification.observables.fit_window_ps)
    table = segmented(specification.potential, specification.temperature_K)
    plan, record = make_plan(specification, table), make_record(specification)
    expected = 4 / 3 * math.pi * ((1 + SKIN) * plan.cutoff) ** 3 * specification.density_per_nm3
    rubbing = plan.beads if plan.thermostat == DPD else 0
    sizes = Sizes(
        beads=plan.beads,
        capacity=min(plan.beads - 1, math.ceil(1.3 * expected + 6 * math.sqrt(expected) + 16)),
        segments=table.segments,
        frames=plan.frames,
        depth=record.totals.shape[0],
        blocks=len(record.block_ends),
        bins=record.counts.shape[1],
        stretches=len(record.stretch_ends),
        tail=len(record.last),
        kept=len(record.trajectory),
        rubbing=rubbing,
        arena=3 * plan.beads + 3 * rubbing + 5 * table.segments,
    )
    return Liquid(index, specification, table, plan, record, sizes)


def empty_tables(replicas: int, sizes: Sizes, shared: bool) -> tuple[State, Measured]:
    """Tables of zeros for so many replicas."""

    def table(kind: npt.DTypeLike, *shape: int) -> npt.NDArray[Any]:
        return np.zeros((replicas, *(max(1, length) for length in shape)), dtype=kind)

    n, depth = sizes.beads, sizes.depth
    state = State(
        done=table(np.int32),
        status=table(np.int32),
        x=table(np.float64, 3, n),
        v=table(np.float64, 3, n),
        reference=table(np.float64, 3, n),
        near=table(np.uint16, (sizes.capacity + 1) * n),
        near_count=table(np.int32, n),
        table=table(np.float32, 5 * sizes.segments),
        energy=table(np.float32, 6 * sizes.segments),
        scratch=table(np.float64, 4, n),
        noise=table(np.float32, 3, sizes.rubbing),
        change=table(np.float32, 3, sizes.rubbing),
        arena=table(np.float32, 1 if shared else sizes.arena),
    )
    measured = Measured(
        counts=table(np.int64, sizes.blocks, sizes.bins),
        block_ends=table(np.int32, sizes.blocks),
        totals=table(np.float64, depth, n),
        running=table(np.float64, depth, n),
        stretches=table(np.float64, sizes.stretches, depth),
        stretch_ends=table(np.int32, sizes.stretches),
        series=table(np.float64, sizes.frames, 4),
        ring=table(np.float32, depth, 3, n),
        first=table(np.float32, 1, 3, n),
        last=table(np.float32, sizes.tail, 3, n),
        trajectory=table(np.float32, sizes.kept, 3, n if sizes.kept else 1),
    )
    return state, measured


def largest(liquids: list[Liquid]) -> Sizes:
    """Sizes that all of them fit in."""
    return Sizes(*np.max([liquid.sizes for liquid in liquids], axis=0).tolist())


def bytes_of(sizes: Sizes, shared: bool) -> int:
    """Device memory of a replica."""
    state, measured = empty_tables(1, sizes, shared)
    return int(PLAN.itemsize + sum(table.nbytes for table in (*state, *measured)))


def batches(liquids: list[Liquid], memory: float, most: int) -> list[list[Liquid]]:
    """Liquids that one kernel serves, long ones first, in batches of at most `most` whose padded tables fit `memory` bytes.

    Raises MemoryError for a liquid that does not fit alone.
    """
    result: list[list[Liquid]] = []
    for key in sorted({(liquid.shared, liquid.pairwise) for liquid in liquids}):
        same = [liquid for liquid in liquids if (liquid.shared, liquid.pairwise) == key]
        batch: list[Liquid] = []
        for liquid in sorted(same, key=lambda one: -one.plan.beads * one.steps):
            if bytes_of(liquid.sizes, liquid.shared) > memory:
                raise MemoryError(f"a liquid of {liquid.plan.beads} beads does not fit the device's memory of {memory / 1e9:.2f} GB")
            wider = [*batch, liquid]
            if batch and (len(wider) > most or len(wider) * bytes_of(largest(wider), liquid.shared) > memory):
                result.append(batch)
                wider = [liquid]
            batch = wider
        result.append(batch)
    return result


def filled(liquids: list[Liquid], sizes: Sizes) -> tuple[npt.NDArray[np.void], State, Measured]:
    """Plans and tables of a batch before its first step."""
    plans = np.zeros(len(liquids), dtype=PLAN)
    state, measured = empty_tables(len(liquids), sizes, liquids[0].shared)
    for replica, liquid in enumerate(liquids):
        specification, plan, record, table = liquid.specification, liquid.plan, liquid.record, liquid.table
        beads, here = plan.beads, plans[replica]
        for name in (*PLANNED, *MEASURED):
            here[name] = getattr(plan, name)
        for name in ("depth", "bins", "stretches", "tail", "segments"):
            here[name] = getattr(liquid.sizes, name)
        here["keep"] = specification.keep_trajectory
        here["turns"] = iterations(plan.friction * plan.timestep, beads, plan.cutoff / plan.edge)
        here["shift"] = 23 - table.mantissa_bits
        here["head"] = -(1 << (23 - table.mantissa_bits))
        here["skin"] = SKIN * plan.cutoff
        here["key"], here["second_key"] = np.random.SeedSequence(derived_seed(specification.seed, "gpu")).generate_state(2, np.uint32)
        velocities = generator(specification.seed, "velocities").normal(size=(3, beads)) * math.sqrt(plan.kT / plan.mass)
        state.x[replica, :, :beads] = start_positions(specification).T
        state.v[replica, :, :beads] = velocities - velocities.mean(axis=1, keepdims=True)
        state.table[replica, : 5 * table.segments] = table.force.T.ravel()
        state.energy[replica, : 6 * table.segments] = table.energy.T.ravel()
        measured.block_ends[replica, : len(record.block_ends)] = record.block_ends
        measured.stretch_ends[replica, : len(record.stretch_ends)] = record.stretch_ends
    return plans, state, measured


def fill_record(liquid: Liquid, replica: int, x: npt.NDArray[np.float64], done: int, measured: Measured) -> None:
    """What a replica has left on the device, into its record."""
    record, beads = liquid.record, liquid.plan.beads
    depth, frames = record.totals.shape[0], liquid.plan.frames
    record.counts[:] = measured.counts[replica, : record.counts.shape[0], : record.counts.shape[1]]
    record.totals[:] = measured.totals[replica, :depth, :beads]
    record.stretches[:] = measured.stretches[replica, : len(record.stretches), :depth]
    record.series[:] = measured.series[replica, :frames]
    record.first[:, :, :beads] = measured.first[replica, :, :, :beads]
    record.last[:, :, :beads] = measured.last[replica, : len(record.last), :, :beads]
    if len(record.trajectory):
        record.trajectory[:, :, :beads] = measured.trajectory[replica, :frames, :, :beads]
    record.final[:] = np.mod(x[replica, :, :beads], liquid.plan.edge)
    record.tally[0] = done
