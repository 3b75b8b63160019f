"""Random numbers by counting: a number depends on seed, step and bead alone, not on who asks for it or when.

Source of the generators, Philox4x32-10 and Philox2x32-10: Salmon, Moraes, Dror and Shaw, Proc. SC11, 16 (2011).
"""

from __future__ import annotations

import math

import numpy as np

from mobcg.engines.ensemble.gpu.device import device

ROUNDS = 10
FIRST_FACTOR, SECOND_FACTOR, PAIR_FACTOR = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57), np.uint64(0xD256D193)
FIRST_STEP, SECOND_STEP = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW, HALF_WORD, DROPPED = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(8)
SPACING, HALF_SPACING = np.float32(2.0**-24), np.float32(2.0**-25)
TURN = np.float32(2 * math.pi)

BEAD, BATH = np.uint32(1), np.uint32(2)
"""What a number is for: friction on a bead, the thermostat of the whole liquid."""


@device
def philox4(a, b, c, d, key, second_key):
    """Four random words from four words of a counter and two of a key, all uint32."""
    for _ in range(ROUNDS):
        p, q = np.uint64(a) * FIRST_FACTOR, np.uint64(c) * SECOND_FACTOR
        a = np.uint32(np.uint32(q >> HALF_WORD) ^ np.uint32(b ^ key))
        c = np.uint32(np.uint32(p >> HALF_WORD) ^ np.uint32(d ^ second_key))
        b, d = np.uint32(q & LOW), np.uint32(p & LOW)
        key, second_key = np.uint32((np.uint64(key) + FIRST_STEP) & LOW), np.uint32((np.uint64(second_key) + SECOND_STEP) & LOW)
    return a, b, c, d


@device
def philox2(a, b, key):
    """Two random words from two words of a counter and one of a key, all uint32."""
    for _ in range(ROUNDS):
        p = np.uint64(a) * PAIR_FACTOR
        a, b = np.uint32(np.uint32(p >> HALF_WORD) ^ np.uint32(key ^ b)), np.uint32(p & LOW)
        key = np.uint32((np.uint64(key) + FIRST_STEP) & LOW)
    return a, b


@device
def uniform(word):
    """A float32 within (0, 1) from a random word, in steps of 2^-24."""
    return np.float32(np.float32(np.uint32(np.uint64(word) >> DROPPED)) * SPACING + HALF_SPACING)


@device
def two_normals(one, other):
    """Two normal numbers of mean 0 and variance 1 from two random words (Box and Muller)."""
    radius = np.float32(math.sqrt(np.float32(-2.0) * np.float32(math.log(uniform(one)))))
    angle = np.float32(TURN * uniform(other))
    return radius * np.float32(math.cos(angle)), radius * np.float32(math.sin(angle))


@device
def bead_normals(here, bead, step):
    """Three normal numbers for a bead at a step."""
    a, b, c, d = philox4(np.uint32(bead), np.uint32(step), BEAD, np.uint32(0), here.key, here.second_key)
    x, y = two_normals(a, b)
    z, _ = two_normals(c, d)
    return x, y, z


@device
def pair_uniform(here, one, other, step):
    """A number within (-1/2, 1/2), the same for both beads of a pair."""
    first, second = (one, other) if one < other else (other, one)
    a, _ = philox2(np.uint32(np.int64(first) * np.int64(here.beads) + np.int64(second)), np.uint32(step), here.key)
    return np.float32(uniform(a) - np.float32(0.5))


@device
def normal_and_chi(here, step, freedom):
    """A normal number and a chi-squared one of `freedom` degrees of freedom (above 2) for the bath at a step.

    Source: Marsaglia and Tsang, ACM TOMS 26, 363 (2000); of its tries fewer than one in a thousand fails.
    """
    a, b, _, _ = philox4(np.uint32(0), np.uint32(step), BATH, np.uint32(0), here.key, here.second_key)
    one, _ = two_normals(a, b)
    d = 0.5 * freedom - 1.0 / 3.0
    k = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(1, 64):
        a, b, c, _ = philox4(np.uint32(attempt), np.uint32(step), BATH, np.uint32(0), here.key, here.second_key)
        normal, _ = two_normals(a, b)
        x = np.float64(normal)
        y = 1.0 + k * x
        y = y * y * y
        if y > 0.0 and math.log(np.float64(uniform(c))) < 0.5 * x * x + d - d * y + d * math.log(y):
            return np.float64(one), 2.0 * d * y
    return np.float64(one), 2.0 * d
