import numpy as np
import openmm
import pytest

from mobcg.atomistic.vibration import fastest_period, hessian


def _chain(constants, masses):
    """Atoms on a line joined by springs of unit length 0.1 nm."""
    system = openmm.System()
    for mass in masses:
        system.addParticle(mass)
    spring = openmm.HarmonicBondForce()
    for index, constant in enumerate(constants):
        spring.addBond(index, index + 1, 0.1, constant)
    system.addForce(spring)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
    positions = np.zeros((len(masses), 3))
    positions[:, 0] = 0.1 * np.arange(len(masses))
    return context, positions


def test_hessian_of_a_spring():
    context, positions = _chain([3e5], [1.0, 12.0])
    expected = np.zeros((6, 6))
    expected[np.ix_([0, 3], [0, 3])] = 3e5 * np.array([[1, -1], [-1, 1]])
    np.testing.assert_allclose(hessian(context, positions), expected, atol=3e5 * 1e-6)


def test_period_of_a_diatomic():
    context, positions = _chain([3e5], [1.0, 12.0])
    period = fastest_period(hessian(context, positions), np.array([1.0, 12.0]), positions)
    assert period == pytest.approx(2 * np.pi * np.sqrt(12 / 13 / 3e5), rel=1e-6)


def test_period_of_a_linear_triatomic():
    """Antisymmetric stretch of m-M-m: omega^2 = k (1/m + 2/M)."""
    masses = np.array([16.0, 12.0, 16.0])
    context, positions = _chain([8e5, 8e5], masses)
    period = fastest_period(hessian(context, positions), masses, positions)
    assert period == pytest.approx(2 * np.pi / np.sqrt(8e5 * (1 / 16 + 2 / 12)), rel=1e-6)


def test_constraint_removes_its_stretch():
    """With one spring of the chain rigid, the pair moves as one body against the third atom."""
    masses = np.array([1.0, 12.0, 14.0])
    context, positions = _chain([9e5, 2e5], masses)
    period = fastest_period(hessian(context, positions), masses, positions, ((0, 1, 0.1),))
    assert period == pytest.approx(2 * np.pi * np.sqrt(13 * 14 / 27 / 2e5), rel=1e-6)


def test_rigid_body_has_no_period():
    _, positions = _chain([9e5], [1.0, 12.0])
    matrix = np.zeros((6, 6))
    assert fastest_period(matrix, np.array([1.0, 12.0]), positions, ((0, 1, 0.1),)) == float("inf")


def test_period_scales_with_the_root_of_the_mass():
    masses = np.array([16.0, 12.0, 16.0])
    context, positions = _chain([8e5, 5e5], masses)
    matrix = hessian(context, positions)
    assert fastest_period(matrix, 4 * masses, positions) == pytest.approx(2 * fastest_period(matrix, masses, positions), rel=1e-9)
