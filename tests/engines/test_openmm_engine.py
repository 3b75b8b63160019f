import numpy as np
import openmm
import pytest

from mobcg.config import CoarseGrainedOptions
from mobcg.engines.openmm_engine import build_system
from mobcg.engines.specification import RunSpecification


def test_energy_and_forces_are_the_potential_s(soft):
    specification = RunSpecification(soft, 80.0, 4.0, 300.0, 1, options=CoarseGrainedOptions(beads=216))
    context = openmm.Context(build_system(specification), openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    positions = np.full((216, 3), 1.0)
    positions[:, 0] = np.arange(216) % 6 * 0.6 + 0.1
    positions[:, 1] = np.arange(216) // 6 % 6 * 0.6
    positions[:, 2] = np.arange(216) // 36 * 0.6
    positions[0] += 0.13
    context.setPositions(positions)
    state = context.getState(energy=True, forces=True)
    edge = specification.box_nm
    delta = positions[:, None] - positions[None]
    delta -= edge * np.round(delta / edge)
    r = np.sqrt((delta**2).sum(-1))
    np.fill_diagonal(r, 10.0)
    assert state.getPotentialEnergy()._value == pytest.approx(0.5 * soft.energy(r).sum(), rel=1e-5, abs=1e-3)
    expected = (soft.force(r) / r)[:, :, None] * delta
    assert state.getForces(asNumpy=True)._value == pytest.approx(expected.sum(axis=1), abs=0.02)
