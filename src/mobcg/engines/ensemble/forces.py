"""Pair forces over lists of cluster pairs: 4 x 4 beads at a time, one lane a pair.

Positions and forces lie packed by clusters of four beads: x x x x y y y y z z z z and four unused numbers, sixteen float32 a cluster.
Positions are scaled by sqrt(table.scale). The list of cluster i begins with i itself, of which only the pairs above the diagonal count;
each other pair of clusters stands in one list only. `image` says where the partner's (periodically shifted) positions begin, `home` its
forces.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.segments import OCTAVES
from mobcg.engines.ensemble.simd import (
    as_floats,
    as_integers,
    gather,
    has_permutes,
    load,
    load_columns,
    load_rows,
    lookup,
    maximum,
    splat,
    splat_integer,
    store,
    sum_columns,
    sum_rows,
    total,
    upper_triangle,
    where,
)

LEAST = 2.0**-OCTAVES
REGISTER_SHIFT, REGISTER_MASK = 20, 0xFFF00000
FINE_SHIFT, FINE_MASK, FINE_LOW = 17, 0xFFFE0000, 0xFF


PERMUTES = has_permutes()
"""Whether tables of 32 segments are held in registers."""


@njit(nogil=True, forceinline=True)
def polynomial(table, number, t, size):
    """The fourth-degree polynomial of segment `number`, its coefficients looked up in memory."""
    result = gather(table, numba.intp(4 * size), number)
    for power in range(3, -1, -1):
        result = gather(table, numba.intp(power * size), number) + t * result
    return result


@njit(nogil=True, forceinline=True, error_model="numpy")
def pair_forces_in_memory(position, force, start, image, home, table, offset):
    """Force on every bead, in the table's unit of F/r times the unit of positions; the table is looked up in memory.

    table: (5 * segments,) float32. Adds nothing to former forces: they are zeroed.
    """
    segments = table.size // 5
    fine = segments > 32
    shift = splat_integer(numba.uint32(FINE_SHIFT if fine else REGISTER_SHIFT))
    head = splat_integer(numba.uint32(FINE_MASK if fine else REGISTER_MASK))
    low = splat_integer(numba.uint32(segments - 1))
    zero, one, least, start_value = splat(numba.float32(0)), splat(numba.float32(1)), splat(numba.float32(LEAST)), splat(offset)
    force[:] = 0
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        ax, ay, az = zero, zero, zero
        first = start[cluster]
        for entry in range(first, start[cluster + 1]):
            j = numba.intp(image[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            q = start_value + dx * dx + dy * dy + dz * dz
            inside = q < one
            if entry == first:
                inside = inside & upper_triangle()
            bits = as_integers(maximum(q, least))
            t = as_floats(bits) - as_floats(bits & head)
            ratio = where(inside, polynomial(table, (bits >> shift) & low, t, segments), zero)
            px, py, pz = ratio * dx, ratio * dy, ratio * dz
            ax, ay, az = ax + px, ay + py, az + pz
            h = numba.intp(home[entry])
            store(force, h, load(force, h) + sum_rows(px, py, pz))
        store(force, i, load(force, i) - sum_columns(ax, ay, az))


@njit(nogil=True, forceinline=True, error_model="numpy")
def pair_forces_in_registers(position, force, start, image, home, table, offset):
    """The same, with a table of 32 segments held in registers."""
    c0, d0, c1, d1, c2, d2 = load(table, 0), load(table, 16), load(table, 32), load(table, 48), load(table, 64), load(table, 80)
    c3, d3, c4, d4 = load(table, 96), load(table, 112), load(table, 128), load(table, 144)
    shift, head = splat_integer(numba.uint32(REGISTER_SHIFT)), splat_integer(numba.uint32(REGISTER_MASK))
    zero, one, least, start_value = splat(numba.float32(0)), splat(numba.float32(1)), splat(numba.float32(LEAST)), splat(offset)
    force[:] = 0
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        ax, ay, az = zero, zero, zero
        allowed = upper_triangle()
        for entry in range(start[cluster], start[cluster + 1]):
            j = numba.intp(image[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            q = start_value + dx * dx + dy * dy + dz * dz
            inside = (q < one) & allowed
            allowed = zero < one
            bits = as_integers(maximum(q, least))
            t = as_floats(bits) - as_floats(bits & head)
            number = bits >> shift
            ratio = lookup(c3, d3, number) + t * lookup(c4, d4, number)
            ratio = lookup(c1, d1, number) + t * (lookup(c2, d2, number) + t * ratio)
            ratio = where(inside, lookup(c0, d0, number) + t * ratio, zero)
            px, py, pz = ratio * dx, ratio * dy, ratio * dz
            ax, ay, az = ax + px, ay + py, az + pz
            h = numba.intp(home[entry])
            store(force, h, load(force, h) + sum_rows(px, py, pz))
        store(force, i, load(force, i) - sum_columns(ax, ay, az))


if PERMUTES:

    @njit(nogil=True)
    def pair_forces(position, force, start, image, home, table, offset):
        """Forces by the faster of the two ways that this machine and the table's size allow."""
        if table.size == 160:
            pair_forces_in_registers(position, force, start, image, home, table, offset)
        else:
            pair_forces_in_memory(position, force, start, image, home, table, offset)

