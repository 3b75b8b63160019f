import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobcg.learning.wells import CORE_G, FADE, LARGEST_TAIL, SPLINE_START, TAPER, Wells
from mobcg.outcomes import InputError

GRID = 0.3 + 0.0125 * np.arange(137)
WELLS = Wells(2.0, 2.5, GRID)
NOTHING = np.zeros(WELLS.size)


def pair_potential(x: np.ndarray) -> np.ndarray:
    """Lennard-Jones of size 0.9 and depth 0.5 kT, zero from 1.6 on to below 0.02 kT."""
    return 2.0 * ((0.9 / x) ** 12 - (0.9 / x) ** 6)


def accessible(g: np.ndarray) -> np.ndarray:
    return WELLS.x > GRID[WELLS.core_start(g)]


def test_the_potential_of_a_dilute_gas_is_the_potential_of_mean_force() -> None:
    g = np.exp(-pair_potential(GRID))
    u = WELLS.potential(g, NOTHING)
    near = accessible(g) & (WELLS.x < 2.0 - FADE)
    np.testing.assert_allclose(u[near], pair_potential(WELLS.x[near]), atol=2e-3)
    core = (WELLS.x > GRID[WELLS.core_start(g)] - 0.03) & ~accessible(g)
    np.testing.assert_allclose(u[core], pair_potential(WELLS.x[core]), rtol=0.3)


def test_the_correction_is_added() -> None:
    g = np.exp(-pair_potential(GRID))
    wanted = 0.3 * np.exp(-(((WELLS.x - 1.3) / 0.3) ** 2))
    basis = WELLS.splines(WELLS.x)
    weights = np.linalg.lstsq(basis, wanted)[0]
    outside = accessible(g) & (WELLS.x < WELLS.x_out - TAPER)
    difference = WELLS.potential(g, weights) - WELLS.potential(g, NOTHING)
    np.testing.assert_allclose(difference[outside], wanted[outside], atol=2e-3)


def test_the_virial_of_a_dilute_gas_is_its_second_coefficient() -> None:
    """With g = exp(-U) the virial is 1 + B, B = -2 pi int x2 (exp(-U) - 1) dx, by parts."""
    u = pair_potential(WELLS.x) * np.clip((2.2 - WELLS.x) / 0.4, 0, 1)
    fine = np.linspace(0.3, WELLS.x_out, 20_001)
    exact = pair_potential(fine) * np.clip((2.2 - fine) / 0.4, 0, 1)
    second = 2 * np.pi / 3 * 0.3**3 - 2 * np.pi * np.trapezoid(fine**2 * np.expm1(-exact), fine)
    grid = np.exp(-pair_potential(GRID) * np.clip((2.2 - GRID) / 0.4, 0, 1))
    assert abs(second) > 0.1
    assert WELLS.pressure(grid, u) == pytest.approx(1 + second, abs=0.01)


@given(st.floats(-0.5, 0.5))
def test_a_tail_gives_the_pressure(change: float) -> None:
    g = np.exp(-pair_potential(GRID))
    u = WELLS.potential(g, NOTHING)
    wanted = WELLS.pressure(g, u) + change
    held = WELLS.with_pressure(g, u, wanted)
    assert WELLS.pressure(g, held) == pytest.approx(wanted, abs=1e-3)
    tail = (held - u)[accessible(g)]
    assert held[-1] == 0
    assert (np.diff(tail) * np.sign(change) <= 1e-12).all()
    np.testing.assert_allclose((held - u)[~accessible(g)], tail[0], atol=2e-3)


def test_a_pressure_out_of_reach_is_not_chased() -> None:
    g = np.exp(-pair_potential(GRID))
    u = WELLS.potential(g, NOTHING)
    assert 0.4 * LARGEST_TAIL < np.abs(WELLS.with_pressure(g, u, 1e3) - u).max() < LARGEST_TAIL


def test_splines_are_a_partition_of_one() -> None:
    x = np.linspace(SPLINE_START, WELLS.x_out, 300)
    np.testing.assert_allclose(WELLS.splines(x).sum(1), 1.0)
    assert WELLS.splines(x).shape == (300, WELLS.size)


def test_it_is_zero_at_the_end_and_repulsive_inside() -> None:
    g = np.exp(-pair_potential(GRID))
    u = WELLS.potential(g, np.full(WELLS.size, 0.1))
    assert u[-1] == 0
    assert WELLS.x[-1] == pytest.approx(WELLS.x_out)
    np.testing.assert_allclose(np.diff(WELLS.x), WELLS.x[0])
    inside = ~accessible(g)
    assert (np.diff(u[inside]) < 0).all()
    assert u[0] > 50


def test_the_slope_at_the_core_is_kept_within_the_library_s() -> None:
    soft = Wells(2.0, 2.5, GRID, 0.1, (20.0, 30.0))
    g = np.clip((GRID - 0.4) / 0.8, 0, 1)
    x, u = soft.x, soft.potential(g, NOTHING)
    inside = np.flatnonzero(x < GRID[soft.core_start(g)])[-3:]
    assert 19 < -np.diff(u[inside])[-1] / (x[1] - x[0]) < 33


def test_the_core_starts_where_g_leaves_zero_for_the_last_time() -> None:
    g = np.where(GRID > 0.9, 1.5, 0.0)
    assert GRID[WELLS.core_start(g)] == pytest.approx(GRID[GRID > 0.9][0])
    bump = g + 0.2 * np.exp(-(((GRID - 0.5) / 0.02) ** 2))
    assert WELLS.core_start(bump) == WELLS.core_start(g), "noise inside the core does not count"
    assert g[WELLS.core_start(g)] >= CORE_G
    with pytest.raises(InputError, match=r"no shell found, g reaches only 0\.1 "):
        WELLS.core_start(np.full(len(GRID), 0.1))


def test_errors_add_in_squares_and_vanish_at_the_end() -> None:
    g = np.exp(-pair_potential(GRID))
    one = np.full((WELLS.size, 1), 0.2)
    single, double = WELLS.error(g, one), WELLS.error(g, np.hstack([one, one]))
    outside = accessible(g) & (WELLS.x < WELLS.x_out - TAPER)
    np.testing.assert_allclose(single[outside], 0.2)
    np.testing.assert_allclose(double, np.sqrt(2) * single)
    assert single[-1] == 0
    inside = ~accessible(g)
    np.testing.assert_allclose(single[inside], single[inside][0], err_msg="the core moves with its end")


@given(st.floats(1.3, 3.0))
def test_splines_reach_both_ends_at_any_cutoff(x_out: float) -> None:
    """The last knot may lie a rounding error inside x_out."""
    wells = Wells(x_out, x_out, GRID)
    ends = wells.splines(np.array([SPLINE_START, x_out]))
    assert ends.sum(axis=1) == pytest.approx([1, 1])
