import numpy as np
import pytest

from mobcg.observables.displacements import SquaredDisplacements, joined, squared_displacements
from tests.observables.brownian import walkers


def sums(frames, seed, lags=11, molecules=20):
    trajectory = walkers(2.0, molecules, frames, 0.5, seed)
    stretches = np.full((3, lags), float(seed))
    return SquaredDisplacements(
        0.5 * np.arange(lags), squared_displacements(trajectory)[:lags], stretches, np.array([frames // 3] * 3), frames
    )


def test_joined_runs_are_means_over_the_origins_of_all():
    parts = [sums(40, 1), sums(100, 2), sums(60, 3)]
    together = joined(parts)
    for lag in (1, 4, 10):
        expected = np.average([part.molecules_nm2[lag] for part in parts], axis=0, weights=[40 - lag, 100 - lag, 60 - lag])
        assert together.molecules_nm2[lag] == pytest.approx(expected)
    assert (together.frames, together.runs, together.stretches_nm2.shape) == (200, 3, (9, 11))
    assert together.length_ps == pytest.approx(sum(part.length_ps for part in parts))


def test_joining_one_after_the_other_gives_the_same():
    parts = [sums(40, 1), sums(100, 2), sums(60, 3)]
    step_by_step = joined([joined(parts[:2]), parts[2]])
    assert step_by_step.molecules_nm2 == pytest.approx(joined(parts).molecules_nm2)


def test_lags_that_all_have_are_kept():
    assert joined([sums(40, 1, lags=11), sums(40, 2, lags=21)]).molecules_nm2.shape == (11, 20)


def test_other_liquids_cannot_be_joined():
    with pytest.raises(ValueError, match="same number of molecules"):
        joined([sums(40, 1), sums(40, 2, molecules=21)])
