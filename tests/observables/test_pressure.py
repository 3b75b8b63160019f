import numpy as np
import pytest

from mobcg.observables.distances import pair_distances
from mobcg.observables.pressure import pair_pressure
from mobcg.observables.trajectory import Trajectory
from mobcg.potential.pair import PairPotential
from mobcg.units import ReducedUnits
from tests.observables.brownian import ideal_gas


def test_without_forces_the_ideal_gas():
    gas = ideal_gas(50, 3, 1)
    flat = PairPotential(np.linspace(0.1, 1.0, 20), np.zeros(20))
    unit = ReducedUnits(50, 300, gas.density_per_nm3).pressure_bar
    assert pair_pressure(gas, flat, 300) == pytest.approx(np.full(3, unit))


def test_virial_is_the_volume_derivative_of_the_energy(soft):
    gas = ideal_gas(60, 1, 2)

    def energy(scale):
        scaled = Trajectory(gas.positions_nm * scale, gas.time_ps, gas.box_nm * scale, gas.mass_Da)
        return sum(soft.energy(r).sum() for r in pair_distances(scaled, soft.cutoff_nm))

    step = 1e-3
    volume = gas.box_nm**3
    derivative = (energy(1 + step) - energy(1 - step)) / (volume * ((1 + step) ** 3 - (1 - step) ** 3))
    excess = pair_pressure(gas, soft, 300)[0] - ReducedUnits(50, 300, gas.density_per_nm3).pressure_bar
    assert excess == pytest.approx(-derivative * 16.6053906717, rel=1e-2)


def test_distances_beyond_half_the_box_are_refused():
    with pytest.raises(ValueError, match="whose half is"):
        next(pair_distances(ideal_gas(10, 1, 1), 1.6))
