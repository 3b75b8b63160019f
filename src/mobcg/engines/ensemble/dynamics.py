"""The motion of one replica: kicks, drifts, thermostats and the upkeep of its neighbour lists.

A step is the middle scheme (Zhang et al., J. Phys. Chem. A 123, 6056 (2019)): kick, half a drift, thermostat, half a drift. Positions and
velocities are kept in double precision, pair distances and forces computed in single. The velocities stand half a step before the
positions.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.forces import pair_forces
from mobcg.engines.ensemble.friction import rub
from mobcg.engines.ensemble.neighbours import FAR, build, clustered, update_images
from mobcg.engines.ensemble.noise import fill_normals, gamma_deviate
from mobcg.engines.ensemble.simd import largest, load, maximum, splat, sum_fours
from mobcg.engines.ensemble.state import BLEW_UP, DPD, FINISHED, GLOBAL, LANGEVIN

HOTTEST = 4.0
"""Kinetic temperature, in units of the bath's, at which a replica counts as blown up and stops."""

WATCH = 64
"""Steps between two looks at the temperature."""

RESCALE_EVERY = 8
"""Steps between two actions of the global thermostat."""

LISTS_PER_CLUSTERING = 12
"""Lists built before beads are sorted into clusters anew."""

TRIALS = 6
"""Lists built with one skin before another is tried."""

LEAST_SKIN, MOST_SKIN = 0.02, 0.25
"""Bounds of the skin, in units of the cutoff."""

BUILD_COST = (1.0, 12.0)
"""Cost of a list in units of one cluster pair's forces: for each test of two clusters, and for each cluster."""


@njit(nogil=True, error_model="numpy")
def pack(plan, beads, coordinates, random):
    """Take over start positions (3, beads) in nm and draw velocities; unused places lie far away and at rest."""
    places = beads.order.size
    spread = math.sqrt(plan.kT / plan.mass)
    fill_normals(random, beads.noise)
    beads.x[:] = 0.0
    beads.v[:] = 0.0
    beads.boxes[:] = 0
    for place in range(places):
        beads.order[place] = place if place < plan.beads else -1
        for k in range(3):
            at = place // 4 * 16 + 4 * k + place % 4
            if place < plan.beads:
                beads.x[at] = coordinates[k, place]
                beads.v[at] = spread * beads.noise[at]
            else:
                beads.x[at] = FAR * (1 + place % 4) / math.sqrt(plan.scale)


@njit(nogil=True, error_model="numpy")
def sort_beads(plan, beads):
    """Wrap all beads into the box and sort them into clusters."""
    count = plan.beads
    wrapped = np.empty((3, count))
    for place in range(count):
        for k in range(3):
            at = place // 4 * 16 + 4 * k + place % 4
            away = math.floor(beads.x[at] / plan.edge)
            beads.x[at] -= away * plan.edge
            beads.boxes[at] += np.int32(away)
            wrapped[k, place] = beads.x[at]
    order = clustered(wrapped)
    x, v, boxes, names = beads.x.copy(), beads.v.copy(), beads.boxes.copy(), beads.order.copy()
    for place in range(count):
        source = order[place]
        beads.order[place] = names[source]
        for k in range(3):
            at, origin = place // 4 * 16 + 4 * k + place % 4, source // 4 * 16 + 4 * k + source % 4
            beads.x[at], beads.v[at], beads.boxes[at] = x[origin], v[origin], boxes[origin]


@njit(nogil=True, error_model="numpy")
def rescale_positions(plan, beads):
    """The float32 positions that forces are computed from."""
    root = math.sqrt(plan.scale)
    for at in range(beads.x.size):
        beads.position[at] = beads.x[at] * root


