import numpy as np
import pytest

from mobcg.atomistic.timestep import plan_integration, repartitioned_masses, rigid_bonds
from mobcg.config import AtomisticOptions
from mobcg.outcomes import InputError


def test_step_of_a_diatomic_follows_its_period(diatomic):
    molecule = diatomic(constant=4e5)
    plan = plan_integration(molecule, AtomisticOptions(steps_per_period=10), 300.0)
    period = 2000 * np.pi * np.sqrt(12 * 16 / 28 / 4e5)
    assert plan.fastest_period_fs == pytest.approx(period, rel=1e-5)
    assert plan.timestep_fs == pytest.approx(np.floor(period / 10 / 0.05) * 0.05)
    assert plan.constraints == ()


def test_soft_molecule_takes_the_longest_step(diatomic):
    plan = plan_integration(diatomic(constant=1e3), AtomisticOptions(maximum_timestep_fs=2.5), 300.0)
    assert plan.timestep_fs == 2.5


def test_four_times_the_mass_doubles_the_step(diatomic):
    options = AtomisticOptions(maximum_timestep_fs=5.0)
    light = plan_integration(diatomic(constant=2e6), options, 300.0)
    heavy = plan_integration(diatomic(constant=2e6, masses=(48.0, 64.0)), options, 300.0)
    assert heavy.fastest_period_fs == pytest.approx(2 * light.fastest_period_fs, rel=1e-5)


def test_fast_bond_to_hydrogen_is_rigid(diatomic):
    molecule = diatomic(constant=284512.0, masses=(12.011, 1.008), elements=("C", "H"))
    period = 2000 * np.pi * np.sqrt(12.011 * 1.008 / 13.019 / 284512.0)
    assert rigid_bonds(molecule, molecule.masses_Da, period + 0.1) == ((0, 1, 0.15),)
    assert rigid_bonds(molecule, molecule.masses_Da, period - 0.1) == ()
    plan = plan_integration(molecule, AtomisticOptions(), 300.0)
    assert plan.timestep_fs == AtomisticOptions().maximum_timestep_fs
    assert np.linalg.norm(plan.positions_nm[0] - plan.positions_nm[1]) == pytest.approx(0.15, abs=1e-5)


def test_bond_without_hydrogen_stays_free(diatomic):
    molecule = diatomic(constant=1e7)
    assert rigid_bonds(molecule, molecule.masses_Da, 100.0) == ()


def test_hydrogen_mass_comes_from_the_heavy_atom(butane):
    masses = repartitioned_masses(butane, 3.0)
    assert masses.sum() == pytest.approx(butane.masses_Da.sum(), rel=1e-12)
    hydrogens = np.array([element == "H" for element in butane.elements])
    assert np.allclose(masses[hydrogens], 3.0)
    added = 3.0 - butane.masses_Da[hydrogens][0]
    assert sorted(masses[~hydrogens]) == pytest.approx(sorted(butane.masses_Da[~hydrogens] - added * np.array([2, 2, 3, 3])), rel=1e-12)


def test_default_hydrogen_mass_changes_nothing(butane):
    np.testing.assert_array_equal(repartitioned_masses(butane, 1.0), butane.masses_Da)


def test_too_heavy_hydrogens_are_refused(ethane):
    with pytest.raises(InputError, match="hydrogen_mass_Da"):
        repartitioned_masses(ethane, 3.9)


def test_real_molecule(butane):
    plan = plan_integration(butane, AtomisticOptions(hydrogen_mass_Da=2.0, steps_per_period=6), 298.15)
    assert len(plan.constraints) == 10
    assert 2.0 < plan.timestep_fs <= 4.0
    assert 15 < plan.fastest_period_fs < 30
    assert plan.conformers_nm.shape == (8, 14, 3)
    again = plan_integration(butane, AtomisticOptions(hydrogen_mass_Da=2.0, steps_per_period=6), 298.15)
    assert again.timestep_fs == plan.timestep_fs
    np.testing.assert_array_equal(again.conformers_nm, plan.conformers_nm)
