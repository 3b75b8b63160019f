import numpy as np
import pytest

from mobcg.observables import distances
from mobcg.observables.trajectory import Trajectory
from tests.observables.brownian import ideal_gas


def test_direct_and_neighbour_search_find_the_same_pairs(monkeypatch):
    gas = ideal_gas(80, 3, 1)
    direct = [np.sort(r) for r in distances.pair_distances(gas, 1.2)]
    monkeypatch.setattr(distances, "DIRECT_UP_TO", 0)
    searched = [np.sort(r) for r in distances.pair_distances(gas, 1.2)]
    for one, two in zip(direct, searched, strict=True):
        assert one == pytest.approx(two, abs=2e-6)


def test_each_pair_once_through_the_nearest_image():
    gas = ideal_gas(2, 1, 1, box_nm=2.0)
    gas.positions_nm[0] = [[0.1, 0.1, 0.1], [5.95, 0.1, -1.9]]
    found = next(distances.pair_distances(gas, 1.0))
    assert found == pytest.approx([0.15], abs=1e-6)


def test_every_image_in_a_tilted_cell():
    """Against a search over all neighbouring cells."""
    cell = np.array([[2.0, 0.0, 0.0], [0.9, 2.2, 0.0], [-0.9, 1.0, 1.9]])
    gas = ideal_gas(60, 2, 1)
    tilted = Trajectory(gas.positions_nm, gas.time_ps, np.linalg.det(cell) ** (1 / 3), 50.0, np.broadcast_to(cell, (2, 3, 3)))
    images = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ cell
    for frame, found in enumerate(distances.pair_distances(tilted, tilted.reach_nm)):
        first, second = np.triu_indices(60, 1)
        vectors = gas.positions_nm[frame][first] - gas.positions_nm[frame][second]
        nearest = np.min(np.linalg.norm(vectors[:, None] + images, axis=-1), axis=1)
        assert np.sort(found) == pytest.approx(np.sort(nearest[nearest < tilted.reach_nm * (1 - 1e-6)]), abs=2e-6)


@pytest.mark.parametrize("direct_up_to", [0, 1000])
def test_rectangular_cells_by_both_ways(monkeypatch, direct_up_to):
    monkeypatch.setattr(distances, "DIRECT_UP_TO", direct_up_to)
    places = np.array([[[0.1, 0.1, 0.1], [1.9, 2.9, 3.8]], [[0.1, 0.1, 0.1], [1.9, 2.9, 3.8]]])
    cells = np.array([np.diag([2.0, 3.0, 4.0]), np.diag([2.1, 3.0, 4.0])])
    found = list(distances.pair_distances(Trajectory(places, np.arange(2.0), 2.9, 50.0, cells), 1.0))
    assert np.concatenate(found) == pytest.approx([np.sqrt(0.04 + 0.04 + 0.09), np.sqrt(0.09 + 0.04 + 0.09)], abs=1e-6)
