"""One replica from its first to its last step, inside compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

from mobcg.engines.ensemble.dynamics import advance, kinetic_energy, new_lists, pack, relax, rescale_positions, stop_drift
from mobcg.engines.ensemble.forces import energy_and_virial
from mobcg.engines.ensemble.neighbours import shift_table, update_images
from mobcg.engines.ensemble.sampling import add_displacements, count_distances, place_frame
from mobcg.engines.ensemble.state import BLEW_UP, LANGEVIN, Beads
from mobcg.engines.ensemble.stress import take_stress

EQUILIBRATION_FRICTION = 2.0
"""Langevin friction in 1/ps while equilibrating."""


@njit(nogil=True, error_model="numpy")
def simulate(plan, start, table, energy, random, capacity, record):
    """Relax, equilibrate and run; fill `record`. Returns FINISHED or BLEW_UP.

    start: (3, beads) float64 in nm; table, energy: flat float32 coefficients; random: uint32 state; capacity: images that there is room
    for.
    """
    clusters = (plan.beads + 3) // 4
    size = 16 * clusters
    beads = Beads(
        np.zeros(size),
        np.zeros(size),
        np.zeros(size, dtype=np.int32),
        np.empty(4 * clusters, dtype=np.int32),
        np.zeros(size + 16 * capacity, dtype=np.float32),
        np.zeros(size, dtype=np.float32),
        np.zeros(size, dtype=np.float32),
        np.zeros((size + 31) // 32 * 32, dtype=np.float32),
    )
    root = np.sqrt(plan.scale)
    shifts = shift_table(plan.edge * root)
    pack(plan, beads, start, random)
    stop_drift(plan, beads)
    rescale_positions(plan, beads)
    lists = new_lists(plan, beads, record)
    update_images(beads.position, clusters, lists[3], lists[4], shifts)
    lists = relax(plan, beads, lists, record, shifts, table, plan.relaxation_moves)
    lists, status = advance(plan, beads, lists, record, shifts, table, random, plan.equilibration_steps, LANGEVIN, EQUILIBRATION_FRICTION)
    stop_drift(plan, beads)
    lags, places = record.totals.shape[0] - 1, record.first.shape[2]
    ring = np.zeros((lags + 1, 3, places), dtype=np.float32)
    wrapped = np.zeros((3, places), dtype=np.float32)
    kick = plan.timestep / (plan.mass * root)
    block, produced = 0, 0
    for frame in range(plan.frames):
        if status == BLEW_UP:
            break
        # a frame in one go, or in the pieces between which the stress is recorded
        left = plan.stride
        while left > 0 and status != BLEW_UP:
            steps = left if plan.stress_stride == 0 else min(left, plan.stress_stride - produced % plan.stress_stride)
            lists, status = advance(plan, beads, lists, record, shifts, table, random, steps, plan.thermostat, plan.friction)
            left -= steps
            produced += steps
            if plan.stress_stride > 0 and produced % plan.stress_stride == 0:
                take_stress(plan, beads, lists, table, record.stress[produced // plan.stress_stride - 1])
        record.series[frame, 0] = kinetic_energy(plan, beads, 0.0)
        record.series[frame, 1] = kinetic_energy(plan, beads, kick / 2)
        potential, virial = energy_and_virial(beads.position, lists[0], lists[1], table, energy, np.float32(plan.offset), plan.scale)
        record.series[frame, 2] = potential
        record.series[frame, 3] = virial
        here = ring[frame % (lags + 1)]
        place_frame(beads.x, beads.boxes, beads.order, plan.edge, wrapped, here)
        if frame == 0:
            record.first[0] = here
        record.last[frame % record.last.shape[0]] = here
        if record.trajectory.shape[0] > 0:
            record.trajectory[frame] = here
        while frame >= record.block_ends[block]:
            block += 1
        count_distances(wrapped, plan.beads, plan.edge, plan.bin_width, record.counts[block])
        add_displacements(ring, frame, plan.beads, record.totals, record.stretches, record.stretch_ends)
        if plan.thermostat != LANGEVIN:
            stop_drift(plan, beads)
    for bead in range(plan.beads):
        for k in range(3):
            record.final[k, bead] = wrapped[k, bead]
    return status
