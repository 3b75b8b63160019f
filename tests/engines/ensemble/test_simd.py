import operator

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.extending import intrinsic

from mobcg.engines.ensemble.simd import (
    WIDTH,
    _has,
    _lookup_256,
    _lookup_512,
    as_floats,
    as_integers,
    bits,
    gather,
    has_permutes,
    integers,
    largest,
    load,
    load_columns,
    load_rows,
    lookup,
    maximum,
    nearest,
    splat,
    splat_integer,
    square_root,
    store,
    sum_columns,
    sum_fours,
    sum_rows,
    to_floats,
    total,
    trailing_zeros,
    truncated,
    upper_triangle,
    vector,
    where,
)

EPSILON = float(np.finfo(np.float32).eps)
"""A single rounding is off by at most half of it, relatively."""


def floats(seed, size=WIDTH, low=-8.0, high=8.0):
    return np.random.default_rng(seed).uniform(low, high, size).astype(np.float32)


def words(seed, size=WIDTH):
    return np.random.default_rng(seed).integers(0, 2**32, size, dtype=np.uint32)


@njit
def arithmetic(x, y, z, out):
    a, b, c = load(x, 0), load(y, 0), load(z, 0)
    store(out[0], 0, a + b)
    store(out[1], 0, a - b)
    store(out[2], 0, a * b)
    store(out[3], 0, a / b)
    store(out[4], 0, maximum(a, b))
    store(out[5], 0, square_root(c))
    store(out[6], 0, nearest(a))
    store(out[7], 0, where(a < b, a, c))
    store(out[8], 0, splat(x[3]))
    return bits(a < b), bits((a < b) & (b < c)), bits(a < a), total(c), largest(a)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_arithmetic_of_floats(seed):
    x, y, z = floats(seed), floats(seed + 1), floats(seed + 2, low=0.0)
    out = np.empty((9, WIDTH), dtype=np.float32)
    less, both, never, added, most = arithmetic(x, y, z, out)
    # one rounding each; a division may be done as a multiplication by the reciprocal: two
    for row, operation, roundings in ((0, operator.add, 1), (1, operator.sub, 1), (2, operator.mul, 1), (3, operator.truediv, 2)):
        exact = operation(x.astype(float), y.astype(float))
        assert np.all(np.abs(out[row] - exact) <= roundings * EPSILON / 2 * 1.01 * np.abs(exact)), operation
    assert np.array_equal(out[4], np.maximum(x, y))
    assert np.all(np.abs(out[5] - np.sqrt(z.astype(float))) <= EPSILON * np.sqrt(z))
    assert np.array_equal(out[6], np.rint(x))
    assert np.array_equal(out[7], np.where(x < y, x, z))
    assert np.array_equal(out[8], np.full(WIDTH, x[3]))
    powers = 1 << np.arange(WIDTH)
    assert less == powers[x < y].sum()
    assert both == powers[(x < y) & (y < z)].sum()
    assert never == 0
    # 16 positive numbers added pairwise: four roundings of a sum
    assert added == pytest.approx(z.sum(dtype=float), rel=4 * EPSILON / 2)
    assert most == x.max()


@njit
def halves(x, out):
    store(out, 0, nearest(load(x, 0)))


def test_nearest_takes_halves_to_even():
    x = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 0.49, -0.49, 0.51, -0.51, 7, -7, 0, 1e6], dtype=np.float32)
    out = np.empty(WIDTH, dtype=np.float32)
    halves(x, out)
    assert np.array_equal(out, np.rint(x))


@njit
def whole(x, y, shift, z, out, real):
    a, b, by = load(x, 0), load(y, 0), load(shift, 0)
    store(out[0], 0, a + b)
    store(out[1], 0, a - b)
    store(out[2], 0, a ^ b)
    store(out[3], 0, a | b)
    store(out[4], 0, a & b)
    store(out[5], 0, a >> by)
    store(out[6], 0, a << by)
    store(out[7], 0, splat_integer(x[2]))
    store(out[8], 0, truncated(load(z, 0)))
    store(out[9], 0, as_integers(load(z, 0)))
    store(real[0], 0, to_floats(a >> splat_integer(numba.uint32(1))))
    store(real[1], 0, as_floats(as_integers(load(z, 0))))
    store(real[2], 0, to_floats(a))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_arithmetic_of_integers(seed):
    x, y, shift = words(seed), words(seed + 1), words(seed + 2) % 32
    z = floats(seed, low=0.0, high=1e5)
    out, real = np.empty((10, WIDTH), dtype=np.uint32), np.empty((3, WIDTH), dtype=np.float32)
    whole(x, y, shift, z, out, real)
    # unsigned, modulo 2**32
    expected = [x + y, x - y, x ^ y, x | y, x & y, x >> shift, x << shift, np.full(WIDTH, x[2]), z.astype(np.uint32), z.view(np.uint32)]
    assert np.array_equal(out, np.array(expected))
    assert np.array_equal(real[0], (x >> 1).astype(np.float32))
    assert np.array_equal(real[1], z)
    assert np.array_equal(real[2], x.view(np.int32).astype(np.float32))


