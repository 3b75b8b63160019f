import math

import numpy as np
import pytest

from mobcg.observables.blocks import Estimate
from mobcg.observables.comparison import mean_structure_error, mobility_error, replica_mean


def test_mobility_error_counts_fast_and_slow_alike():
    fast = mobility_error(Estimate(4.0, 0.0), Estimate(2.0, 0.0))
    slow = mobility_error(Estimate(1.0, 0.0), Estimate(2.0, 0.0))
    assert fast.value == pytest.approx(slow.value) == pytest.approx(math.log(2))


def test_mobility_error_s_error_against_sampling():
    random = np.random.default_rng(1)
    sampled = np.log(random.normal(4, 0.2, 20000) / random.normal(2, 0.1, 20000))
    assert mobility_error(Estimate(4, 0.2), Estimate(2, 0.1)).error == pytest.approx(sampled.std(), rel=0.05)


def test_mobility_error_needs_positive_values():
    with pytest.raises(ValueError, match="must be positive"):
        mobility_error(Estimate(-1.0, 0.1), Estimate(1.0, 0.1))


def test_structure_error_is_of_the_mean_curve():
    target = np.array([0.0, 1.0, 2.0, 1.0])
    replicas = [target + 0.1, target - 0.1]
    assert mean_structure_error(replicas, target, 0 * target).value == pytest.approx(0)
    assert math.isnan(mean_structure_error(replicas[:1], target, 0 * target).error)


def test_structure_error_s_error_against_sampled_targets():
    random = np.random.default_rng(2)
    true = 1 + np.sin(np.linspace(0, 9, 80))
    model = true + 0.1 * np.cos(np.linspace(0, 5, 80))
    sampled = [mean_structure_error([model, model], true + random.normal(0, 0.02, 80), 0 * true).value for _ in range(3000)]
    stated = mean_structure_error([model, model], true, np.full(80, 0.02)).error
    # the standard deviation of 3000 values is known to 1.3 %; the formula is of first order
    assert stated == pytest.approx(np.std(sampled), rel=0.1)


def test_replica_mean_takes_the_larger_error():
    assert replica_mean([Estimate(1.0, 0.1), Estimate(1.0, 0.1)]) == pytest.approx((1.0, 0.1 / math.sqrt(2)))
    assert replica_mean([Estimate(1.0, 0.0), Estimate(2.0, 0.0)]) == pytest.approx((1.5, 0.5))
