import numpy as np
import pytest

from mobcg.observables.blocks import block_average


def test_error_of_white_noise_is_sigma_over_root_n():
    random = np.random.default_rng(1)
    errors = [block_average(random.normal(5, 2, 1000), 10).error for _ in range(200)]
    expected = 2 / np.sqrt(1000)
    # the error of a standard deviation from 10 blocks scatters by 1/sqrt(18); 200 of them average to 1.7 %; c4(10) = 0.973
    assert np.mean(errors) == pytest.approx(0.973 * expected, rel=0.07)


def test_blocks_see_correlation_that_plain_averaging_misses():
    random = np.random.default_rng(2)
    series = np.repeat(random.normal(size=100), 50)
    assert block_average(series, 10).error > 4 * series.std() / np.sqrt(len(series))


def test_too_few_values():
    with pytest.raises(ValueError, match="3 values cannot fill 5 blocks"):
        block_average([1, 2, 3], 5)
