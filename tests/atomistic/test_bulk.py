import numpy as np
import openmm
import pytest

from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.timestep import plan_integration


@pytest.fixture(scope="module")
def bulk(butane, brief):
    plan = plan_integration(butane, brief, 270.0)
    return build_bulk(butane, plan, brief, 1.8)


def test_masses_and_rigid_bonds_of_all_copies(bulk, butane, brief):
    assert bulk.system.getNumParticles() == 27 * butane.atoms
    assert bulk.system.getNumConstraints() == 27 * 10
    masses = [bulk.system.getParticleMass(index)._value for index in range(bulk.system.getNumParticles())]
    np.testing.assert_allclose(np.reshape(masses, (27, -1)), np.tile(bulk.masses_Da, (27, 1)))
    assert bulk.molar_mass_Da == pytest.approx(butane.molar_mass_Da)


def test_density_and_edge_are_inverse(bulk):
    assert bulk.edge(bulk.density(1.9)) == pytest.approx(1.9)
    assert bulk.density(1.9) == pytest.approx(27 * 58.122 / 6.02214076e23 / (1.9e-7) ** 3, rel=1e-4)


def test_centres_of_mass(bulk, butane):
    positions = np.random.default_rng(1).normal(size=(27, butane.atoms, 3))
    expected = np.average(positions, axis=1, weights=bulk.masses_Da)
    np.testing.assert_allclose(bulk.centres(positions.reshape(-1, 3)), expected, atol=1e-12)


def test_temperature_counts_degrees_of_freedom(bulk):
    """Maxwell velocities projected on the constraints, drift removed: the mean kinetic temperature is the bath's."""
    context = openmm.Context(bulk.system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    positions = np.random.default_rng(2).uniform(0, 1.8, size=(27, 1, 3)) + np.zeros((27, len(bulk.masses_Da), 3))
    context.setPositions((positions + np.random.default_rng(3).normal(scale=0.1, size=positions.shape)).reshape(-1, 3))
    masses = np.tile(bulk.masses_Da, 27)
    found = []
    for seed in range(1, 41):
        context.setVelocitiesToTemperature(300.0, seed)
        state = context.getState(energy=True, velocities=True)
        drift = masses @ state.getVelocities(asNumpy=True)._value / masses.sum()
        found.append(bulk.temperature(state.getKineticEnergy()._value - 0.5 * masses.sum() * drift @ drift))
    spread = 300 * np.sqrt(2 / bulk.degrees_of_freedom)
    assert np.mean(found) == pytest.approx(300, abs=4 * spread / np.sqrt(40))
