"""The stress of a liquid in motion, for its viscosity: sum of m v v and of r F over volume, tensor by tensor."""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.forces import FINE_MASK, FINE_SHIFT, LEAST, REGISTER_MASK, REGISTER_SHIFT, coefficient
from mobcg.engines.ensemble.simd import (
    as_floats,
    as_integers,
    load_columns,
    load_rows,
    maximum,
    splat,
    splat_integer,
    total,
    upper_triangle,
    where,
)


@njit(nogil=True, error_model="numpy")
def virial_tensor(position, start, image, table, offset, scale, result):
    """Add the sum of r F over all pairs to `result` (6,): xx, yy, zz, xy, xz, yz in kJ/mol. Arguments as of `forces.energy_and_virial`."""
    segments = table.size // 5
    fine = segments > 32
    shift = splat_integer(numba.uint32(FINE_SHIFT if fine else REGISTER_SHIFT))
    head = splat_integer(numba.uint32(FINE_MASK if fine else REGISTER_MASK))
    low = splat_integer(numba.uint32(segments - 1))
    zero, one, least, start_value = splat(numba.float32(0)), splat(numba.float32(1)), splat(numba.float32(LEAST)), splat(offset)
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        xx, yy, zz, xy, xz, yz = zero, zero, zero, zero, zero, zero
        allowed = upper_triangle()
        for entry in range(start[cluster], start[cluster + 1]):
            j = numba.intp(image[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            q = start_value + dx * dx + dy * dy + dz * dz
            inside = (q < one) & allowed
            allowed = zero < one
            bits = as_integers(maximum(q, least))
            t = as_floats(bits) - as_floats(bits & head)
            number = (bits >> shift) & low
            ratio = coefficient(table, 4, number, segments)
            for power in range(3, -1, -1):
                ratio = coefficient(table, power, number, segments) + t * ratio
            ratio = where(inside, ratio, zero)
            px, py = ratio * dx, ratio * dy
            xx, yy, zz = xx + px * dx, yy + py * dy, zz + ratio * dz * dz
            xy, xz, yz = xy + px * dy, xz + px * dz, yz + py * dz
        result[0] += np.float64(total(xx)) / scale
        result[1] += np.float64(total(yy)) / scale
        result[2] += np.float64(total(zz)) / scale
        result[3] += np.float64(total(xy)) / scale
        result[4] += np.float64(total(xz)) / scale
        result[5] += np.float64(total(yz)) / scale


@njit(nogil=True, error_model="numpy")
def kinetic_tensor(plan, beads, kick, result):
    """Add the sum of m v v to `result` (6,) in kJ/mol, of the velocities `kick` times the force later."""
    for place in range(plan.beads):
        at = place // 4 * 16 + place % 4
        vx = beads.v[at] + kick * beads.force[at]
        vy = beads.v[at + 4] + kick * beads.force[at + 4]
        vz = beads.v[at + 8] + kick * beads.force[at + 8]
        result[0] += plan.mass * vx * vx
        result[1] += plan.mass * vy * vy
        result[2] += plan.mass * vz * vz
        result[3] += plan.mass * vx * vy
        result[4] += plan.mass * vx * vz
        result[5] += plan.mass * vy * vz


@njit(nogil=True, error_model="numpy")
def take_stress(plan, beads, lists, table, stress):
    """Set `stress` (6,) to the stress in kJ/mol/nm3; the velocities, half a step behind the positions, are brought up to them."""
    stress[:] = 0.0
    virial_tensor(beads.position, lists[0], lists[1], table, np.float32(plan.offset), plan.scale, stress)
    kinetic_tensor(plan, beads, 0.5 * plan.timestep / (plan.mass * math.sqrt(plan.scale)), stress)
    stress /= plan.edge**3
