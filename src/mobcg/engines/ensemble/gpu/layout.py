"""What lies on the device: plans, states and measurements of all replicas of a batch, padded to the largest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = Any
"""An array on the host or on the device."""

PLANNED = ("beads", "relaxation_moves", "equilibration_steps", "stride", "frames", "thermostat")
MEASURED = ("edge", "mass", "kT", "timestep", "cutoff", "scale", "offset", "friction", "thermostat_time", "bin_width")
"""Fields taken from `ensemble.state.Plan`, whole numbers and others."""

PLAN = np.dtype(
    [(name, np.int32) for name in (*PLANNED, "segments", "shift", "head", "depth", "bins", "stretches", "tail", "keep", "turns")]
    + [(name, np.uint32) for name in ("key", "second_key")]
    + [(name, np.float64) for name in (*MEASURED, "skin")],
    align=True,
)
"""A replica's numbers. segments, shift, head: see `pairs.segment`; depth: lags + 1; tail: last frames kept; keep: all are; turns: see
`ensemble.friction.rub`; skin in nm."""


class State(NamedTuple):
    """Replicas in motion; the first axis numbers them.

    done, status: (replicas,) int32 steps done and FINISHED or BLEW_UP. x, v, reference: (replicas, 3, beads) float64 in nm and nm/ps:
    unwrapped positions, velocities half a step before, positions when the lists were made. near: (replicas, (capacity + 1) * beads) uint16,
    neighbour n of bead i at n * beads + i, the last row never used; near_count: (replicas, beads) int32. table, energy: (replicas, 5 and
    6 * segments) float32, the coefficients of a segment side by side. scratch: (replicas, 4, beads) float64. noise, change: (replicas, 3,
    beads) float32, of pair friction. arena: (replicas, floats) float32 where it does not fit shared memory.
    """

    done: Array
    status: Array
    x: Array
    v: Array
    reference: Array
    near: Array
    near_count: Array
    table: Array
    energy: Array
    scratch: Array
    noise: Array
    change: Array
    arena: Array


class Measured(NamedTuple):
    """The replicas' `ensemble.state.Record`s, here with beads where there are places, and `running` (replicas, lags + 1, beads): the
    squared displacements of the present stretch.
    """

    counts: Array
    block_ends: Array
    totals: Array
    running: Array
    stretches: Array
    stretch_ends: Array
    series: Array
    ring: Array
    first: Array
    last: Array
    trajectory: Array


class Here(NamedTuple):
    """What a thread knows of its replica. edge, its inverse, cutoff and squared_reach: float32 in the unit of positions, 1/sqrt(scale).

    root: sqrt(scale); half_skin in nm. stride: beads in a row of `near`. arena: float32: x, y, z of all beads, wrapped; with pair friction
    their velocities in nm/ps; the table of F/r from `table_at` on.
    """

    thread: Any
    threads: Any
    beads: Any
    edge: Any
    inverse: Any
    offset: Any
    cutoff: Any
    squared_reach: Any
    table_at: Any
    segments: Any
    shift: Any
    head: Any
    edge_nm: Any
    root: Any
    half_skin: Any
    key: Any
    second_key: Any
    arena: Array
    partial: Array
    x: Array
    v: Array
    reference: Array
    near: Array
    capacity: Any
    stride: Any
    near_count: Array
    energy: Array
    scratch: Array
    noise: Array
    change: Array
