from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import InversionOptions
from mobcg.inversion.boltzmann import core_index
from mobcg.inversion.ibi import IterativeBoltzmann
from mobcg.inversion.target import Measurement
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy
from tests.inversion.dilute import DiluteEngine, R, dilute_target, measured

WHOLE = InversionOptions(cutoff_nm=1.195, damping=1.0, smoothing_nm=0.0)
KT = thermal_energy(300.0)


def deepened(soft, height_kT=0.3):
    return PairPotential(soft.r_nm, soft.u_kj_per_mol + height_kT * KT * np.exp(-(((soft.r_nm - 0.7) / 0.1) ** 2)))


def update(method, potential, targets, largest_kT=1.0):
    runs = [measured(target, potential, DiluteEngine()) for target in targets]
    return method.update(potential, [Measurement.of(target, run) for target, run in zip(targets, runs, strict=True)], largest_kT)


def difference(target, one, other):
    """U of one less U of the other in kT, where both are known: above the core's fade and below the end at the cutoff."""
    known = (R[core_index(target.rdf.g)] + 0.04 < R) & (R < 1.05)
    return (one.energy(R) - other.energy(R))[known] / KT


@pytest.mark.parametrize(("damping", "left"), [(1.0, 0.0), (0.5, 0.5)])
def test_an_update_is_the_logarithm_of_g_over_its_target(soft, damping, left):
    """Without damping, one update is exact in a dilute gas; with it, that part of the error is gone."""
    target = dilute_target(soft)
    method = IterativeBoltzmann([target], 1.195, WHOLE.model_copy(update={"damping": damping}))
    off = deepened(soft).on_grid(method.start().r_nm)
    before = difference(target, off, soft)
    assert difference(target, update(method, off, [target]), soft) == pytest.approx(left * before, abs=2e-3)


def test_an_update_is_clipped(soft):
    target = dilute_target(soft)
    method = IterativeBoltzmann([target], 1.195, WHOLE)
    off = deepened(soft).on_grid(method.start().r_nm)
    step = difference(target, update(method, off, [target], largest_kT=0.1), off)
    assert np.abs(step).max() == pytest.approx(0.1, abs=2e-3)


def test_several_states_are_averaged_by_their_weights(soft):
    """States that want 0.3 kT more and 0.3 kT less: their weighted mean."""
    states = [replace(dilute_target(deepened(soft, 0.3)), weight=3.0), replace(dilute_target(deepened(soft, -0.3)), weight=1.0)]
    method = IterativeBoltzmann(states, 1.195, WHOLE)
    start = soft.on_grid(method.start().r_nm)
    step = difference(states[0], update(method, start, states), start)
    assert step.max() == pytest.approx(0.15, abs=0.005)


def test_states_of_different_temperature_share_one_potential(soft):
    states = [dilute_target(soft), dilute_target(soft, 400.0)]
    method = IterativeBoltzmann(states, 1.195, WHOLE)
    assert difference(states[0], method.start(), soft) == pytest.approx(0.0, abs=0.01)
    off = deepened(soft).on_grid(method.start().r_nm)
    assert difference(states[0], update(method, off, states), soft) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("wanted", "sign"), [(0.0, -1), (5000.0, 1)])
def test_the_pressure_correction_is_part_of_an_update(soft, wanted, sign):
    target = dilute_target(soft)
    method = IterativeBoltzmann([target], 1.195, WHOLE)
    start = soft.on_grid(method.start().r_nm)
    without, given = (update(method, start, [each]) for each in (target, replace(target, pressure_bar=wanted)))
    tail = (R > 0.5) & (R < 1.0)
    # shifted to zero at the cutoff, a line A (1 - r/rc) of at most 0.1 kT
    assert (sign * (given.energy(R) - without.energy(R))[tail] > 0).all()
    assert np.abs(given.energy(R) - without.energy(R))[tail].max() <= 0.1 * KT
