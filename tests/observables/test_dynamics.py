import numpy as np
import pytest

from mobcg.observables.dynamics import displacement_curve
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from tests.observables.brownian import walkers
from tests.observables.ornstein_uhlenbeck import free_beads


def test_lags_are_even_on_the_logarithm_and_end_at_half_the_run():
    curve = displacement_curve(walkers(1.0, 10, 2001, 0.1, 1))
    assert curve.time_ps[0] == pytest.approx(0.1)
    assert curve.time_ps[-1] == pytest.approx(100.0)
    steps = np.diff(np.log10(curve.time_ps[curve.time_ps > 2]))
    assert steps == pytest.approx(np.full(len(steps), 0.1), abs=0.02)


def test_from_free_flight_to_diffusion():
    """Ornstein: <r2> = 6 kT/m (gamma t - 1 + exp(-gamma t))/gamma2, Gaussian at all times."""
    friction, variance, interval = 2.0, 0.03, 0.02
    positions = free_beads(friction, variance, 300, 10_000, interval, 3)[1]
    curve = displacement_curve(Trajectory(positions, interval * np.arange(10_000), 3.0, 50.0))
    x = friction * curve.time_ps
    expected = 6 * variance / friction**2 * (x - 1 + np.exp(-x))
    pulls = (curve.msd_nm2 - expected) / curve.msd_error_nm2
    # some ten independent stretches of time among the lags: 1 in 300 by chance above 3.5
    assert np.abs(pulls).max() < 3.5
    assert expected[0] == pytest.approx(3 * variance * interval**2, rel=0.02)
    assert np.abs(curve.alpha2 / curve.alpha2_error).max() < 3.5


def test_errors_cover_the_known_value():
    pulls = []
    for seed in range(100):
        curve = displacement_curve(walkers(2.0, 64, 300, 0.2, seed))
        row = len(curve.time_ps) // 2
        pulls.append((curve.msd_nm2[row] - 6 * 2e-3 * curve.time_ps[row]) / curve.msd_error_nm2[row])
    # 95 % expected, binomial standard deviation 2.2 %
    assert np.mean(np.abs(pulls) < 2) > 0.95 - 3 * 0.022
    assert abs(np.mean(pulls)) < 3 / np.sqrt(100)


def test_two_kinds_of_molecules_are_not_gaussian():
    """Half the molecules four times as fast: <r4>/<r2>2 rises by (1 + 16)/2 / (5/2)2 = 1.36."""
    slow, fast = walkers(1.0, 400, 600, 0.2, 5), walkers(4.0, 400, 600, 0.2, 6)
    mixed = Trajectory(np.concatenate([slow.positions_nm, fast.positions_nm], axis=1), slow.time_ps, 3.0, 50.0)
    curve = displacement_curve(mixed)
    assert curve.alpha2[:10] == pytest.approx(np.full(10, 0.36), abs=4 * curve.alpha2_error[:10].max())
    assert curve.alpha2_error[:10].max() < 0.05


def test_too_little_is_told():
    with pytest.raises(InputError, match="at least 4 frames of 2 molecules, found 3 of 10"):
        displacement_curve(walkers(1.0, 10, 3, 0.1, 1))


def test_curve_is_written(tmp_path):
    displacement_curve(walkers(1.0, 10, 50, 0.1, 1)).write_csv(tmp_path / "displacement.csv")
    assert (tmp_path / "displacement.csv").read_text().startswith("time_ps,msd_nm2,msd_err_nm2,alpha2,alpha2_err\n0.1,")
