import numpy as np
import pytest

from mobcg.observables.viscosity import MPA_S_PER_KJ_MOL_NM3_PS, plateau_lag, shear_components, shear_viscosity
from mobcg.outcomes import InputError
from mobcg.units import thermal_energy
from tests.observables.ornstein_uhlenbeck import ornstein_uhlenbeck

VOLUME, TEMPERATURE, INTERVAL = 100.0, 298.15, 0.04
SCALE = VOLUME / thermal_energy(TEMPERATURE) * MPA_S_PER_KJ_MOL_NM3_PS


def two_decays(seed, frames=12_000):
    """A fast decay and a slow one with a third of the integral, as in a dense liquid: the integral is 4 * 0.15 + 0.4 * 0.75 = 0.9."""
    fast = ornstein_uhlenbeck(4.0, 0.15, frames, 5, INTERVAL, 2 * seed)
    return fast + ornstein_uhlenbeck(0.4, 0.75, frames, 5, INTERVAL, 2 * seed + 1)


def aliased(variance, time_ps):
    """Sum by trapezoids of variance exp(-t/time) at the interval of the series."""
    return variance * INTERVAL / 2 / np.tanh(INTERVAL / 2 / time_ps)


def test_error_covers_a_known_integral():
    expected = SCALE * (aliased(4.0, 0.15) + aliased(0.4, 0.75))
    assert expected == pytest.approx(SCALE * 0.9, rel=0.01)
    measured = [shear_viscosity(two_decays(seed), INTERVAL, VOLUME, TEMPERATURE) for seed in range(200)]
    assert all(one.plateau for one in measured)
    values, errors = np.array([one.viscosity for one in measured]).T
    pulls = (values - expected) / errors
    # errors of 25 integrals: t with 24 degrees of freedom, 94.3 % within 2; the binomial standard deviation over 200 runs is 1.6 %
    assert np.mean(np.abs(pulls) < 2) > 0.943 - 3 * 0.016
    # what is cut off, and low values that come with low errors, lie to one side: less than half a standard error
    assert abs(pulls.mean()) < 0.5
    assert abs(values.mean() / expected - 1) < 0.03
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.2)


def test_the_slope_of_helfand_s_moment_is_the_same():
    """Einstein's way: V/(2 kT) times the slope of <(int s dt)2> between half the cut and the cut."""
    stress = two_decays(7, 100_000)
    result = shear_viscosity(stress, INTERVAL, VOLUME, TEMPERATURE)
    moment = np.cumsum(stress, axis=0) * INTERVAL
    last = round(result.cut_ps / INTERVAL)
    squares = [np.mean((moment[lag:] - moment[:-lag]) ** 2) for lag in (last // 2, last)]
    helfand = SCALE / 2 * (squares[1] - squares[0]) / (INTERVAL * (last - last // 2))
    # the same integral but for what it still gains between half the cut and the cut
    assert helfand == pytest.approx(result.viscosity.value, abs=2 * result.viscosity.error)


def test_longer_runs_have_smaller_errors():
    long, short = (shear_viscosity(two_decays(3, frames), INTERVAL, VOLUME, TEMPERATURE) for frames in (320_000, 20_000))
    assert long.viscosity.error < short.viscosity.error / 2


def test_units():
    """Water-like: a stress of 20 kJ/mol/nm3 variance for 0.5 ps in 30 nm3 at 300 K; once more by hand in SI."""
    stress = ornstein_uhlenbeck(20.0, 0.5, 50_000, 5, 0.05, 1)
    result = shear_viscosity(stress, 0.05, 30.0, 300.0)
    pascal = 1e3 / 6.02214076e23 / 1e-27
    by_hand = 30e-27 / (1.380649e-23 * 300) * 20 * pascal**2 * 0.5e-12 * 1e3
    assert result.viscosity.value == pytest.approx(by_hand, abs=3 * result.viscosity.error + 0.001 * by_hand)


def test_components_are_orthonormal_and_traceless():
    tensor = np.random.default_rng(2).normal(size=(7, 3, 3))
    tensor = tensor + tensor.transpose(0, 2, 1)
    listed = np.stack([tensor[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))], axis=1)
    shear = shear_components(listed)
    traceless = tensor - np.trace(tensor, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
    assert 2 * (shear**2).sum(axis=1) == pytest.approx((traceless**2).sum(axis=(1, 2)))
    pressure = np.tile([3.0, 3.0, 3.0, 0, 0, 0], (4, 1))
    assert shear_components(pressure) == pytest.approx(np.zeros((4, 5)))


def test_an_autocorrelation_that_lasts_has_no_plateau():
    assert plateau_lag(np.ones(200), 10_000) == (199, False)
    lag, plateau = plateau_lag(np.exp(-np.arange(200) / 5), 10_000)
    assert plateau
    # noise sqrt(2 * 3.03 / 10000) = 0.0246; exp(-t/5) falls below 2.5 times that at t = 14
    assert lag == 28


def test_a_zero_that_is_passed_is_no_plateau():
    """A damped oscillation goes through zero at 2.5, 7.5 ..., and is at rest long after."""
    lags = np.arange(400)
    lag, plateau = plateau_lag(np.cos(2 * np.pi * lags / 10) * np.exp(-lags / 20), 10_000)
    assert plateau
    assert 2 * 40 < lag < 2 * 70


def test_bad_series_are_told():
    with pytest.raises(InputError, match="at least 80 frames of the stress, found 79"):
        shear_viscosity(np.ones((79, 5)), 0.1, 1.0, 300.0)
    with pytest.raises(InputError, match="not finite"):
        shear_viscosity(np.full((100, 5), np.nan), 0.1, 1.0, 300.0)


def test_curves_are_written(tmp_path):
    result = shear_viscosity(two_decays(1, 2000), INTERVAL, VOLUME, TEMPERATURE)
    result.write_csv(tmp_path / "viscosity.csv")
    header, first, *_ = (tmp_path / "viscosity.csv").read_text().splitlines()
    assert header == "time_ps,stress_autocorrelation_kj2_per_mol2_nm6,integral_mPa_s"
    assert first.startswith("0,")
    assert first.endswith(",0")
