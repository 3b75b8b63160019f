import numpy as np
import pytest

from mobcg.observables.displacements import squared_displacements
from mobcg.observables.regression import covariance, displacement_covariances, slope_weights
from tests.observables.brownian import walkers


def by_definition(frames, lags, noise):
    """The covariance from that of all positions: cov(a^2, b^2) = 2 cov(a, b)^2 for Gaussian a and b."""
    steps = np.minimum.outer(np.arange(frames), np.arange(frames)) + noise * np.eye(frames)
    table = np.empty((len(lags), len(lags)))
    for row, n in enumerate(lags):
        for column, m in enumerate(lags):
            first, second = np.arange(frames - n), np.arange(frames - m)
            together = (
                steps[np.ix_(first + n, second + m)]
                - steps[np.ix_(first + n, second)]
                - steps[np.ix_(first, second + m)]
                + steps[np.ix_(first, second)]
            )
            table[row, column] = 2 * np.mean(together**2)
    return table


@pytest.mark.parametrize("noise", [0.0, 0.7, 12.0])
def test_covariance_is_that_of_all_displacements(noise):
    lags = (1, 2, 5, 7, 13, 24)
    assert covariance(25, lags, noise) == pytest.approx(by_definition(25, lags, noise), rel=1e-10)


def test_variance_of_the_first_lag_is_that_of_independent_steps():
    assert covariance(101, (1,))[0, 0] == pytest.approx(2 / 100)


def test_covariance_is_that_of_simulated_walkers():
    lags, frames = (2, 6, 15), 40
    curves = np.concatenate([squared_displacements(walkers(500 / 3, 200, frames, 1.0, seed))[list(lags)].T for seed in range(40)])
    # unit of the table: 2 D dt = 1/3 a coordinate, three coordinates
    expected = 3 * covariance(frames, lags) / 9
    # a variance of Gaussian-like numbers is known to sqrt(2/8000) = 1.6 %, of these skewed ones to some 3 %
    assert np.cov(curves.T) == pytest.approx(expected, rel=0.12)


def test_lags_must_fit_into_the_walk():
    with pytest.raises(ValueError, match="do not fit into a walk of 10 frames"):
        displacement_covariances(10, (1, 10))


@pytest.mark.parametrize("noise", [0.0, 3.0, 50.0])
def test_weights_are_unbiased_and_the_best(noise):
    lags = np.arange(5, 31)
    table = covariance(400, tuple(lags.tolist()), noise)
    best, plain = slope_weights(lags, table), slope_weights(lags, np.eye(len(lags)))
    assert plain == pytest.approx(np.polyfit(lags, np.eye(len(lags)), 1)[0])
    for weights in (best, plain):
        assert weights.sum() == pytest.approx(0, abs=1e-9)
        assert weights @ lags == pytest.approx(1)
    assert best @ table @ best < plain @ table @ plain
    # the optimum is flat: no small unbiased change helps
    change = np.random.default_rng(1).normal(size=len(lags))
    change -= np.polyval(np.polyfit(lags, change, 1), lags)
    for sign in (1, -1):
        other = best + sign * 1e-3 * change
        assert other @ table @ other > best @ table @ best
