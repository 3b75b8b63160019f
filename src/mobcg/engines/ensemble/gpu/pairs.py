"""Pairs of beads: forces, energies and neighbour lists. A thread looks after whole beads, so nothing is added up by several threads.

A bead's neighbours are listed in the order of their numbers and what is beyond the cutoff adds nothing: forces by list and over all beads
are the same to the last bit, and do not depend on when lists were made.
"""

from __future__ import annotations

import numpy as np

from mobcg.engines.ensemble.gpu.device import anyone, barrier, device
from mobcg.engines.ensemble.segments import OCTAVES

ROUNDER = np.float32(1.5 * 2**23)
"""Adding and subtracting this rounds a float32 below 2^22 to a whole number, without a conversion."""

LARGE_ROUNDER = 1.5 * 2.0**52
"""The same for float64."""

LEAST = np.float32(2.0**-OCTAVES)
FIVE = np.uint32(5)
ZERO, ONE, HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)


@device
def larger(one, other):
    """The larger of two numbers of one type. (numba.cuda does not compile Python's max everywhere.)"""
    return one if one > other else other


@device
def nearest(d, edge, inverse):
    """A coordinate difference to the nearest image."""
    turns = np.float32(np.float32(d * inverse + ROUNDER) - ROUNDER)
    return np.float32(d - edge * turns)


@device
def difference(here, bead, other):
    """The vector from a bead to the nearest image of another (uint32 both)."""
    arena, beads, edge, inverse = here.arena, np.uint32(here.beads), here.edge, here.inverse
    dx = nearest(np.float32(arena[other] - arena[bead]), edge, inverse)
    dy = nearest(np.float32(arena[beads + other] - arena[beads + bead]), edge, inverse)
    dz = nearest(np.float32(arena[beads + beads + other] - arena[beads + beads + bead]), edge, inverse)
    return dx, dy, dz


@device
def segment(here, q):
    """Number of the segment that q lies in, and the distance t from its start; see `ensemble.segments`."""
    clipped = np.float32(larger(q, LEAST))
    bits = clipped.view(np.int32)
    start = np.int32(bits & here.head).view(np.float32)
    return np.uint32(np.int32(np.int32(bits >> here.shift) & np.int32(here.segments - np.int32(1)))), np.float32(clipped - start)


@device
def ratio(here, number, t):
    """F/r in kJ/mol/nm2. The five coefficients of a segment lie side by side: 5 and 32 have no common factor, so no two of 32 segments
    share a bank of shared memory.
    """
    arena = here.arena
    at = np.uint64(here.table_at) + np.uint64(np.uint32(number * FIVE))
    result = np.float32(arena[at + np.uint64(3)] + t * arena[at + np.uint64(4)])
    result = np.float32(arena[at + np.uint64(2)] + t * result)
    result = np.float32(arena[at + np.uint64(1)] + t * result)
    return np.float32(arena[at] + t * result)


@device
def neighbours(here, bead, listed):
    """Number of beads to look at for a bead."""
    return here.near_count[bead] if listed else here.beads


@device
def neighbour(here, at, entry, listed):
    """One of them: what the list says at `at`, its number where there is no list (then the bead itself comes up too)."""
    return np.uint32(here.near[at]) if listed else np.uint32(entry)


@device
def force(here, bead, listed):
    """Force on a bead (uint32) in kJ/mol/nm2 times the unit of positions. The next neighbour is fetched while one is at work."""
    fx, fy, fz = ZERO, ZERO, ZERO
    at = np.uint64(bead)
    following = neighbour(here, at, np.int32(0), listed)
    for entry in range(neighbours(here, bead, listed)):
        other = following
        at = np.uint64(at + here.stride)
        following = neighbour(here, at, entry + 1, listed)
        dx, dy, dz = difference(here, bead, other)
        q = np.float32(here.offset + np.float32(dx * dx + dy * dy + dz * dz))
        if q < ONE:
            number, t = segment(here, q)
            f = ratio(here, number, t)
            fx, fy, fz = np.float32(fx - f * dx), np.float32(fy - f * dy), np.float32(fz - f * dz)
    return fx, fy, fz


@device
def energy_and_virial(here, bead, listed):
    """A bead's half of its pairs' energies in kJ/mol, and of F/r times the squared distance in kJ/mol/nm2 times the unit squared."""
    u, w = ZERO, ZERO
    energy, at = here.energy, np.uint64(bead)
    slope = np.float32(-0.5 / (here.root * here.root))
    for entry in range(neighbours(here, bead, listed)):
        other = neighbour(here, at, entry, listed)
        at = np.uint64(at + here.stride)
        dx, dy, dz = difference(here, bead, other)
        squared = np.float32(dx * dx + dy * dy + dz * dz)
        q = np.float32(here.offset + squared)
        if q < ONE and other != bead:
            number, t = segment(here, q)
            f = ratio(here, number, t)
            value = ZERO
            for power in range(5, -1, -1):
                value = np.float32(energy[np.int32(number) * 6 + power] + t * value)
            u = np.float32(u + HALF * np.float32(value + slope * f * np.float32(q - larger(q, LEAST))))
            w = np.float32(w + HALF * f * squared)
    return u, w


@device
def list_neighbours(here):
    """List each bead's neighbours at the present positions. Whether all fit; where not, forces are computed over all beads."""
    over = np.int32(0)
    for bead in range(here.thread, here.beads, here.threads):
        found = np.int32(0)
        for other in range(here.beads):
            dx, dy, dz = difference(here, np.uint32(bead), np.uint32(other))
            if np.float32(dx * dx + dy * dy + dz * dz) < here.squared_reach and other != bead:
                if found < here.capacity:
                    here.near[np.uint64(found) * here.stride + np.uint64(bead)] = np.uint16(other)
                found = np.int32(found + 1)
        if found > here.capacity:
            found = np.int32(0)
            over = np.int32(1)
        here.near_count[bead] = found
        for k in range(3):
            here.reference[k, bead] = here.x[k, bead]
    return not anyone(over)


@device
def refresh(here, listed, forced):
    """After a move: positions into the arena, new lists where a bead has moved by half the skin or `forced` (int32). Whether lists hold."""
    barrier()
    stale = forced
    for bead in range(here.thread, here.beads, here.threads):
        moved = ZERO
        for k in range(3):
            x = here.x[k, bead]
            d = np.float32(x - here.reference[k, bead])
            moved = np.float32(moved + d * d)
            turns = (x / here.edge_nm + LARGE_ROUNDER) - LARGE_ROUNDER
            here.arena[k * here.beads + bead] = np.float32((x - here.edge_nm * turns) * here.root)
        if moved > here.half_skin * here.half_skin:
            stale = np.int32(1)
    if anyone(stale):
        listed = list_neighbours(here)
    return listed
