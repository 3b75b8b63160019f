"""Measurements inside compiled code, frame by frame: pair distances for g(r), squared displacements for D."""

from __future__ import annotations

import numba
import numpy as np
from numba import njit

from mobcg.engines.ensemble.simd import load, nearest, splat, square_root, store, truncated, where


@njit(nogil=True, error_model="numpy")
def count_distances(coordinates, beads, edge, bin_width, counts):
    """Add each pair's distance in nm to the histogram `counts` (bins,); what lies beyond its last bin is left out.

    coordinates: (3, places) float32 in nm, wrapped into the box or not, with room for 16 more than `beads`.
    """
    bins = counts.size
    places = coordinates.shape[1]
    flat = coordinates.ravel()
    length, inverse, per_bin = splat(numba.float32(edge)), splat(numba.float32(1 / edge)), splat(numba.float32(1 / bin_width))
    beyond = splat(numba.float32(bins))
    buffer = np.empty(16, dtype=np.uint32)
    # four histograms in turn: two equal distances in a row need not wait for each other
    several = np.zeros((4, bins + 1), dtype=np.uint32)
    for i in range(beads - 1):
        xi, yi, zi = splat(flat[i]), splat(flat[places + i]), splat(flat[2 * places + i])
        for j in range(i + 1, beads, 16):
            dx, dy, dz = load(flat, j) - xi, load(flat, places + j) - yi, load(flat, 2 * places + j) - zi
            dx = dx - length * nearest(dx * inverse)
            dy = dy - length * nearest(dy * inverse)
            dz = dz - length * nearest(dz * inverse)
            place = square_root(dx * dx + dy * dy + dz * dz) * per_bin
            store(buffer, 0, truncated(where(place < beyond, place, beyond)))
            for lane in range(min(16, beads - j)):
                several[lane & 3, buffer[lane]] += numba.uint32(1)
    for index in range(bins):
        counts[index] += several[0, index] + several[1, index] + several[2, index] + several[3, index]


@njit(nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "contract"})
def add_displacements(ring, frame, beads, totals, stretches, ends):
    """Add the squared displacements in nm2 that end at `frame` to the sums.

    ring: (lags + 1, 3, places) float32, drift-free unwrapped positions of the last frames, frame f at f mod (lags + 1). totals: (lags + 1,
    beads), summed over time origins for each bead. stretches: (stretches, lags + 1), summed over origins and beads; a displacement belongs
    to the stretch (one that ends before frame `ends[k]`) in which it both begins and ends.
    """
    depth = ring.shape[0]
    here = ring[frame % depth]
    stretch = 0
    while stretch < ends.size and frame >= ends[stretch]:
        stretch += 1
    begin = 0 if stretch == 0 else ends[stretch - 1]
    for lag in range(1, min(depth, frame + 1)):
        there = ring[(frame - lag) % depth]
        row = totals[lag]
        summed = 0.0
        for bead in range(beads):
            dx, dy, dz = here[0, bead] - there[0, bead], here[1, bead] - there[1, bead], here[2, bead] - there[2, bead]
            squared = np.float64(dx * dx + dy * dy + dz * dz)
            row[bead] += squared
            summed += squared
        if stretch < ends.size and frame - lag >= begin:
            stretches[stretch, lag] += summed


@njit(nogil=True, error_model="numpy")
def place_frame(x, images, order, edge, wrapped, unwrapped):
    """From packed positions in nm to the beads' own order: `wrapped` as they are, `unwrapped` with whole boxes added and their mean
    removed.

    x: (16 * clusters,) float64; images: whole boxes of each packed coordinate; order: bead at each place of the clusters, -1 where unused.
    wrapped, unwrapped: (3, places) float32.
    """
    beads = 0
    mean = np.zeros(3)
    for place in range(order.size):
        bead = order[place]
        if bead >= 0:
            beads += 1
            for k in range(3):
                at = place // 4 * 16 + 4 * k + place % 4
                mean[k] += x[at] + edge * images[at]
    mean /= beads
    for place in range(order.size):
        bead = order[place]
        if bead >= 0:
            for k in range(3):
                at = place // 4 * 16 + 4 * k + place % 4
                wrapped[k, bead] = x[at]
                unwrapped[k, bead] = x[at] + edge * images[at] - mean[k]
