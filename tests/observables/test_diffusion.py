import numpy as np
import pytest

from mobcg.observables.diffusion import diffusion, squared_displacements
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from tests.observables.brownian import caged_walkers, flocks, persistent_walkers, walkers


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
    with pytest.raises(InputError, match="a longer run, or frames stored more often"):
        diffusion(walkers(1.0, 10, 20, 5.0, 1), (5, 10))


def test_a_bent_curve_is_told_and_its_bend_enters_the_error():
    """Walkers in harmonic cages on top of slow free steps, the run too short to see beyond the cage."""
    caged = caged_walkers(0.2, 400, 200, 0.2, 8.0, 0.1, 2)
    free = walkers(0.2, 400, 200, 0.2, 2)
    bent = diffusion(caged, (0.4, 8.0))
    assert not bent.linear
    assert "not straight" in bent.advice
    assert bent.exponent < 0.8
    assert bent.diffusion.error > 3 * diffusion(free, (0.4, 8.0)).diffusion.error


def test_the_window_is_lengthened_until_the_cage_has_gone():
    caged = caged_walkers(1.0, 200, 800, 0.2, 0.5, 0.05, 0)
    found = diffusion(caged, (0.4, 2.0))
    assert found.linear
    assert found.window_ps[0] > 1.0
    assert found.window_ps[1] > 2.1
    assert abs(found.diffusion.value - 1.0) < 4 * found.diffusion.error


def test_free_walkers_are_linear():
    found = [diffusion(walkers(2.0, 64, 200, 0.2, seed), (1.0, 6.0)) for seed in range(40)]
    assert sum(each.linear for each in found) >= 36
    # the exponent of a run lies within some 3 % of 1
    assert np.mean([each.exponent for each in found]) == pytest.approx(1.0, abs=0.02)


def coverage(cases):
    """How many intervals of 95 % hold the known D, and the mean deviation with its standard error, relative to D."""
    found = [(diffusion(trajectory, window), known) for trajectory, window, known in cases]
    inside = np.mean([low <= known <= high for (low, high), known in ((each.interval(), known) for each, known in found)])
    off = np.array([each.diffusion.value / known - 1 for each, known in found])
    return inside, off.mean(), off.std() / np.sqrt(len(off)), np.mean([each.relative_error for each, _ in found])


@pytest.mark.slow
@pytest.mark.parametrize(("molecules", "frames", "window"), [(64, 400, (1.0, 6.0)), (256, 200, (1.0, 6.0)), (64, 120, (3.0, 11.9))])
def test_interval_covers_the_known_value_in_nine_cases_of_ten_and_more(molecules, frames, window):
    cases = [(walkers(2.0, molecules, frames, 0.2, seed), window, 2.0) for seed in range(200)]
    inside, bias, bias_error, error = coverage(cases)
    assert 0.90 <= inside <= 0.985  # 95 %; binomial standard deviation over 200 runs 1.5 %
    assert abs(bias) < 3 * bias_error
    assert abs(bias) < 0.25 * error


@pytest.mark.slow
def test_interval_holds_for_walkers_that_move_together():
    """Half of each step is shared by eight molecules: the spread over molecules alone would be 1.7 times too small."""
    cases = [(trajectory, (1.0, 6.0), known) for trajectory, known in (flocks(2.0, 64, 400, 0.2, 8, 0.5, seed) for seed in range(200))]
    inside, bias, bias_error, _ = coverage(cases)
    assert 0.90 <= inside <= 0.99
    assert abs(bias) < 3 * bias_error


@pytest.mark.slow
@pytest.mark.parametrize("persistence_ps", [0.2, 0.5, 1.0])
def test_persistent_walkers_give_the_d_of_long_times(persistence_ps):
    """D = kT/(m gamma), gamma = 1/tau; the window begins within the transient. What stays of it is below the error."""
    cases = [(persistent_walkers(2.0, 64, 600, 0.2, persistence_ps, seed), (0.6, 10.0), 2.0) for seed in range(100)]
    inside, bias, _, error = coverage(cases)
    assert inside >= 0.80  # 89 to 93 % measured; binomial standard deviation over 100 runs 3 %
    # -1.4 % of D measured at 1 ps, 0.45 of the error; its own standard error is 0.1 of the error
    assert abs(bias) < 0.75 * error


def test_generalised_least_squares_is_more_precise_than_plain():
    window, plain, best = (1.0, 6.0), [], []
    for seed in range(60):
        trajectory = walkers(2.0, 64, 400, 0.2, seed)
        curve = squared_displacements(trajectory)[5:31].mean(axis=1)
        plain.append(np.polyfit(0.2 * np.arange(5, 31), curve, 1)[0] * 1000 / 6)
        best.append(diffusion(trajectory, window).diffusion.value)
    # the covariances say 0.71; a ratio of standard deviations of 60 correlated pairs is known to some 10 %
    assert np.std(best) < 0.9 * np.std(plain)


def test_what_is_missing_follows_from_the_error():
    found = diffusion(walkers(2.0, 64, 400, 0.2, 1), (1.0, 6.0))
    part = found.relative_error
    assert found.length_ps == pytest.approx(0.2 * 399)
    assert found.missing_length_ps(part / 2) == pytest.approx(3 * found.length_ps)
    assert found.missing_length_ps(2 * part) == 0


def test_advice():
    # 80 ps of 2 nm2/ns is 1 nm; the molecules of a box of 3 nm are 0.75 nm apart
    assert diffusion(walkers(2.0, 64, 400, 0.2, 1), (1.0, 6.0)).advice == ""
    assert "ns for D within 5 %" in diffusion(walkers(20.0, 27, 100, 0.2, 1), (1.0, 6.0)).advice
    assert "change places" in diffusion(walkers(0.2, 64, 400, 0.2, 1), (1.0, 6.0)).advice


def test_kinisi_agrees():
    """The published Bayesian regression on the same walkers, free and persistent: D within the errors of both."""
    analysis = pytest.importorskip("kinisi.analyze", reason="kinisi is not installed (extra: crosscheck)")
    assert analysis
    from tests.observables.kinisi_diffusion import kinisi_diffusion

    for trajectory, start in ((walkers(2.0, 64, 400, 0.2, 7), 1.0), (persistent_walkers(2.0, 64, 400, 0.2, 0.3, 7), 3.0)):
        ours = diffusion(trajectory, (start, 12.0)).diffusion
        theirs = kinisi_diffusion(trajectory, start)
        assert abs(ours.value - theirs.value) < 3 * np.hypot(ours.error, theirs.error)
        assert abs(theirs.value - 2.0) < 4 * theirs.error
