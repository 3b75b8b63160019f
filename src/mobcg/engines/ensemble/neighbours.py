"""Clusters of four near beads, and the lists of cluster pairs that may interact.

Lists hold pairs of clusters of which some beads are nearer than cutoff + skin. Periodic images are resolved when a list is made: where a
shifted copy of a cluster is needed, it gets a place behind the real clusters, and `update_images` keeps it in step.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.simd import (
    as_floats,
    as_integers,
    bits,
    load,
    load_columns,
    load_rows,
    maximum,
    splat,
    splat_integer,
    store,
    trailing_zeros,
)

GROUP = 16
"""Clusters whose common box is tested first; then their boxes, one a lane; then their beads."""


@njit(nogil=True, error_model="numpy")
def select(order, key, low, high, middle):
    """Rearrange order[low:high] so that keys before `middle` are not larger than those from it on. Source: Hoare, Comm. ACM 4, 321
    (1961).
    """
    high -= 1
    while low < high:
        pivot = key[order[(low + high) // 2]]
        i, j = low, high
        while i <= j:
            while key[order[i]] < pivot:
                i += 1
            while key[order[j]] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@njit(nogil=True, error_model="numpy")
def clustered(wrapped):
    """An order of the beads in which each four consecutive ones are near each other, and each eight, and so on; wrapped: (3, beads).

    The set is halved across its longest side again and again; only the last cluster may have fewer than four beads.
    """
    beads = wrapped.shape[1]
    order = np.arange(beads)
    stack = np.empty((64, 2), dtype=np.int64)
    stack[0] = 0, beads
    depth = 1
    while depth > 0:
        depth -= 1
        low, high = stack[depth]
        clusters = (high - low + 3) // 4
        if clusters < 2:
            continue
        widest, axis = -1.0, 0
        for k in range(3):
            least, most = np.inf, -np.inf
            for place in range(low, high):
                value = wrapped[k, order[place]]
                least, most = min(least, value), max(most, value)
            if most - least > widest:
                widest, axis = most - least, k
        middle = low + 4 * (clusters // 2)
        select(order, wrapped[axis], low, high, middle)
        stack[depth] = low, middle
        stack[depth + 1] = middle, high
        depth += 2
    return order


FAR = 1e6
"""Where unused places of the last cluster lie, beyond any cutoff."""


@njit(nogil=True, forceinline=True)
def gap(distance, reach):
    """Distance between two intervals from that of their centres and the sum of their half-lengths: zero where they overlap."""
    return max(abs(distance) - reach, 0.0)


@njit(nogil=True, forceinline=True)
def gaps(centres, halves, at, centre, half):
    """The same for 16 intervals from element `at` on against one."""
    distance = load(centres, at) - splat(numba.float32(centre))
    apart = as_floats(as_integers(distance) & splat_integer(numba.uint32(0x7FFFFFFF)))
    return maximum(apart - load(halves, at) - splat(numba.float32(half)), splat(numba.float32(0)))


@njit(nogil=True, error_model="numpy")
def bounds(position, clusters):
    """Centres and half-lengths of the boxes around clusters and around groups, (3, GROUP * groups) float32 and (3, groups) float64.

    Unused places of a cluster do not count; clusters that fill up the last group lie far away.
    """
    groups = (clusters + GROUP - 1) // GROUP
    centres, halves = np.full((3, GROUP * groups), FAR, dtype=np.float32), np.zeros((3, GROUP * groups), dtype=np.float32)
    group_centres, group_halves = np.empty((3, groups)), np.empty((3, groups))
    for group in range(groups):
        for k in range(3):
            lowest, highest = np.float32(np.inf), np.float32(-np.inf)
            for cluster in range(group * GROUP, min((group + 1) * GROUP, clusters)):
                low = high = position[16 * cluster + 4 * k]
                for lane in range(1, 4):
                    value = position[16 * cluster + 4 * k + lane]
                    if value < FAR / 2:
                        low, high = min(low, value), max(high, value)
                centres[k, cluster], halves[k, cluster] = (low + high) / 2, (high - low) / 2
                lowest, highest = min(lowest, low), max(highest, high)
            group_centres[k, group], group_halves[k, group] = (lowest + highest) / 2, (highest - lowest) / 2
    return centres, halves, group_centres, group_halves


@njit(nogil=True, error_model="numpy")
def build(position, clusters, edge, reach, capacity):
    """Lists of cluster pairs with beads nearer than `reach`, all in the unit of positions (float32, packed, room for images at its end).

    Returns start (clusters + 1), image, home (entries), image_home and image_shift (images), and the number of cluster pairs tested bead by
    bead. Raises ValueError where the images do not fit: there is room for `capacity` of them.
    """
    centres, halves, group_centres, group_halves = bounds(position, clusters)
    places, groups = centres.shape[1], group_centres.shape[1]
    flat_centres, flat_halves = centres.ravel(), halves.ravel()
    whole = np.empty((2, 3))
    for k in range(3):
        low, high = np.min(group_centres[k] - group_halves[k]), np.max(group_centres[k] + group_halves[k])
        whole[0, k], whole[1, k] = (low + high) / 2, (high - low) / 2
    slot = np.full((27, clusters), -1, dtype=np.int32)
    image_home, image_shift = np.empty(capacity, dtype=np.int32), np.empty(capacity, dtype=np.int32)
    images, tests, entries = 0, 0, 0
    start = np.empty(clusters + 1, dtype=np.int32)
    image, home = np.empty(48 * clusters, dtype=np.int32), np.empty(48 * clusters, dtype=np.int32)
    squared_reach = reach * reach
    limit = splat(numba.float32(squared_reach))
    for i in range(clusters):
        start[i] = entries
        if entries + 27 * clusters + 1 > image.size:
            image = np.concatenate((image, np.empty(image.size + 27 * clusters, dtype=np.int32)))
            home = np.concatenate((home, np.empty(home.size + 27 * clusters, dtype=np.int32)))
        image[entries] = home[entries] = 16 * i
        entries += 1
        xi, yi, zi = load_rows(position, 16 * i), load_rows(position, 16 * i + 4), load_rows(position, 16 * i + 8)
        hx, hy, hz = halves[0, i], halves[1, i], halves[2, i]
        for shift in range(27):
            sx, sy, sz = (shift // 9 - 1) * edge, (shift // 3 % 3 - 1) * edge, (shift % 3 - 1) * edge
            cx, cy, cz = centres[0, i] - sx, centres[1, i] - sy, centres[2, i] - sz
            gx, gy, gz = (
                gap(whole[0, 0] - cx, whole[1, 0] + hx),
                gap(whole[0, 1] - cy, whole[1, 1] + hy),
                gap(whole[0, 2] - cz, whole[1, 2] + hz),
            )
            if gx * gx + gy * gy + gz * gz > squared_reach:
                continue
            shift_x, shift_y, shift_z = splat(numba.float32(sx)), splat(numba.float32(sy)), splat(numba.float32(sz))
            for group in range(i // GROUP, groups):
                gx = gap(group_centres[0, group] - cx, group_halves[0, group] + hx)
                gy = gap(group_centres[1, group] - cy, group_halves[1, group] + hy)
                gz = gap(group_centres[2, group] - cz, group_halves[2, group] + hz)
                if gx * gx + gy * gy + gz * gz > squared_reach:
                    continue
                at = GROUP * group
                bx, by = gaps(flat_centres, flat_halves, at, cx, hx), gaps(flat_centres, flat_halves, places + at, cy, hy)
                bz = gaps(flat_centres, flat_halves, 2 * places + at, cz, hz)
                near = bits(bx * bx + by * by + bz * bz < limit)
                if at <= i:
                    # one of each two opposite images of the cluster itself: in small boxes its own beads meet across the boundary
                    first = i - at if shift > 13 else i + 1 - at
                    near = near >> first << first
                while near != 0:
                    j = at + trailing_zeros(near)
                    near &= near - 1
                    tests += 1
                    dx = load_columns(position, 16 * j) + shift_x - xi
                    dy = load_columns(position, 16 * j + 4) + shift_y - yi
                    dz = load_columns(position, 16 * j + 8) + shift_z - zi
                    if bits(dx * dx + dy * dy + dz * dz < limit) == 0:
                        continue
                    place = j
                    if shift != 13:
                        if slot[shift, j] < 0:
                            if images == capacity:
                                raise ValueError("more periodic images than room for them")
                            slot[shift, j] = clusters + images
                            image_home[images], image_shift[images] = j, shift
                            images += 1
                        place = slot[shift, j]
                    image[entries], home[entries] = 16 * place, 16 * j
                    entries += 1
    start[clusters] = entries
    return start, image[:entries].copy(), home[:entries].copy(), image_home[:images].copy(), image_shift[:images].copy(), tests


@njit(nogil=True, error_model="numpy")
def shift_table(edge):
    """The 27 shifts as packed vectors, (27 * 16,) float32."""
    table = np.zeros(27 * 16, dtype=np.float32)
    for shift in range(27):
        for lane in range(4):
            table[16 * shift + lane] = (shift // 9 - 1) * edge
            table[16 * shift + 4 + lane] = (shift // 3 % 3 - 1) * edge
            table[16 * shift + 8 + lane] = (shift % 3 - 1) * edge
    return table


@njit(nogil=True, error_model="numpy")
def update_images(position, clusters, image_home, image_shift, shifts):
    """Put the images where their clusters are, shifted."""
    for index in range(image_home.size):
        moved = load(position, 16 * numba.intp(image_home[index])) + load(shifts, 16 * numba.intp(image_shift[index]))
        store(position, 16 * (clusters + index), moved)


ROOM = 65536
"""Images that there is always room for: in 4 MiB every image of 2500 clusters, however the beads are scattered."""


@njit(nogil=True, error_model="numpy")
def most_images(edge, reach, clusters):
    """Room for images that is enough for boxes of at least twice the cutoff: all copies of all clusters, or twice a shell of that depth."""
    shell = (1 + 2.5 * reach / edge) ** 3 - 1
    return int(min(26.0 * clusters, max(2 * math.ceil(shell * clusters) + 64, ROOM)))
