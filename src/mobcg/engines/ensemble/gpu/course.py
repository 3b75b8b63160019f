"""The course of a replica on the device, from wherever the last launch left it."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from mobcg.engines.ensemble.dynamics import HOTTEST, WATCH
from mobcg.engines.ensemble.gpu.device import device, kernel_of
from mobcg.engines.ensemble.gpu.layout import Here
from mobcg.engines.ensemble.gpu.measuring import measure
from mobcg.engines.ensemble.gpu.motion import kinetic_energy, move, relax, stop_drift
from mobcg.engines.ensemble.gpu.pairs import refresh
from mobcg.engines.ensemble.replica import EQUILIBRATION_FRICTION
from mobcg.engines.ensemble.state import BLEW_UP, FINISHED, LANGEVIN


@cache
def kernel(shared: bool, pairwise: bool) -> Any:
    """The kernel for working space in shared memory or not, with the dpd thermostat or without its code."""
    return kernel_of(_course(pairwise), shared)


@device
def gathered(plan, state, replica, thread, threads, arena, partial, velocities):
    """What a thread needs to know, and the table put into the arena."""
    root = np.float64(math.sqrt(plan.scale))
    edge, cutoff = np.float32(plan.edge * root), np.float32(plan.cutoff * root)
    reach = np.float32((plan.cutoff + plan.skin) * root)
    table_at = np.int32((6 if velocities else 3) * plan.beads)
    for index in range(thread, 5 * plan.segments, threads):
        arena[table_at + index] = state.table[replica, index]
    return Here(
        thread,
        threads,
        plan.beads,
        edge,
        np.float32(1.0 / (plan.edge * root)),
        np.float32(plan.offset),
        cutoff,
        np.float32(reach * reach),
        table_at,
        plan.segments,
        plan.shift,
        plan.head,
        plan.edge,
        root,
        np.float32(0.5 * plan.skin),
        plan.key,
        plan.second_key,
        arena,
        partial,
        state.x[replica],
        state.v[replica],
        state.reference[replica],
        state.near[replica],
        np.int32(state.near.shape[1] // state.near_count.shape[1] - 1),
        np.uint64(state.near_count.shape[1]),
        state.near_count[replica],
        state.energy[replica],
        state.scratch[replica],
        state.noise[replica],
        state.change[replica],
    )


def _course(pairwise: bool) -> Any:
    @device
    def course(plans, state, measured, steps, replica, thread, threads, arena, partial):
        """Up to `steps` steps of a replica, measured at its frames; the first launch relaxes it before."""
        plan = plans[replica]
        done, status = np.int32(state.done[replica]), np.int32(state.status[replica])
        production = plan.equilibration_steps
        last = np.int32(production + plan.stride * plan.frames)
        if status != FINISHED or done >= last:
            return
        here = gathered(plan, state, replica, thread, threads, arena, partial, pairwise)
        listed = refresh(here, False, np.int32(1))
        if done == 0:
            listed = relax(here, listed, plan.relaxation_moves)
        limit = HOTTEST * 1.5 * plan.beads * plan.kT
        end = np.int32(done + steps)
        if end > last:
            end = last
        while done < end and status == FINISHED:
            warming = done < production
            thermostat, friction = (LANGEVIN, EQUILIBRATION_FRICTION) if warming else (plan.thermostat, plan.friction)
            listed = move(here, listed, plan, done, thermostat, friction, pairwise)
            done = np.int32(done + 1)
            if (done % WATCH == 0 or done == last) and not kinetic_energy(here, plan.mass) < limit:
                status = np.int32(BLEW_UP)
            if done == production:
                stop_drift(here)
            elif done > production and (done - production) % plan.stride == 0:
                measure(here, listed, measured, replica, (done - production) // plan.stride - 1, plan)
                if plan.thermostat != LANGEVIN:
                    stop_drift(here)
        if thread == 0:
            state.done[replica] = done
            state.status[replica] = status

    return course