@njit
def copied(source, begin, target, at):
    store(target, at, load(source, begin))


@pytest.mark.parametrize("begin", [0, 1, 7])
def test_load_and_store_begin_anywhere_and_leave_the_rest(begin):
    source, target = floats(1, 40), np.full(40, -1, dtype=np.float32)
    copied(source, begin, target, begin + 3)
    expected = np.full(40, -1, dtype=np.float32)
    expected[begin + 3 : begin + 3 + WIDTH] = source[begin : begin + WIDTH]
    assert np.array_equal(target, expected)


@njit
def matrices(x, y, z, at, out):
    store(out[0], 0, load_rows(x, at))
    store(out[1], 0, load_columns(x, at))
    store(out[2], 0, sum_rows(load(x, 0), load(y, 0), load(z, 0)))
    store(out[3], 0, sum_columns(load(x, 0), load(y, 0), load(z, 0)))
    store(out[4], 0, sum_fours(load(x, 0)))
    return bits(upper_triangle())


@pytest.mark.parametrize("at", [0, 3])
def test_four_by_four_matrices(at):
    x, y, z = (floats(seed, low=0.1) for seed in (3, 4, 5))
    out = np.empty((5, WIDTH), dtype=np.float32)
    above = matrices(x, y, z, at, out)
    assert np.array_equal(out[0], np.repeat(x[at : at + 4], 4))
    assert np.array_equal(out[1], np.tile(x[at : at + 4], 4))
    squares = [one.astype(float).reshape(4, 4) for one in (x, y, z)]
    # of positive numbers four are added: two roundings
    for row, axis in ((2, 0), (3, 1)):
        expected = np.concatenate([square.sum(axis=axis) for square in squares])
        assert out[row, :12] == pytest.approx(expected, rel=EPSILON)
        assert np.array_equal(out[row, 12:], np.zeros(4))
    assert out[4] == pytest.approx(np.tile(squares[0].sum(axis=0), 4), rel=EPSILON)
    row, column = np.divmod(np.arange(WIDTH), 4)
    assert above == (1 << np.arange(WIDTH))[column > row].sum()


@njit
def gathered(table, offset, index, out):
    store(out, 0, gather(table, numba.intp(offset), load(index, 0)))


@pytest.mark.parametrize("offset", [0, 5, 64])
def test_gather(offset):
    table, index = floats(6, 200), words(7) % 128
    out = np.empty(WIDTH, dtype=np.float32)
    gathered(table, offset, index, out)
    assert np.array_equal(out, table[offset + index])


def lookup_by(emit):
    @intrinsic
    def found(typing, low, high, index):
        return vector(vector, vector, integers), lambda context, builder, sig, args: emit(builder, *args)

    return found


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(lookup, id="chosen", marks=pytest.mark.skipif(not has_permutes(), reason="neither AVX2 nor AVX-512 here")),
        pytest.param(lookup_by(_lookup_256), id="AVX2", marks=pytest.mark.skipif(not _has("avx2"), reason="no AVX2 here")),
        pytest.param(lookup_by(_lookup_512), id="AVX-512", marks=pytest.mark.skipif(not _has("avx512f"), reason="no AVX-512 here")),
    ],
)
def test_lookup_counts_modulo_32(way):
    @njit
    def looked_up(table, index, out):
        store(out, 0, way(load(table, 0), load(table, 16), load(index, 0)))

    table = floats(8, 32)
    out = np.empty(WIDTH, dtype=np.float32)
    for index in (np.arange(16, dtype=np.uint32), np.arange(16, 32, dtype=np.uint32), words(9)):
        looked_up(table, index, out)
        assert np.array_equal(out, table[index % 32])


@njit
def lowest(value):
    return trailing_zeros(value)


@given(st.integers(1, 2**62))
def test_trailing_zeros(value):
    assert lowest(value) == (value & -value).bit_length() - 1


def test_a_mixture_of_kinds_is_refused_when_compiled():
    @njit
    def mixed(x, y):
        return bits(load(x, 0) + load(y, 0) < load(x, 0))

    with pytest.raises(numba.TypingError):
        mixed(floats(1), words(1))
    assert str(vector) == "float32x16"
    assert str(integers) == "uint32x16"
