import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.learning.mobility import drag, friction_feature, friction_grid, log_diffusion, solve_friction, usual_drag

LOG_DRAG = st.floats(-3, 4)
FRICTION = st.floats(0, 500)

LIQUID_FRICTION = np.array([0.0, 0.5, 1, 2, 5, 10, 20, 40])
LIQUID_INVERSE = np.array([17.22, 18.38, 19.64, 23.45, 34.22, 50.62, 89.12, 174.06])
"""Lennard-Jones, rho* 0.8, T* 1.0, 500 particles, Langevin: 1/D* measured at reduced frictions 0 to 40 (errors 1-2 %)."""


def test_without_friction_einstein() -> None:
    assert np.exp(log_diffusion(np.array(np.log(17.2 / 12)), np.array(0.0))) == pytest.approx(1 / 17.2)
    assert drag(np.array(1 / 17.2), np.array(0.0)) == pytest.approx(17.2)


@given(LOG_DRAG, FRICTION)
def test_drag_and_diffusion_are_each_other_s_inverse(log_drag: float, friction: float) -> None:
    gamma = np.array(friction)
    d = np.exp(log_diffusion(np.array(log_drag), gamma))
    assert np.log(drag(d, gamma) / usual_drag(gamma)) == pytest.approx(log_drag, abs=1e-9)


@given(LOG_DRAG, FRICTION, st.floats(1e-3, 100))
def test_friction_always_slows(log_drag: float, friction: float, more: float) -> None:
    at, beyond = log_diffusion(np.full(2, log_drag), np.array([friction, friction + more]))
    assert beyond < at
    assert at < -np.log(friction) if friction > 0 else True, "D < kT/(m gamma)"


@settings(max_examples=60)
@given(LOG_DRAG, st.floats(1e-2, 500))
def test_solving_finds_the_friction_that_was_used(log_drag: float, friction: float) -> None:
    target = float(log_diffusion(np.array(log_drag), np.array(friction)))
    grid = friction_grid(target)
    assert solve_friction(grid, log_diffusion(np.full(len(grid), log_drag), grid), target) == pytest.approx(friction, rel=1e-3, abs=1e-3)


@given(st.floats(-8, 1))
def test_the_grid_holds_every_possible_solution(log_target: float) -> None:
    grid = friction_grid(log_target)
    assert grid[0] == 0
    assert (np.diff(grid) > 0).all()
    assert log_diffusion(np.array(-20.0), grid[-1:])[0] <= log_target, "even without any drag"


def test_a_target_faster_than_conservative_needs_no_friction() -> None:
    grid = friction_grid(-3.0)
    log_d = log_diffusion(np.zeros(len(grid)), grid)
    assert solve_friction(grid, log_d, float(log_d[0]) + 0.1) == 0.0
    assert solve_friction(grid, log_d, float(log_d[0])) == 0.0


def test_a_curve_that_rises_by_error_counts_as_flat() -> None:
    friction = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    found = solve_friction(friction, np.array([-1.0, -2.0, -1.5, -2.5, -3.0]), -1.75)
    assert found == pytest.approx(0.75), "the least friction"
    assert 1.0 < solve_friction(friction, np.array([-1.0, -2.0, -1.5, -2.5, -3.0]), -2.25) < 3.0


def test_in_these_terms_a_real_liquid_is_nearly_constant() -> None:
    """1/D* grows tenfold, the logarithm that is learned by less than a factor of two, and smoothly."""
    learned = np.log(drag(1 / LIQUID_INVERSE, LIQUID_FRICTION) / usual_drag(LIQUID_FRICTION))
    assert np.ptp(learned) < np.log(2) * 2
    feature = friction_feature(LIQUID_FRICTION)
    smooth = np.polyval(np.polyfit(feature, learned, 3), feature)
    back = log_diffusion(smooth, LIQUID_FRICTION)
    assert np.sqrt(np.mean((back + np.log(LIQUID_INVERSE)) ** 2)) < 0.03
