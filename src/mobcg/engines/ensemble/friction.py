"""Friction between pairs of beads (dissipative particle dynamics): it conserves momentum, so flow and hydrodynamics survive.

On a bead with speed v relative to another in the direction e acts -m gamma w2 (v.e) e, w = 1 - r/cutoff, and the noise that belongs to it.
Sources: Espanol and Warren, Europhys. Lett. 30, 191 (1995); Groot and Warren, J. Chem. Phys. 107, 4423 (1997).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.noise import uniforms
from mobcg.engines.ensemble.simd import (
    load,
    load_columns,
    load_rows,
    maximum,
    splat,
    square_root,
    store,
    sum_columns,
    sum_rows,
    upper_triangle,
    where,
)

RESIDUE = 1e-3
"""Part of the friction's own change of velocity that the iteration may leave out."""


@njit(nogil=True, error_model="numpy")
def pair_noise(position, start, image, home, reach, strength, random, change):
    """Random changes of velocity: strength w zeta e for every pair, zeta uniform with variance 1. Packed as in `forces`; overwrites
    `change`.
    """
    zero, one, half = splat(numba.float32(0)), splat(numba.float32(1)), splat(numba.float32(0.5))
    limit, inverse_reach, tiny = splat(numba.float32(reach * reach)), splat(numba.float32(1 / reach)), splat(numba.float32(1e-12))
    size = splat(numba.float32(strength * math.sqrt(12.0)))
    change[:] = 0
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        ax, ay, az = zero, zero, zero
        allowed = upper_triangle()
        for entry in range(start[cluster], start[cluster + 1]):
            j = numba.intp(image[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            squared = dx * dx + dy * dy + dz * dz
            inside = (squared < limit) & allowed
            allowed = zero < one
            weight = one / square_root(maximum(squared, tiny)) - inverse_reach
            factor = where(inside, size * (uniforms(random) - half) * weight, zero)
            px, py, pz = factor * dx, factor * dy, factor * dz
            ax, ay, az = ax + px, ay + py, az + pz
            h = numba.intp(home[entry])
            store(change, h, load(change, h) + sum_rows(px, py, pz))
        store(change, i, load(change, i) - sum_columns(ax, ay, az))


@njit(nogil=True, error_model="numpy")
def pair_friction(position, velocity, start, image, home, reach, strength, change):
    """Add to `change` -strength w2 (v_ij.e) e for every pair: the friction's change of velocity in a step of strength / gamma."""
    zero, one = splat(numba.float32(0)), splat(numba.float32(1))
    limit, inverse_reach, tiny = splat(numba.float32(reach * reach)), splat(numba.float32(1 / reach)), splat(numba.float32(1e-12))
    size = splat(numba.float32(-strength))
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        ui, vi, wi = load_rows(velocity, i), load_rows(velocity, i + 4), load_rows(velocity, i + 8)
        ax, ay, az = zero, zero, zero
        allowed = upper_triangle()
        for entry in range(start[cluster], start[cluster + 1]):
            j, h = numba.intp(image[entry]), numba.intp(home[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            du, dv, dw = load_columns(velocity, h) - ui, load_columns(velocity, h + 4) - vi, load_columns(velocity, h + 8) - wi
            squared = dx * dx + dy * dy + dz * dz
            inside = (squared < limit) & allowed
            allowed = zero < one
            weight = one / square_root(maximum(squared, tiny)) - inverse_reach
            factor = where(inside, size * weight * weight * (du * dx + dv * dy + dw * dz), zero)
            px, py, pz = factor * dx, factor * dy, factor * dz
            ax, ay, az = ax + px, ay + py, az + pz
            store(change, h, load(change, h) + sum_rows(px, py, pz))
        store(change, i, load(change, i) - sum_columns(ax, ay, az))


@njit(nogil=True, error_model="numpy")
def iterations(strength, beads, reach):
    """Turns that leave out `RESIDUE` of the friction's own change: it shrinks in each by gamma dt of a single bead.

    strength: gamma dt; reach: cutoff over edge. A bead's friction is gamma times the sum of w2/3 over neighbours of even density.
    """
    shrinks = min(0.9, strength * 4 * math.pi / 90 * beads * reach**3)
    return 1 + math.ceil(math.log(RESIDUE) / math.log(shrinks)) if shrinks > 0 else 1


@njit(nogil=True, error_model="numpy")
def rub(plan, beads, lists, random):
    """One step of pair friction and noise, positions at rest.

    The change dv = noise - gamma dt D (v + dv/2) is solved by iteration (it shrinks by gamma dt a turn). Friction at the velocity halfway
    keeps the canonical distribution at any step: for a friction matrix G and noise of variance 2 G kT dt / m the stationary variance of v
    is kT/m exactly.
    """
    reach = plan.cutoff * math.sqrt(plan.scale)
    size = beads.v.size
    strength = math.sqrt(2 * plan.friction * plan.kT * plan.timestep / plan.mass)
    noise, change = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    velocity = np.empty(size, dtype=np.float32)
    start, image, home = lists[0], lists[1], lists[2]
    pair_noise(beads.position, start, image, home, reach, strength, random, noise)
    change[:] = noise
    turns = iterations(plan.friction * plan.timestep, plan.beads, plan.cutoff / plan.edge)
    for _ in range(turns):
        for at in range(size):
            velocity[at] = beads.v[at] + 0.5 * change[at]
        change[:] = noise
        pair_friction(beads.position, velocity, start, image, home, reach, plan.friction * plan.timestep, change)
    for at in range(size):
        beads.v[at] += change[at]
