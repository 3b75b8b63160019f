"""Random numbers inside compiled code: sixteen xoshiro128++ streams side by side, seeded by numpy's SeedSequence.

Source of the generator: Blackman and Vigna, ACM Trans. Math. Softw. 47, 36 (2021). A state is a uint32 array of 64 words, word k of stream
i at 16 k + i, so a run's numbers depend on its seed alone.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt
from numba import njit

from mobcg.engines.ensemble.simd import (
    as_floats,
    as_integers,
    load,
    maximum,
    splat,
    splat_integer,
    square_root,
    store,
    to_floats,
)

STATE_WORDS = 64

ROOT_HALF_BITS = 0x3F3504F3
"""The bits of sqrt(1/2) as float32."""


def random_state(seed: int) -> npt.NDArray[np.uint32]:
    """The state of sixteen streams for a seed."""
    return np.asarray(np.random.SeedSequence(seed).generate_state(STATE_WORDS, np.uint32), dtype=np.uint32)


@njit(nogil=True, forceinline=True)
def rotated(x, bits):
    """Bits of 16 integers rotated to the left."""
    return (x << splat_integer(numba.uint32(bits))) | (x >> splat_integer(numba.uint32(32 - bits)))


@njit(nogil=True, forceinline=True)
def uniforms(state):
    """The next 16 numbers, uniform in [0, 1) in steps of 2^-24."""
    a, b, c, d = load(state, 0), load(state, 16), load(state, 32), load(state, 48)
    result = rotated(a + d, 7) + a
    t = b << splat_integer(numba.uint32(9))
    c = c ^ a
    d = d ^ b
    store(state, 16, b ^ c)
    store(state, 0, a ^ d)
    store(state, 32, c ^ t)
    store(state, 48, rotated(d, 11))
    return to_floats(result >> splat_integer(numba.uint32(8))) * splat(numba.float32(2.0**-24))


@njit(nogil=True, forceinline=True)
def logarithm(u):
    """Natural logarithm of 16 positive normal numbers, to 1e-6 of the larger of the result and 1: exponent and a series of atanh."""
    turned = as_integers(u) + splat_integer(numba.uint32(0x3F800000 - ROOT_HALF_BITS))
    # 127 comes off the integer: taken off the float32, it is multiplied out, and the rounding of 127 log 2 stays
    exponent = to_floats((turned >> splat_integer(numba.uint32(23))) - splat_integer(numba.uint32(127)))
    part = as_floats((turned & splat_integer(numba.uint32(0x007FFFFF))) + splat_integer(numba.uint32(ROOT_HALF_BITS)))
    one = splat(numba.float32(1.0))
    z = (part - one) / (part + one)
    w = z * z
    series = splat(numba.float32(2 / 7)) + w * splat(numba.float32(2 / 9))
    series = splat(numba.float32(2 / 5)) + w * series
    series = splat(numba.float32(2 / 3)) + w * series
    series = splat(numba.float32(2.0)) + w * series
    return exponent * splat(numba.float32(math.log(2.0))) + z * series


@njit(nogil=True, forceinline=True)
def absolute(x):
    """The magnitudes of 16 numbers."""
    return as_floats(as_integers(x) & splat_integer(numba.uint32(0x7FFFFFFF)))


@njit(nogil=True, forceinline=True)
def sine_of_turns(x):
    """sin(2 pi x) for -1/4 <= x <= 1/4, to 4e-7: its Taylor series."""
    y = x * splat(numba.float32(2 * math.pi))
    w = y * y
    series = splat(numba.float32(-1 / 39916800))
    series = splat(numba.float32(1 / 362880)) + w * series
    series = splat(numba.float32(-1 / 5040)) + w * series
    series = splat(numba.float32(1 / 120)) + w * series
    series = splat(numba.float32(-1 / 6)) + w * series
    return y + y * w * series


@njit(nogil=True)
def fill_normals(state, values):
    """Fill a float32 array whose length is a multiple of 32 with normal numbers of mean 0 and variance 1 (Box and Muller)."""
    quarter, half = splat(numba.float32(0.25)), splat(numba.float32(0.5))
    least, minus_two = splat(numba.float32(2.0**-25)), splat(numba.float32(-2.0))
    for index in range(0, values.size, 32):
        radius = square_root(minus_two * logarithm(maximum(uniforms(state), least)))
        turn = uniforms(state) - half
        size = absolute(turn)
        cosine = sine_of_turns(quarter - size)
        folded = sine_of_turns(quarter - absolute(size - quarter))
        sign = as_integers(turn) & splat_integer(numba.uint32(0x80000000))
        sine = as_floats(as_integers(folded) ^ sign)
        store(values, index, radius * cosine)
        store(values, index + 16, radius * sine)


@njit(nogil=True)
def gamma_deviate(state, shape):
    """A number of the gamma distribution of this shape (above 1) and scale 1. Source: Marsaglia and Tsang, ACM TOMS 26, 363 (2000)."""
    buffer = np.empty(32, dtype=np.float32)
    uniform = np.empty(16, dtype=np.float32)
    d = shape - 1 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        fill_normals(state, buffer)
        store(uniform, 0, uniforms(state))
        for lane in range(16):
            x = float(buffer[lane])
            v = (1 + c * x) ** 3
            if v > 0 and math.log(1 - float(uniform[lane])) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v
