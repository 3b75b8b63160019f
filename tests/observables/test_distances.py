import numpy as np
import pytest

from mobcg.observables import distances
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
