import numpy as np
import pytest

from mobcg.observables.autocorrelation import autocorrelation


def test_equals_the_direct_sum():
    series = np.random.default_rng(1).normal(0.5, 1, (37, 2, 3))
    direct = [np.mean(series[: 37 - lag] * series[lag:], axis=0) for lag in range(20)]
    assert autocorrelation(series, 20) == pytest.approx(np.array(direct), abs=1e-12)
    assert autocorrelation(series[:, 0, 0], 37)[-1] == pytest.approx(series[0, 0, 0] * series[-1, 0, 0])


def test_more_lags_than_frames_are_refused():
    with pytest.raises(ValueError, match="11 lags asked of a series of 10 frames"):
        autocorrelation(np.zeros(10), 11)
