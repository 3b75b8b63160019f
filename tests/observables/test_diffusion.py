import numpy as np
import pytest

from mobcg.observables.diffusion import diffusion, squared_displacements
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from tests.observables.brownian import walkers


def test_interval_covers_the_known_value():
    pulls = []
    for seed in range(60):
        measured = diffusion(walkers(2.0, 64, 300, 0.2, seed), (1.0, 6.0)).diffusion
        pulls.append((measured.value - 2.0) / measured.error)
    inside = np.mean(np.abs(pulls) < 2)
    # 95 % expected; binomial standard deviation 2.8 % over 60 runs; the larger of two errors is on the safe side
    assert inside > 0.95 - 3 * 0.028
    assert abs(np.mean(pulls)) < 3 / np.sqrt(60)


def test_fft_equals_the_direct_sum():
    trajectory = walkers(1.0, 5, 12, 1.0, 4)
    positions = trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)
    direct = [np.mean(np.sum((positions[lag:] - positions[: 12 - lag]) ** 2, axis=2), axis=0) if lag else np.zeros(5) for lag in range(12)]
    assert squared_displacements(trajectory) == pytest.approx(np.array(direct) * 5 / 4, abs=1e-6)


def test_common_drift_does_not_count():
    trajectory = walkers(1.0, 30, 200, 0.5, 5)
    drifting = Trajectory(
        trajectory.positions_nm + 0.01 * np.arange(200)[:, None, None], trajectory.time_ps, trajectory.box_nm, trajectory.mass_Da
    )
    assert diffusion(drifting, (1, 10)).diffusion.value == pytest.approx(diffusion(trajectory, (1, 10)).diffusion.value, rel=1e-6)


def test_too_short_a_run_says_what_is_missing():
    with pytest.raises(InputError, match=r"19.8 ps is too short for a fit of D up to 20 ps: add at least 20.2 ps"):
        diffusion(walkers(1.0, 10, 100, 0.2, 1), (5, 20))


def test_too_coarse_frames():
    with pytest.raises(InputError, match="store frames more often"):
        diffusion(walkers(1.0, 10, 20, 5.0, 1), (5, 10))


def test_a_bent_curve_is_told_and_its_bend_enters_the_error():
    """Walkers in harmonic cages on top of slow free steps: the early slope is the cage's."""
    random = np.random.default_rng(1)
    free = walkers(0.2, 400, 400, 0.2, 2)
    cage = np.zeros((400, 400, 3))
    for frame in range(1, 400):
        cage[frame] = 0.95 * cage[frame - 1] + random.normal(0, 0.02, (400, 3))
    caged = Trajectory(free.positions_nm + cage, free.time_ps, free.box_nm, free.mass_Da)
    bent = diffusion(caged, (0.4, 8.0))
    straight = diffusion(caged, (20.0, 39.0))
    assert not bent.linear
    assert straight.linear
    assert bent.diffusion.error > 3 * diffusion(free, (0.4, 8.0)).diffusion.error
    assert abs(straight.diffusion.value - 0.2) < 4 * straight.diffusion.error


def test_free_walkers_are_linear():
    flags = [diffusion(walkers(2.0, 64, 200, 0.2, seed), (1.0, 6.0)).linear for seed in range(40)]
    # three standard errors: about 1 in 370 by chance
    assert sum(flags) >= 38
