import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.inversion.splines import SplineBasis

R = np.linspace(0.0, 1.2, 1201)
GRIDS = st.builds(SplineBasis, st.floats(0.2, 0.6), st.floats(0.9, 2.0), st.floats(0.01, 0.2))


def noise(size, seed=1):
    return np.random.default_rng(seed).normal(0, 3, size)


@settings(max_examples=50, deadline=None)
@given(GRIDS)
def test_functions_are_a_partition_of_one_away_from_the_cutoff(basis):
    """B-splines add up to one up to two knots before the cutoff, where the two dropped ones begin; four are above zero anywhere."""
    inner = basis.knots_nm[3:-3]
    r = np.linspace(inner[0], inner[-3], 57)
    assert basis.values(r).sum(axis=0) == pytest.approx(1.0)
    assert basis.values(r).shape == (basis.size, 57)
    assert (basis.values(r) >= 0).all()
    assert ((basis.values(r) > 1e-12).sum(axis=0) <= 4).all()
    assert np.diff(inner) == pytest.approx(inner[1] - inner[0])
    assert inner[1] - inner[0] == pytest.approx(basis.spacing_nm, rel=0.15) or len(inner) == 5


@settings(max_examples=50, deadline=None)
@given(GRIDS, st.integers(0, 1000))
def test_every_sum_ends_at_the_cutoff_with_value_and_slope_zero(basis, seed):
    spline = basis.spline(noise(basis.size, seed))
    slopes = np.abs(spline(np.linspace(basis.first_nm, basis.cutoff_nm, 200), 1)).max()
    assert abs(spline(basis.cutoff_nm)) < 1e-9
    assert abs(spline(basis.cutoff_nm, 1)) < 1e-9 * slopes


def test_functions_go_on_straight_into_the_core_and_vanish_beyond_the_cutoff():
    """So that pairs in the core tell how it answers to the coefficients."""
    basis = SplineBasis(0.4, 1.1, 0.05)
    assert (basis.values(np.array([1.11, 2.0])) == 0).all()
    assert (basis.values(np.array([1.11, 2.0]), derivative=1) == 0).all()
    depth = np.array([-0.2, -0.1, 0.0])
    inside = basis.values(0.4 + depth)
    slope = basis.values(np.array([0.4]), derivative=1)
    assert inside == pytest.approx(inside[:, 2:] + slope * depth)
    assert np.abs(inside[:, 0]).max() > 1


def test_derivatives_are_those_of_the_functions():
    basis = SplineBasis(0.4, 1.1, 0.05)
    r, step = np.linspace(0.41, 1.09, 40), 1e-5
    differences = (basis.values(r + step) - basis.values(r - step)) / (2 * step)
    assert basis.values(r, derivative=1) == pytest.approx(differences, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(GRIDS, st.integers(0, 1000))
def test_coefficients_come_back_from_their_table(basis, seed):
    coefficients = noise(basis.size, seed)
    spacing = min(0.01, basis.spacing_nm / 4)
    points = round(basis.cutoff_nm / spacing)
    r = np.linspace(basis.cutoff_nm / points, basis.cutoff_nm, points)
    potential = basis.table(coefficients, r, 50.0)
    for weights in (np.ones_like(r), np.random.default_rng(seed).uniform(0.5, 1, len(r))):
        assert basis.coefficients(r, potential.u_kj_per_mol, weights) == pytest.approx(coefficients, abs=1e-6)


def test_points_without_weight_are_ignored():
    basis = SplineBasis(0.4, 1.2, 0.05)
    spline = basis.spline(noise(basis.size))
    wrong = (R > 0.7) & (R < 0.72)
    u = spline(np.maximum(R, 0.4)) + 5.0 * wrong
    assert basis.coefficients(R, u, np.where(wrong, 0.0, 1.0)) == pytest.approx(basis.coefficients(R, u - 5.0 * wrong, np.ones_like(R)))


def test_the_core_goes_on_with_value_slope_and_curvature():
    basis = SplineBasis(0.4, 1.2, 0.05)
    coefficients = basis.coefficients(R, 10 * (0.5 / np.maximum(R, 0.3)) ** 12, np.ones_like(R))
    u = basis.table(coefficients, R, 20.0).u_kj_per_mol
    step = R[1]
    joint = int(np.searchsorted(R, 0.4))
    inside, outside = slice(joint - 4, joint), slice(joint, joint + 4)
    # differences on either side of the joint are of one smooth curve: they differ by a step's worth of the third derivative
    third = np.abs(np.diff(u, 3)).max()
    assert abs(np.diff(u[inside], 2).mean() - np.diff(u[outside], 2).mean()) <= 4 * third
    assert np.diff(u)[joint - 1] == pytest.approx(np.diff(u)[joint], rel=0.1)
    spline = basis.spline(coefficients)
    assert np.diff(u[:joint], 2) / step**2 == pytest.approx(
        max(float(spline(0.4, 2)), float(spline(0.4, 1)) ** 2 / (u[joint] - u.min())), rel=1e-2
    )


@settings(max_examples=50, deadline=None)
@given(GRIDS, st.integers(0, 1000))
def test_the_core_repels_whatever_the_coefficients(basis, seed):
    r = np.linspace(0.01, basis.cutoff_nm, 300)
    potential = basis.table(noise(basis.size, seed), r, 50.0)
    core = potential.u_kj_per_mol[r < basis.first_nm]
    assert (np.diff(core) / np.diff(r)[: len(core) - 1] <= -50.0 + 1e-9).all()
    assert (np.diff(core, 2) > 0).all()
