import numpy as np
import pytest
from scipy.signal import lfilter

from mobcg.evaluation.fluctuations import compressibility
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

TEMPERATURE, VOLUME, KAPPA = 298.15, 25.0, 1.0
SPREAD = np.sqrt(KAPPA * 1e-4 * BAR_PER_KJ_MOL_NM3 * thermal_energy(TEMPERATURE) * VOLUME)
"""Standard deviation in nm3 of a volume of this compressibility in 1/GPa."""


def volumes(random, count=500, memory=0.8):
    drawn = lfilter([np.sqrt(1 - memory**2)], [1, -memory], random.normal(size=count + 100))[100:]
    return VOLUME + SPREAD * drawn


def test_compressibility_of_known_fluctuations():
    random = np.random.default_rng(1)
    found = [compressibility(volumes(random), TEMPERATURE) for _ in range(200)]
    values, errors = np.array(found).T
    # each errs by sqrt(2 (1 + memory2) / (1 - memory2) / n) = 13 %, 200 of them by 1 %; a start chosen for the most independent
    # volumes costs a few per cent
    assert values.mean() == pytest.approx(KAPPA, abs=0.05)
    assert values.std() == pytest.approx(0.14, rel=0.3)
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.3)


def test_relaxation_at_the_start_is_dropped():
    series = volumes(np.random.default_rng(2)) + 5 * np.exp(-np.arange(500) / 20)
    found = compressibility(series, TEMPERATURE)
    assert found.value == pytest.approx(KAPPA, abs=4 * found.error)
    assert found.value < 1.6


def test_too_short_a_series_tells_nothing():
    assert compressibility(np.full(4, VOLUME), TEMPERATURE) is None
    drift = VOLUME + np.linspace(0, 1, 200)
    assert compressibility(drift, TEMPERATURE) is None
