import numpy as np
import pytest

from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError
from tests.observables.brownian import walkers


def test_round_trip(tmp_path):
    trajectory = walkers(1.0, 10, 20, 0.2, 1)
    trajectory.save(tmp_path / "t.npz")
    again = Trajectory.load(tmp_path / "t.npz")
    assert again.positions_nm == pytest.approx(trajectory.positions_nm, abs=1e-6)
    assert again.interval_ps == pytest.approx(0.2)
    assert again.density_per_nm3 == pytest.approx(10 / 27)


def test_truncated_file_is_refused(tmp_path):
    path = tmp_path / "t.npz"
    walkers(1.0, 10, 20, 0.2, 1).save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match="not a complete"):
        Trajectory.load(path)


def test_uneven_times_and_shapes_are_refused():
    with pytest.raises(ValueError, match="evenly"):
        Trajectory(np.zeros((3, 2, 3)), np.array([0.0, 1.0, 3.0]), 1.0, 1.0)
    with pytest.raises(ValueError, match="shape"):
        Trajectory(np.zeros((3, 2)), np.arange(3.0), 1.0, 1.0)
