import numpy as np
import pytest

from mobcg.observables.diffusion import squared_displacements
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.velocity import displacement_velocities, velocity_autocorrelation
from mobcg.outcomes import InputError
from tests.observables.ornstein_uhlenbeck import free_beads

FRICTION, VARIANCE, INTERVAL = 2.0, 0.03, 0.05


@pytest.fixture(scope="module")
def beads():
    return free_beads(FRICTION, VARIANCE, 100, 20_000, INTERVAL, 1)


def trajectory(positions):
    return Trajectory(positions, INTERVAL * np.arange(len(positions)), 3.0, 50.0)


def within(found, error, expected, most=3.5):
    """No lag outside `most` standard errors, 1 in 2000 each; 60 correlated lags: some ten independent."""
    return np.all(np.abs(found - expected) < most * error)


def test_a_free_bead_forgets_exponentially(beads):
    result = velocity_autocorrelation(beads[0], INTERVAL, 3.0)
    assert result.time_ps[-1] == pytest.approx(3.0)
    assert within(result.nm2_per_ps2, result.error_nm2_per_ps2, 3 * VARIANCE * np.exp(-FRICTION * result.time_ps))
    assert result.normalised[0] == 1
    # the error is that of 100 beads over 1000 ps, each with 1/gamma = 0.5 ps of memory: about 1 % of the start
    assert 0.001 < result.error_nm2_per_ps2[0] / result.nm2_per_ps2[0] < 0.01


def test_displacements_smooth_it_as_told(beads):
    result = velocity_autocorrelation(displacement_velocities(trajectory(beads[1])), INTERVAL, 3.0)
    half = FRICTION * INTERVAL / 2
    expected = 3 * VARIANCE * (np.sinh(half) / half) ** 2 * np.exp(-FRICTION * result.time_ps[1:])
    assert within(result.nm2_per_ps2[1:], result.error_nm2_per_ps2[1:], expected)
    first = 3 * VARIANCE * 2 * (2 * half - 1 + np.exp(-2 * half)) / (2 * half) ** 2
    assert result.nm2_per_ps2[0] == pytest.approx(first, abs=4 * result.error_nm2_per_ps2[0])


def test_it_is_the_second_difference_of_the_displacement(beads):
    """Up to the ends of the run, at which the two average over other origins: 60 of 20000 frames."""
    walked = trajectory(beads[1])
    result = velocity_autocorrelation(displacement_velocities(walked), INTERVAL, 3.0)
    moved = squared_displacements(walked).mean(axis=1)[:63]
    second = (moved[2:] - 2 * moved[1:-1] + moved[:-2]) / (2 * INTERVAL**2)
    assert result.nm2_per_ps2[1:] == pytest.approx(second[:60], abs=0.02 * result.nm2_per_ps2[0])
    slope = 1000 * (moved[2:] - moved[:-2]) / (12 * INTERVAL)
    assert result.diffusion_nm2_per_ns[1:] == pytest.approx(slope[:60], rel=0.02)


def test_its_integral_is_the_diffusion_of_the_bead(beads):
    result = velocity_autocorrelation(beads[0], INTERVAL, 3.0)
    expected = 1000 * VARIANCE / FRICTION * (1 - np.exp(-FRICTION * result.time_ps[-1]))
    # each of 100 beads' integrals of 3 ps over 1000 ps is good to about 2 sqrt(3/1000)/sqrt(3), all of them to 0.7 %
    assert result.diffusion_nm2_per_ns[-1] == pytest.approx(expected, rel=0.028)


def test_drift_does_not_count(beads):
    still = velocity_autocorrelation(beads[0][:500, :10], INTERVAL, 1.0)
    moving = velocity_autocorrelation(beads[0][:500, :10] + np.sin(np.arange(500))[:, None, None], INTERVAL, 1.0)
    assert moving.nm2_per_ps2 == pytest.approx(still.nm2_per_ps2, rel=1e-9)


def test_a_time_beyond_the_run_is_refused(beads):
    with pytest.raises(InputError, match="needs 2 to 20 frames"):
        velocity_autocorrelation(beads[0][:20], INTERVAL, 5.0)


def test_curve_is_written(beads, tmp_path):
    velocity_autocorrelation(beads[0][:50, :5], INTERVAL, 1.0).write_csv(tmp_path / "vacf.csv")
    header, first, *_ = (tmp_path / "vacf.csv").read_text().splitlines()
    assert header == "time_ps,vacf_nm2_per_ps2,vacf_err_nm2_per_ps2,vacf_normalised,diffusion_nm2_per_ns"
    assert first.split(",")[3] == "1"
