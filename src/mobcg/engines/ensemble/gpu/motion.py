"""A step of a replica on the device: the middle scheme of `ensemble.dynamics`, a bead's force, kick and drift in one go."""

from __future__ import annotations

import math

import numpy as np

from mobcg.engines.ensemble.dynamics import RESCALE_EVERY
from mobcg.engines.ensemble.gpu.device import LANES, barrier, block_sum, device
from mobcg.engines.ensemble.gpu.pairs import HALF, ONE, ZERO, difference, force, larger, neighbour, neighbours, refresh
from mobcg.engines.ensemble.gpu.random import bead_normals, normal_and_chi, pair_uniform
from mobcg.engines.ensemble.state import DPD, GLOBAL, LANGEVIN

TINY = np.float32(1e-12)
ROOT_TWELVE = np.float32(math.sqrt(12.0))


@device
def kinetic_energy(here, mass):
    """Kinetic energy in kJ/mol, the same on all threads."""
    for bead in range(here.thread, here.beads, here.threads):
        squared = 0.0
        for k in range(3):
            squared += here.v[k, bead] * here.v[k, bead]
        here.scratch[0, bead] = squared
    return 0.5 * mass * block_sum(here, here.scratch[0])


@device
def stop_drift(here):
    """Take the mean velocity off every bead."""
    for k in range(3):
        mean = block_sum(here, here.v[k]) / here.beads
        for bead in range(here.thread, here.beads, here.threads):
            here.v[k, bead] -= mean


@device
def relax(here, listed, moves):
    """Descend along the forces, no bead farther than 0.01 nm a move. Whether lists hold."""
    for _ in range(moves):
        for bead in range(here.thread, here.beads, here.threads):
            fx, fy, fz = force(here, np.uint32(bead), listed)
            x, y, z = fx / here.root, fy / here.root, fz / here.root
            size = math.sqrt(x * x + y * y + z * z)
            step = 0.01 / size if size > 1000.0 else 1e-5
            here.x[0, bead] += step * x
            here.x[1, bead] += step * y
            here.x[2, bead] += step * z
        listed = refresh(here, listed, np.int32(0))
    return listed


@device
def rescaling(here, plan, step):
    """Factor of all velocities of the stochastic velocity rescaling, the same on all threads; see `ensemble.dynamics.rescaling`."""
    kinetic = kinetic_energy(here, plan.mass)
    if here.thread == 0:
        one, others = normal_and_chi(here, step, 3.0 * here.beads - 4.0)
        decay = math.exp(-RESCALE_EVERY * plan.timestep / plan.thermostat_time)
        share = (1.0 - decay) * plan.kT / (2.0 * kinetic)
        squared = decay + share * (one * one + others) + 2.0 * one * math.sqrt(decay * share)
        sign = 1.0 if one + math.sqrt(decay / share) > 0.0 else -1.0
        here.partial[LANES] = sign * math.sqrt(larger(squared, 0.0))
    barrier()
    return here.partial[LANES]


@device
def pair_noise(here, bead, listed, strength, step):
    """Random change of a bead's velocity: strength w zeta e for every pair, zeta uniform with variance 1."""
    sx, sy, sz = ZERO, ZERO, ZERO
    limit, inverse_reach, size = here.cutoff * here.cutoff, ONE / here.cutoff, np.float32(strength * ROOT_TWELVE)
    at = np.uint64(bead)
    for entry in range(neighbours(here, bead, listed)):
        other = neighbour(here, at, entry, listed)
        at = np.uint64(at + here.stride)
        dx, dy, dz = difference(here, bead, other)
        squared = np.float32(dx * dx + dy * dy + dz * dz)
        if squared < limit and other != bead:
            weight = np.float32(ONE / np.float32(math.sqrt(larger(squared, TINY))) - inverse_reach)
            f = np.float32(size * pair_uniform(here, bead, other, step) * weight)
            sx, sy, sz = np.float32(sx - f * dx), np.float32(sy - f * dy), np.float32(sz - f * dz)
    return sx, sy, sz


