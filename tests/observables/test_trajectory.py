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


def test_cells_round_trip_and_reach(tmp_path):
    cells = np.linspace(1, 1.02, 20)[:, None, None] * np.array([[2.0, 0, 0], [1.0, 2.0, 0], [0, 0, 3.0]])
    plain = walkers(1.0, 10, 20, 0.2, 1)
    given = Trajectory(plain.positions_nm, plain.time_ps, 2.3, 50.0, cells, plain.positions_nm % 2)
    given.save(tmp_path / "t.npz")
    again = Trajectory.load(tmp_path / "t.npz")
    assert again.cells_nm == pytest.approx(cells)
    assert again.places_nm == pytest.approx(given.places_nm, abs=1e-6)
    assert again.volumes_nm3[0] == pytest.approx(12.0)
    # a: V / |b x c| = 12 / (3 sqrt 5), the smallest height
    assert again.reach_nm == pytest.approx(2 / np.sqrt(5))
    assert plain.places_nm is plain.positions_nm
    assert plain.volumes_nm3 == pytest.approx(np.full(20, 27.0))


def test_cells_of_a_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="cells"):
        Trajectory(np.zeros((3, 2, 3)), np.arange(3.0), 1.0, 1.0, np.eye(3))
