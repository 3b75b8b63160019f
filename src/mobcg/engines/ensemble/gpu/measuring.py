"""A frame measured on the device: energies, virial, pair distances, squared displacements. See `ensemble.sampling`."""

from __future__ import annotations

import math

import numpy as np

from mobcg.engines.ensemble.gpu.device import block_sum, count, device
from mobcg.engines.ensemble.gpu.motion import kinetic_energy
from mobcg.engines.ensemble.gpu.pairs import difference, energy_and_virial, force


@device
def energies(here, listed, plan, series):
    """Fill a frame of the series: kinetic energy half a step before and now, potential energy, virial, in kJ/mol."""
    kick = 0.5 * plan.timestep / (plan.mass * here.root)
    before = kinetic_energy(here, plan.mass)
    for bead in range(here.thread, here.beads, here.threads):
        f = force(here, np.uint32(bead), listed)
        squared = 0.0
        for k in range(3):
            v = here.v[k, bead] + kick * f[k]
            squared += v * v
        u, w = energy_and_virial(here, np.uint32(bead), listed)
        here.scratch[1, bead] = squared
        here.scratch[2, bead] = u
        here.scratch[3, bead] = w
    now = 0.5 * plan.mass * block_sum(here, here.scratch[1])
    potential = block_sum(here, here.scratch[2])
    virial = block_sum(here, here.scratch[3]) / plan.scale
    if here.thread == 0:
        series[0] = before
        series[1] = now
        series[2] = potential
        series[3] = virial


@device
def count_distances(here, plan, counts):
    """Add each pair's distance to the histogram; bead i looks at the half of the others that follow it, in a circle."""
    per_bin = np.float32(1.0 / (here.root * plan.bin_width))
    beyond = np.float32(plan.bins)
    for bead in range(here.thread, here.beads, here.threads):
        for turn in range(1, here.beads // 2 + 1):
            if 2 * turn < here.beads or bead < turn:
                other = bead + turn
                if other >= here.beads:
                    other -= here.beads
                dx, dy, dz = difference(here, np.uint32(bead), np.uint32(other))
                place = np.float32(np.float32(math.sqrt(np.float32(dx * dx + dy * dy + dz * dz))) * per_bin)
                if place < beyond:
                    count(counts, np.int32(place))


@device
def add_displacements(here, measured, replica, frame, plan):
    """Add the squared displacements in nm2 that end at this frame to the sums over origins, and to those of the present stretch."""
    ring, totals, running = measured.ring[replica], measured.totals[replica], measured.running[replica]
    ends = measured.stretch_ends[replica]
    stretch = 0
    while stretch < plan.stretches and frame >= ends[stretch]:
        stretch += 1
    begin = 0 if stretch == 0 else ends[stretch - 1]
    inside = stretch < plan.stretches
    here_at = frame % plan.depth
    reach = frame + 1 if frame + 1 < plan.depth else plan.depth
    for lag in range(1, reach):
        at = (frame - lag) % plan.depth
        for bead in range(here.thread, here.beads, here.threads):
            dx = ring[here_at, 0, bead] - ring[at, 0, bead]
            dy = ring[here_at, 1, bead] - ring[at, 1, bead]
            dz = ring[here_at, 2, bead] - ring[at, 2, bead]
            squared = np.float64(np.float32(dx * dx + dy * dy + dz * dz))
            totals[lag, bead] += squared
            if inside and frame - lag >= begin:
                running[lag, bead] += squared
    if inside and frame + 1 == ends[stretch]:
        for lag in range(1, plan.depth):
            summed = block_sum(here, running[lag])
            for bead in range(here.thread, here.beads, here.threads):
                running[lag, bead] = 0.0
            if here.thread == 0:
                measured.stretches[replica, stretch, lag] = summed


@device
def keep_positions(here, measured, replica, frame, plan):
    """Store the drift-free unwrapped positions where they are needed later."""
    ring, first, last = measured.ring[replica], measured.first[replica], measured.last[replica]
    for k in range(3):
        mean = block_sum(here, here.x[k]) / here.beads
        for bead in range(here.thread, here.beads, here.threads):
            place = np.float32(here.x[k, bead] - mean)
            ring[frame % plan.depth, k, bead] = place
            last[frame % plan.tail, k, bead] = place
            if frame == 0:
                first[0, k, bead] = place
            if plan.keep != 0:
                measured.trajectory[replica, frame, k, bead] = place


@device
def measure(here, listed, measured, replica, frame, plan):
    """Everything of a frame, counted from 0."""
    energies(here, listed, plan, measured.series[replica, frame])
    keep_positions(here, measured, replica, frame, plan)
    add_displacements(here, measured, replica, frame, plan)
    block = 0
    while frame >= measured.block_ends[replica, block]:
        block += 1
    count_distances(here, plan, measured.counts[replica, block])
