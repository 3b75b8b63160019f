import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from mobcg.engines.ensemble.noise import (
    STATE_WORDS,
    absolute,
    fill_normals,
    gamma_deviate,
    logarithm,
    random_state,
    sine_of_turns,
    uniforms,
)
from mobcg.engines.ensemble.simd import load, store

SINGLE = float(np.finfo(np.float32).eps)
NORMALS = 32 * 40_000


@njit
def fill_uniforms(state, values):
    for at in range(0, values.size, 16):
        store(values, at, uniforms(state))


@njit
def functions(x, out):
    for at in range(0, x.shape[1], 16):
        store(out[0], at, logarithm(load(x[0], at)))
        store(out[1], at, sine_of_turns(load(x[1], at)))
        store(out[2], at, absolute(load(x[1], at)))


@njit
def gammas(state, shape, values):
    for index in range(values.size):
        values[index] = gamma_deviate(state, shape)


def normals(seed, size=NORMALS):
    values = np.empty(size, dtype=np.float32)
    fill_normals(random_state(seed), values)
    return values.astype(float)


def evenly(seed, size):
    values = np.empty(size, dtype=np.float32)
    fill_uniforms(random_state(seed), values)
    return values


def reference_stream(words):
    """xoshiro128++ as its authors write it, one stream of plain integers."""
    s = [int(word) for word in words]
    limit = 0xFFFFFFFF

    def rotl(x, k):
        return ((x << k) | (x >> (32 - k))) & limit

    while True:
        result = (rotl((s[0] + s[3]) & limit, 7) + s[0]) & limit
        t = (s[1] << 9) & limit
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)
        yield result


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**63))
def test_every_lane_is_the_published_generator(seed):
    state = random_state(seed)
    assert state.dtype == np.uint32
    assert state.shape == (STATE_WORDS,)
    values = evenly(seed, 16 * 50).reshape(50, 16)
    for lane in range(16):
        stream = reference_stream(state[lane::16])
        assert np.array_equal(values[:, lane], [(next(stream) >> 8) * 2.0**-24 for _ in range(50)])


def test_a_seed_gives_the_same_numbers_and_another_seed_others():
    assert np.array_equal(normals(5, 64), normals(5, 64))
    assert not np.any(normals(5, 64) == normals(6, 64))
    assert np.array_equal(random_state(7), np.random.SeedSequence(7).generate_state(64, np.uint32))


def test_numbers_go_on_where_they_stopped():
    state = random_state(8)
    parts = [np.empty(64, dtype=np.float32) for _ in range(3)]
    for part in parts:
        fill_normals(state, part)
    assert np.array_equal(np.concatenate(parts), normals(8, 192).astype(np.float32))


def test_uniforms_are_even():
    u = evenly(1, 16 * 50_000).astype(float)
    assert u.min() >= 0
    assert u.max() < 1
    assert np.array_equal(u * 2**24, np.rint(u * 2**24))
    # 4 standard errors of the mean and of the variance of a uniform number
    assert u.mean() == pytest.approx(0.5, abs=4 * math.sqrt(1 / 12 / u.size))
    assert u.var() == pytest.approx(1 / 12, abs=4 * math.sqrt(1 / 180 / u.size))
    assert stats.kstest(u, "uniform").pvalue > 1e-4


def test_normals_have_the_moments_of_the_normal_distribution():
    x = normals(2)
    n = x.size
    # variance of x^k: the 2k-th moment less the k-th squared
    for power, expected, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10395 - 225)):
        assert np.mean(x**power) == pytest.approx(expected, abs=4 * math.sqrt(spread / n)), power
    assert stats.kstest(x, "norm").pvalue > 1e-4
    # the least uniform is 2^-25, so nothing lies beyond sqrt(50 ln 2)
    assert np.abs(x).max() <= math.sqrt(50 * math.log(2)) * (1 + 4 * SINGLE)
    beyond = np.mean(np.abs(x) > 4)
    chance = 2 * stats.norm.sf(4)
    assert beyond == pytest.approx(chance, abs=4 * math.sqrt(chance / n))


def test_lanes_and_successive_numbers_are_independent():
    x = normals(3).reshape(-1, 32)
    n = len(x)
    both = np.hstack([x[:-1], x[1:]])
    correlation = np.corrcoef(both.T) - np.eye(64)
    squares = np.corrcoef((both**2).T) - np.eye(64)
    # 2016 coefficients of standard deviation 1/sqrt(n): the largest of them stays below 5 with a chance of 0.999
    for matrix in (correlation, squares):
        assert np.abs(matrix).max() < 5 / math.sqrt(n)
        assert np.sqrt(np.mean(matrix[np.triu_indices(64, 1)] ** 2)) == pytest.approx(1 / math.sqrt(n), rel=4 / math.sqrt(2 * 2016))
    for lane in range(32):
        assert stats.kstest(x[:, lane], "norm").pvalue > 1e-5


def test_neighbouring_seeds_are_independent():
    one, other = normals(100), normals(101)
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(one.size)


@pytest.mark.parametrize("shape", [1.5, 10.0, 748.0])
def test_gamma_deviates(shape):
    values = np.empty(200_000)
    gammas(random_state(11), shape, values)
    n = values.size
    # mean and variance are both the shape, the fourth central moment 3 shape^2 + 6 shape
    assert values.mean() == pytest.approx(shape, abs=4 * math.sqrt(shape / n))
    assert values.var() == pytest.approx(shape, abs=4 * math.sqrt((2 * shape**2 + 6 * shape) / n))
    assert stats.kstest(values, "gamma", args=(shape,)).pvalue > 1e-4


def test_logarithm_and_sine():
    random = np.random.default_rng(5)
    u = np.concatenate(
        [2.0 ** -random.uniform(0, 25, 20_000), random.uniform(0.5, 2, 20_000), 1 - 2.0 ** -np.arange(1, 25), 2.0 ** np.arange(-25, 15)]
    )
    u = u[: u.size // 16 * 16].astype(np.float32)
    turns = np.linspace(-0.25, 0.25, u.size).astype(np.float32)
    out = np.empty((3, u.size), dtype=np.float32)
    functions(np.array([u, turns]), out)
    exact = np.log(u.astype(float))
    assert np.all(np.abs(out[0] - exact) < 1e-6 * np.maximum(np.abs(exact), 1))
    # no shift common to all: normal numbers would inherit it
    near_one = (u > 0.71) & (u < 1.4)
    assert np.all(np.abs(out[0] - exact)[near_one] <= 4 * SINGLE * np.abs(exact[near_one]))
    assert np.all(np.abs(out[1] - np.sin(2 * np.pi * turns.astype(float))) < 4e-7)
    assert np.array_equal(out[2], np.abs(turns))


def test_only_whole_blocks_are_filled():
    values = np.full(96, -9.0, dtype=np.float32)
    fill_normals(random_state(6), values[:64])
    assert np.all(values[64:] == -9.0)
    assert np.all(values[:64] != -9.0)