else:
    pair_forces = njit(nogil=True)(pair_forces_in_memory.py_func)


if PERMUTES:

    @njit(nogil=True, forceinline=True)
    def coefficient(table, power, number, segments):
        """Coefficient `power` of the segments `number`."""
        if segments == 32:
            return lookup(load(table, 32 * power), load(table, 32 * power + 16), number)
        return gather(table, numba.intp(power * segments), number)

else:

    @njit(nogil=True, forceinline=True)
    def coefficient(table, power, number, segments):
        """Coefficient `power` of the segments `number`."""
        return gather(table, numba.intp(power * segments), number)


@njit(nogil=True, error_model="numpy")
def energy_and_virial(position, start, image, table, energy, offset, scale):
    """Potential energy in kJ/mol and virial sum of F r in kJ/mol over all pairs.

    table, energy: (5 * segments,) and (6 * segments,) float32. Terms are added in single precision within a cluster's list, in double over
    lists.
    """
    segments = table.size // 5
    fine = segments > 32
    shift = splat_integer(numba.uint32(FINE_SHIFT if fine else REGISTER_SHIFT))
    head = splat_integer(numba.uint32(FINE_MASK if fine else REGISTER_MASK))
    low = splat_integer(numba.uint32(segments - 1))
    zero, one, least, start_value = splat(numba.float32(0)), splat(numba.float32(1)), splat(numba.float32(LEAST)), splat(offset)
    slope = splat(numba.float32(-0.5 / scale))
    potential, virial = 0.0, 0.0
    for cluster in range(start.size - 1):
        i = 16 * cluster
        xi, yi, zi = load_rows(position, i), load_rows(position, i + 4), load_rows(position, i + 8)
        u, w = zero, zero
        allowed = upper_triangle()
        for entry in range(start[cluster], start[cluster + 1]):
            j = numba.intp(image[entry])
            dx, dy, dz = load_columns(position, j) - xi, load_columns(position, j + 4) - yi, load_columns(position, j + 8) - zi
            squared = dx * dx + dy * dy + dz * dz
            q = squared + start_value
            inside = (q < one) & allowed
            allowed = zero < one
            clipped = maximum(q, least)
            bits = as_integers(clipped)
            t = as_floats(bits) - as_floats(bits & head)
            number = (bits >> shift) & low
            ratio, value = coefficient(table, 4, number, segments), coefficient(energy, 5, number, segments)
            for power in range(4, -1, -1):
                value = coefficient(energy, power, number, segments) + t * value
            for power in range(3, -1, -1):
                ratio = coefficient(table, power, number, segments) + t * ratio
            value = value + slope * ratio * (q - clipped)
            u = u + where(inside, value, zero)
            w = w + where(inside, ratio * squared, zero)
        potential += np.float64(total(u))
        virial += np.float64(total(w))
    return potential, virial / scale