@device
def pair_friction(here, bead, listed, strength):
    """Change of a bead's velocity by the friction -strength w2 (v_ij.e) e of every pair, at the velocities in the arena."""
    sx, sy, sz = ZERO, ZERO, ZERO
    arena, beads, begin = here.arena, np.uint32(here.beads), np.uint32(np.uint32(here.beads) * np.uint32(3))
    limit, inverse_reach = here.cutoff * here.cutoff, ONE / here.cutoff
    at = np.uint64(bead)
    following = neighbour(here, at, np.int32(0), listed)
    for entry in range(neighbours(here, bead, listed)):
        other = following
        at = np.uint64(at + here.stride)
        following = neighbour(here, at, entry + 1, listed)
        dx, dy, dz = difference(here, bead, other)
        squared = np.float32(dx * dx + dy * dy + dz * dz)
        if squared < limit:
            du = np.float32(arena[begin + other] - arena[begin + bead])
            dv = np.float32(arena[begin + beads + other] - arena[begin + beads + bead])
            dw = np.float32(arena[begin + beads + beads + other] - arena[begin + beads + beads + bead])
            weight = np.float32(ONE / np.float32(math.sqrt(larger(squared, TINY))) - inverse_reach)
            f = np.float32(strength * weight * weight * np.float32(du * dx + dv * dy + dw * dz))
            sx, sy, sz = np.float32(sx + f * dx), np.float32(sy + f * dy), np.float32(sz + f * dz)
    return sx, sy, sz


@device
def rub(here, listed, plan, step):
    """One step of pair friction and noise, positions at rest: `ensemble.friction.rub`, each pair computed by both its beads."""
    strength = np.float32(math.sqrt(2.0 * plan.friction * plan.kT * plan.timestep / plan.mass))
    damping = np.float32(plan.friction * plan.timestep)
    velocities = 3 * here.beads
    for bead in range(here.thread, here.beads, here.threads):
        noise = pair_noise(here, np.uint32(bead), listed, strength, step)
        for k in range(3):
            here.noise[k, bead] = noise[k]
            here.change[k, bead] = noise[k]
    for _ in range(plan.turns):
        barrier()
        for bead in range(here.thread, here.beads, here.threads):
            for k in range(3):
                here.arena[velocities + k * here.beads + bead] = np.float32(here.v[k, bead] + HALF * here.change[k, bead])
        barrier()
        for bead in range(here.thread, here.beads, here.threads):
            friction = pair_friction(here, np.uint32(bead), listed, damping)
            for k in range(3):
                here.change[k, bead] = here.noise[k, bead] + friction[k]
    for bead in range(here.thread, here.beads, here.threads):
        for k in range(3):
            here.v[k, bead] += here.change[k, bead]


@device
def drift(here, duration):
    """Move the thread's beads with constant velocity."""
    for bead in range(here.thread, here.beads, here.threads):
        for k in range(3):
            here.x[k, bead] += duration * here.v[k, bead]


@device
def kick_and_drift(here, listed, kick, duration):
    """Forces at the positions in the arena change the velocities, then beads move for `duration`."""
    for bead in range(here.thread, here.beads, here.threads):
        f = force(here, np.uint32(bead), listed)
        for k in range(3):
            here.v[k, bead] += kick * f[k]
            here.x[k, bead] += duration * here.v[k, bead]


@device
def langevin(here, listed, plan, step, friction):
    """Kick, half a drift, friction and noise, half a drift, bead by bead."""
    kick, half = plan.timestep / (plan.mass * here.root), plan.timestep / 2
    decay = math.exp(-friction * plan.timestep)
    spread = math.sqrt((1.0 - decay * decay) * plan.kT / plan.mass)
    for bead in range(here.thread, here.beads, here.threads):
        f, noise = force(here, np.uint32(bead), listed), bead_normals(here, bead, step)
        for k in range(3):
            before = here.v[k, bead] + kick * f[k]
            after = decay * before + spread * noise[k]
            here.v[k, bead] = after
            here.x[k, bead] += half * (before + after)


@device
def move(here, listed, plan, step, thermostat, friction, pairwise):
    """One step. Whether lists hold. pairwise: whether this code has the dpd thermostat."""
    dt = plan.timestep
    kick = dt / (plan.mass * here.root)
    if thermostat == LANGEVIN:
        langevin(here, listed, plan, step, friction)
    elif thermostat == GLOBAL and step % RESCALE_EVERY == 0:
        kick_and_drift(here, listed, kick, dt / 2)
        factor = rescaling(here, plan, step)
        for bead in range(here.thread, here.beads, here.threads):
            for k in range(3):
                here.v[k, bead] *= factor
        drift(here, dt / 2)
    elif pairwise and thermostat == DPD:
        kick_and_drift(here, listed, kick, dt / 2)
        listed = refresh(here, listed, np.int32(0))
        rub(here, listed, plan, step)
        drift(here, dt / 2)
    else:
        kick_and_drift(here, listed, kick, dt)
    return refresh(here, listed, np.int32(0))
