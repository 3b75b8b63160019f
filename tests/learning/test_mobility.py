import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.learning.mobility import TERMS, log_diffusion, solve_friction

COEFFICIENTS = st.lists(st.floats(-5, 4), min_size=TERMS, max_size=TERMS)


def value(coefficients: np.ndarray, friction: float) -> float:
    gamma = torch.full((len(coefficients),), friction, dtype=torch.float64)
    return float(log_diffusion(torch.as_tensor(coefficients), gamma).mean())


def test_without_friction_einstein() -> None:
    a = np.array([[np.log(17.2), -20, -20, -20, -20]])
    assert np.isclose(np.exp(value(a, 0.0)), 1 / 17.2)
    assert np.isclose(np.exp(value(a, 5.0)), 1 / 22.2)


@settings(max_examples=60, deadline=None)
@given(COEFFICIENTS, st.floats(0, 500), st.floats(1e-3, 100))
def test_friction_always_slows(a: list[float], friction: float, more: float) -> None:
    coefficients = np.array([a])
    assert value(coefficients, friction + more) < value(coefficients, friction)


@settings(max_examples=60, deadline=None)
@given(COEFFICIENTS, st.floats(1e-2, 500))
def test_solving_finds_the_friction_that_was_used(a: list[float], friction: float) -> None:
    coefficients = np.array([a, np.array(a) + 0.1])
    assert np.isclose(solve_friction(coefficients, value(coefficients, friction)), friction, rtol=1e-6)


def test_a_target_faster_than_conservative_needs_no_friction() -> None:
    a = np.array([[3.0, 0.5, -2.0, -2.0, -2.0]])
    assert solve_friction(a, value(a, 0.0) + 0.1) == 0.0


def test_the_form_holds_a_real_liquid() -> None:
    """Lennard-Jones, rho* 0.8, T* 1.0, 500 particles, Langevin: 1/D* measured over reduced frictions 0 to 40 (errors 1-2 %)."""
    friction = np.array([0.0, 0.5, 1, 2, 5, 10, 20, 40])
    inverse = np.array([17.22, 18.38, 19.64, 23.45, 34.22, 50.62, 89.12, 174.06])
    a = torch.tensor([2.8, 0.5, -2.0, -2.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([a], lr=0.05)
    target = torch.as_tensor(-np.log(inverse))
    for _ in range(500):
        optimiser.zero_grad()
        loss = ((log_diffusion(a.expand(8, -1), torch.as_tensor(friction)) - target) ** 2).mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach().sqrt()) < 0.03
