import numpy as np
import pytest

from mobcg.observables.blocks import Estimate
from mobcg.observables.finite_size import infinite_diffusion


def test_water_in_a_small_box():
    """By hand in SI: 0.65 mPa s, 298 K, 1.86 nm give 0.513 nm2/ns."""
    by_hand = 2.837297 * 1.380649e-23 * 298 / (6 * np.pi * 0.65e-3 * 1.86e-9) * 1e9
    result = infinite_diffusion(Estimate(2.0, 0.0), Estimate(0.65, 0.0), 298, 1.86)
    assert result.value - 2.0 == pytest.approx(by_hand, rel=1e-6)
    assert by_hand == pytest.approx(0.512, abs=0.002)
    assert result.error == 0


def test_errors_propagate_as_of_random_draws():
    random = np.random.default_rng(3)
    draws = [
        infinite_diffusion(Estimate(random.normal(2.0, 0.05), 0), Estimate(random.normal(0.65, 0.03), 0), 298, 1.86).value
        for _ in range(4000)
    ]
    error = infinite_diffusion(Estimate(2.0, 0.05), Estimate(0.65, 0.03), 298, 1.86).error
    # a standard deviation of 4000 draws is good to 1.1 %; 1/eta adds second-order terms of (5 %)2
    assert np.std(draws) == pytest.approx(error, rel=0.05)


def test_a_viscosity_must_be_positive():
    with pytest.raises(ValueError, match="must be positive, found 0"):
        infinite_diffusion(Estimate(2.0, 0.1), Estimate(0.0, 0.1), 298, 2.0)