@njit(nogil=True, error_model="numpy")
def strayed(plan, beads):
    """Whether a bead has left the box by more than half an edge: pairs are looked for one edge away at most."""
    for place in range(plan.beads):
        for k in range(3):
            if abs(beads.x[place // 4 * 16 + 4 * k + place % 4] - 0.5 * plan.edge) > plan.edge:
                return True
    return False


@njit(nogil=True, error_model="numpy")
def new_lists(plan, beads, record):
    """Lists for the present positions and skin."""
    if record.tally[1] % LISTS_PER_CLUSTERING == 0 or strayed(plan, beads):
        sort_beads(plan, beads)
        rescale_positions(plan, beads)
    root = math.sqrt(plan.scale)
    clusters = beads.x.size // 16
    capacity = beads.position.size // 16 - clusters
    start, image, home, image_home, image_shift, tests = build(
        beads.position, clusters, plan.edge * root, (plan.cutoff + record.skin[0]) * root, capacity
    )
    beads.reference[:] = beads.position[: beads.x.size]
    record.tally[1] += 1
    record.tally[3] = image.size
    record.tally[4] = tests
    return start, image, home, image_home, image_shift


@njit(nogil=True, error_model="numpy")
def tune_skin(plan, record, clusters, steps):
    """After a list has lasted `steps` steps: add its cost; after some lists compare with the former skin and move on to another.

    The cost is counted, not timed, so that a run's course depends on its seed alone. skin: nm, direction, summed cost, summed steps,
    lists, former cost a step.
    """
    skin = record.skin
    skin[2] += BUILD_COST[0] * record.tally[4] + BUILD_COST[1] * clusters + record.tally[3] * steps
    skin[3] += steps
    skin[4] += 1
    if skin[4] < TRIALS:
        return
    cost = skin[2] / skin[3]
    if cost > skin[5] > 0:
        skin[1] = 1 / skin[1]
    skin[5] = cost
    skin[0] = min(max(skin[0] * skin[1], LEAST_SKIN * plan.cutoff), MOST_SKIN * plan.cutoff)
    skin[2] = skin[3] = skin[4] = 0.0


@njit(nogil=True, error_model="numpy")
def farthest(beads):
    """Largest squared distance that a bead has moved since the lists were built, in the unit of positions."""
    result = splat(numba.float32(0))
    for at in range(0, beads.x.size, 16):
        moved = load(beads.position, at) - load(beads.reference, at)
        result = maximum(result, sum_fours(moved * moved))
    return np.float64(largest(result))


@njit(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def kinetic_energy(plan, beads, kick):
    """Kinetic energy in kJ/mol of the velocities `kick` times the force later."""
    result = 0.0
    for at in range(beads.v.size):
        v = beads.v[at] + kick * beads.force[at]
        result += v * v
    return 0.5 * plan.mass * result


@njit(nogil=True, error_model="numpy")
def stop_drift(plan, beads):
    """Take the mean velocity off every bead."""
    for k in range(3):
        mean = 0.0
        for place in range(plan.beads):
            mean += beads.v[place // 4 * 16 + 4 * k + place % 4]
        mean /= plan.beads
        for place in range(plan.beads):
            beads.v[place // 4 * 16 + 4 * k + place % 4] -= mean


@njit(nogil=True, error_model="numpy")
def rescaling(plan, beads, random, duration):
    """Factor of all velocities by which the kinetic energy follows its canonical distribution.

    Stochastic velocity rescaling with the thermostat's time; leaves the directions of motion, hence D, alone.
    Source: Bussi, Donadio and Parrinello, J. Chem. Phys. 126, 014101 (2007), eq. A7.
    """
    freedom = 3 * plan.beads - 3
    kinetic = kinetic_energy(plan, beads, 0.0)
    decay = math.exp(-duration / plan.thermostat_time)
    normals = np.empty(32, dtype=np.float32)
    fill_normals(random, normals)
    one = float(normals[0])
    others = 2 * gamma_deviate(random, (freedom - 1) / 2)
    share = (1 - decay) * plan.kT / (2 * kinetic)
    squared = decay + share * (one * one + others) + 2 * one * math.sqrt(decay * share)
    sign = 1.0 if one + math.sqrt(decay / share) > 0 else -1.0
    return sign * math.sqrt(max(squared, 0.0))


@njit(nogil=True, error_model="numpy")
def drift(beads, duration):
    """Move on with constant velocity."""
    for at in range(beads.x.size):
        beads.x[at] += duration * beads.v[at]


@njit(nogil=True, error_model="numpy")
def refresh(plan, beads, lists, record, shifts, lasted):
    """Scaled positions and images after a move; new lists where a bead has moved by half the skin. Returns lists and the steps they
    lasted.
    """
    rescale_positions(plan, beads)
    clusters = beads.x.size // 16
    if 4 * farthest(beads) > plan.scale * record.skin[0] ** 2:
        tune_skin(plan, record, clusters, max(lasted, 1))
        lists = new_lists(plan, beads, record)
        lasted = 0
    update_images(beads.position, clusters, lists[3], lists[4], shifts)
    return lists, lasted


@njit(nogil=True, error_model="numpy")
def relax(plan, beads, lists, record, shifts, table, moves):
    """Descend along the forces, no bead farther than 0.01 nm a move: what overlaps comes apart. Returns the lists."""
    root = math.sqrt(plan.scale)
    for _ in range(moves):
        pair_forces(beads.position, beads.force, lists[0], lists[1], lists[2], table, np.float32(plan.offset))
        for place in range(plan.beads):
            base = place // 4 * 16 + place % 4
            x, y, z = beads.force[base] / root, beads.force[base + 4] / root, beads.force[base + 8] / root
            size = math.sqrt(x * x + y * y + z * z)
            step = min(1e-5, 0.01 / max(size, 1e-9))
            beads.x[base] += step * x
            beads.x[base + 4] += step * y
            beads.x[base + 8] += step * z
        lists, _ = refresh(plan, beads, lists, record, shifts, 1)
    pair_forces(beads.position, beads.force, lists[0], lists[1], lists[2], table, np.float32(plan.offset))
    return lists


@njit(nogil=True, error_model="numpy")
def damp(plan, beads, random, decay):
    """Langevin friction and noise: v <- decay v + sqrt((1 - decay^2) kT/m) times normal numbers."""
    fill_normals(random, beads.noise)
    spread = math.sqrt((1 - decay * decay) * plan.kT / plan.mass)
    for cluster in range(beads.v.size // 16):
        for lane in range(12):
            at = 16 * cluster + lane
            beads.v[at] = decay * beads.v[at] + spread * beads.noise[at]
    for place in range(plan.beads, beads.order.size):
        for k in range(3):
            beads.v[place // 4 * 16 + 4 * k + place % 4] = 0.0


@njit(nogil=True, error_model="numpy")
def advance(plan, beads, lists, record, shifts, table, random, steps, thermostat, friction):
    """Move on by `steps` steps. Returns the lists and FINISHED or BLEW_UP."""
    dt = plan.timestep
    kick = dt / (plan.mass * math.sqrt(plan.scale))
    decay = math.exp(-friction * dt)
    lasted = record.tally[5]
    limit = HOTTEST * 1.5 * plan.beads * plan.kT
    for step in range(steps):
        for at in range(beads.v.size):
            beads.v[at] += kick * beads.force[at]
        if thermostat == LANGEVIN:
            drift(beads, dt / 2)
            damp(plan, beads, random, decay)
            drift(beads, dt / 2)
        elif thermostat == DPD:
            drift(beads, dt / 2)
            lists, lasted = refresh(plan, beads, lists, record, shifts, lasted)
            rub(plan, beads, lists, random)
            drift(beads, dt / 2)
        elif thermostat == GLOBAL and (record.tally[0] + step) % RESCALE_EVERY == 0:
            drift(beads, dt / 2)
            factor = rescaling(plan, beads, random, RESCALE_EVERY * dt)
            for at in range(beads.v.size):
                beads.v[at] *= factor
            drift(beads, dt / 2)
        else:
            drift(beads, dt)
        lasted += 1
        lists, lasted = refresh(plan, beads, lists, record, shifts, lasted)
        pair_forces(beads.position, beads.force, lists[0], lists[1], lists[2], table, np.float32(plan.offset))
        record.tally[2] += record.tally[3]
        if step % WATCH == 0 and not kinetic_energy(plan, beads, 0.0) < limit:
            return lists, BLEW_UP
    record.tally[0] += steps
    record.tally[5] = lasted
    if not kinetic_energy(plan, beads, 0.0) < limit:
        return lists, BLEW_UP
    return lists, FINISHED
