import numpy as np
import pytest

from mobcg.atomistic.density import settled_density, standard_error, statistical_inefficiency

timeseries = pytest.importorskip("pymbar.timeseries")


def _correlated(count, memory, generator):
    noise = generator.normal(size=count)
    series = np.empty(count)
    series[0] = noise[0]
    for index in range(1, count):
        series[index] = memory * series[index - 1] + np.sqrt(1 - memory**2) * noise[index]
    return series


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_statistical_inefficiency_is_that_of_pymbar(memory):
    series = _correlated(2000, memory, np.random.default_rng(1))
    assert statistical_inefficiency(series) == pytest.approx(timeseries.statistical_inefficiency(series), rel=0.05)


def test_standard_error_covers_the_spread_of_means():
    generator = np.random.default_rng(2)
    runs = [_correlated(1000, 0.8, generator) for _ in range(200)]
    spread = np.std([run.mean() for run in runs])
    assert np.mean([standard_error(run) for run in runs]) == pytest.approx(spread, rel=0.2)


def test_mean_of_the_second_half():
    series = np.concatenate([np.linspace(0.3, 0.7, 100), 0.7 + 0.01 * np.random.default_rng(3).normal(size=100)])
    density = settled_density(series)
    assert density.levelled
    assert abs(density.mean_g_per_cm3 - 0.7) < 4 * density.error_g_per_cm3


def test_drift_is_seen():
    series = np.linspace(0.3, 0.7, 200) + 0.005 * np.random.default_rng(3).normal(size=200)
    assert not settled_density(series).levelled


def test_short_series_has_no_error():
    assert np.isnan(settled_density(np.array([0.5, 0.6])).error_g_per_cm3)


def test_constant_series():
    density = settled_density(np.full(40, 0.65))
    assert density.mean_g_per_cm3 == pytest.approx(0.65)
    assert density.error_g_per_cm3 == pytest.approx(0, abs=1e-12)
    assert density.levelled
