import numpy as np
import pytest

from mobcg.observables.order import bond_order, classify
from mobcg.observables.rdf import radial_distribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome
from tests.observables.brownian import ideal_gas, lattice, walkers


@pytest.mark.parametrize(("kind", "cells"), [("fcc", 4), ("bcc", 5)])
def test_thermal_crystals_are_recognised(kind, cells):
    crystal = lattice(kind, cells, 0.8, 0.035, 10, 1)
    outcome, reason = classify(crystal)
    assert outcome is Outcome.CRYSTAL
    assert "froze" in reason


def test_disorder_is_no_crystal():
    gas = ideal_gas(200, 5, 1)
    assert bond_order(gas.positions_nm, gas.box_nm) < 0.3


def test_what_does_not_move_is_a_glass():
    still = walkers(1e-3, 200, 50, 0.2, 1)
    assert classify(still)[0] is Outcome.GLASS
    assert classify(walkers(5.0, 200, 200, 0.2, 1))[0] is Outcome.OK


def test_droplet_is_inhomogeneous():
    random = np.random.default_rng(1)
    droplet = random.normal(2.0, 0.4, (1, 300, 3)) + np.cumsum(random.normal(0, 0.05, (40, 300, 3)), axis=0) * 0.5
    trajectory = Trajectory(droplet, np.arange(40.0), 4.0, 50.0)
    outcome, reason = classify(trajectory, radial_distribution(trajectory, 0.05))
    assert outcome is Outcome.INHOMOGENEOUS
    assert "instead of 1" in reason


@pytest.mark.parametrize(("order", "looked_at", "outcome"), [(0.2, [1], "ok"), (0.33, [1, 10], "ok"), (0.37, [1, 10], "crystal")])
def test_frames_before_a_liquid_one_are_spared(monkeypatch, order, looked_at, outcome):
    frames = []

    def known_order(positions_nm, box_nm):
        frames.append(len(positions_nm))
        return order

    monkeypatch.setattr("mobcg.observables.order.bond_order", known_order)
    assert str(classify(walkers(5.0, 200, 200, 0.2, 1))[0]) == outcome
    assert frames == looked_at
