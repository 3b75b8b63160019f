from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.openmm_engine import OpenMMEngine, build_system, lattice
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification, enough_beads
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import BOLTZMANN, ReducedUnits
from tests.conftest import lennard_jones
from tests.observables.brownian import lattice as lattice_sites

ENGINE = OpenMMEngine()
SHORT = CoarseGrainedOptions(beads=216, equilibration_ps=10, production_ps=40, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(2.0, 10.0))


def test_energy_and_forces_are_the_potential_s(soft):
    import openmm

    specification = RunSpecification(soft, 80.0, 4.0, 300.0, 1, options=SHORT)
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


def test_energy_is_conserved_without_a_thermostat(soft):
    result = ENGINE.run([RunSpecification(soft, 86.0, 4.6, 298.15, 3, "nve", options=SHORT, observables=BINS)])[0]
    assert result.ok, result.reason
    # single-precision forces at the step that the potential asks for
    assert abs(result.energy_drift_kT_per_bead_ns) < 0.02


@pytest.mark.slow
def test_lennard_jones_liquid_against_published_values():
    """T* = 0.85, rho* = 0.82: U* = -5.7947 and P* = 0.55355 (NIST, 3 sigma and tails); D* = 0.0510 (Levesque and Verlet 1970)."""
    sigma, epsilon, mass = 0.34, 120 * BOLTZMANN, 39.948
    density, temperature, cutoff = 0.82, 0.85, 3.0
    potential = lennard_jones(sigma, epsilon, cutoff * sigma)
    options = CoarseGrainedOptions(beads=500, equilibration_ps=40, production_ps=160, sample_interval_ps=0.2, maximum_timestep_fs=12)
    specification = RunSpecification(
        potential,
        mass,
        density / sigma**3,
        temperature * 120,
        7,
        options=options,
        observables=ObservableOptions(fit_window_ps=(3, 15), bin_width_nm=0.002),
    )
    result = ENGINE.run([specification])[0]
    assert result.ok, result.reason
    pressure_unit = epsilon / sigma**3 * 16.6053906717
    tail = 32 / 9 * np.pi * density**2 * cutoff**-9 - 16 / 3 * np.pi * density**2 * cutoff**-3
    pressure = result.pressure_bar.value / pressure_unit + tail
    assert pressure == pytest.approx(0.55355, abs=4 * result.pressure_bar.error / pressure_unit + 0.01)
    r = result.rdf.r_nm / sigma
    inside = r < cutoff
    full = 4 * (r**-12 - r**-6)
    energy = 2 * np.pi * density * np.trapezoid((r**2 * full * result.rdf.g)[inside], r[inside])
    energy += 8 / 9 * np.pi * density * cutoff**-9 - 8 / 3 * np.pi * density * cutoff**-3
    assert energy == pytest.approx(-5.7947, abs=0.02)
    # first peak of g at 1.08 sigma, between 2.7 and 3.1 high here (Verlet 1968, states on either side)
    assert r[np.argmax(result.rdf.g)] == pytest.approx(1.08, abs=0.02)
    assert 2.6 < result.rdf.g.max() < 3.1
    diffusion_unit = 1000 * sigma * np.sqrt(epsilon / mass)
    measured = result.diffusion.diffusion
    # their fit holds to about 5 %; 500 beads diffuse about 12 % slower than infinitely many, 864 beads (theirs) 10 %
    assert measured.value / diffusion_unit == pytest.approx(0.0510, abs=0.0510 * 0.08 + 3 * measured.error / diffusion_unit)


@pytest.mark.slow
def test_mass_and_temperature_drop_out_in_reduced_units(soft):
    """Two masses and temperatures, U/kT the same: the same D* and g(x) within errors. Exact, so only statistics may differ."""
    results = []
    for mass, temperature, seed in [(30.0, 250.0, 1), (180.0, 400.0, 2)]:
        scaled = PairPotential(soft.r_nm, soft.u_kj_per_mol * temperature / 300)
        units = ReducedUnits(mass, temperature, 4.6)
        stretch = units.time_ps
        options = CoarseGrainedOptions(
            beads=256,
            equilibration_ps=15 * stretch,
            production_ps=120 * stretch,
            sample_interval_ps=0.15 * stretch,
            maximum_timestep_fs=100,
            thermostat_time_ps=stretch,
        )
        observables = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(2 * stretch, 10 * stretch))
        result = ENGINE.run([RunSpecification(scaled, mass, 4.6, temperature, seed, options=options, observables=observables)])[0]
        assert result.ok, result.reason
        results.append((result, units))
    (one, unit_one), (two, unit_two) = results
    d_one, d_two = one.diffusion.diffusion, two.diffusion.diffusion
    reduced = d_one.value / unit_one.diffusion_nm2_per_ns, d_two.value / unit_two.diffusion_nm2_per_ns
    error = np.hypot(d_one.error / unit_one.diffusion_nm2_per_ns, d_two.error / unit_two.diffusion_nm2_per_ns)
    assert abs(reduced[0] - reduced[1]) < 3.5 * error
    assert error < 0.05 * reduced[0]
    pulls = (one.rdf.g - two.rdf.g) / np.maximum(np.hypot(one.rdf.g_error, two.rdf.g_error), 2e-3)
    # errors from 5 blocks each: 95 % of the bins within 2.3
    assert np.mean(np.abs(pulls) < 3) > 0.95


def test_friction_slows_and_leaves_the_structure(soft):
    base = RunSpecification(soft, 86.0, 4.6, 298.15, 5, options=SHORT, observables=BINS)
    free, damped = ENGINE.run([base, replace(base, thermostat="langevin", friction_per_ps=10.0)])
    assert free.ok
    assert damped.ok
    # D <= kT/(m gamma), the value without interactions, in nm2/ns
    bound = 1000 * BOLTZMANN * 298.15 / (86.0 * 10.0)
    assert damped.diffusion.diffusion.value < bound + 3 * damped.diffusion.diffusion.error
    assert damped.diffusion.diffusion.value < 0.5 * free.diffusion.diffusion.value
    assert np.abs(free.rdf.g - damped.rdf.g)[free.rdf.r_nm > 0.4].max() < 0.15


def test_temperature_is_the_bath_s(soft):
    for thermostat, friction in [("global", 0.0), ("langevin", 2.0)]:
        result = ENGINE.run([RunSpecification(soft, 86.0, 4.6, 298.15, 6, thermostat, friction, SHORT, BINS)])[0]
        # at a twentieth of the collision period the leapfrog's kinetic energy is low by less than 0.5 %
        assert result.temperature_K.value == pytest.approx(298.15, abs=4 * result.temperature_K.error + 0.005 * 298.15)


def test_friction_limits_the_step(soft):
    base = RunSpecification(soft, 20.0, 4.6, 298.15, 1, options=SHORT)
    strong = replace(base, thermostat="langevin", friction_per_ps=60.0)
    assert strong.timestep_fs == pytest.approx(1000 * 0.3 / 60)
    assert replace(strong, friction_per_ps=1e-3).timestep_fs == base.timestep_fs


def test_same_seed_same_start_and_other_seed_other(soft):
    one = lattice(100, 3.0, np.random.default_rng(1))
    assert np.array_equal(one, lattice(100, 3.0, np.random.default_rng(1)))
    assert not np.array_equal(one, lattice(100, 3.0, np.random.default_rng(2)))
    assert one.shape == (100, 3)


def test_a_frozen_liquid_is_a_recorded_outcome():
    cold = lennard_jones(0.34, 120 * BOLTZMANN, 0.85)
    options = CoarseGrainedOptions(beads=256, equilibration_ps=2, production_ps=16, sample_interval_ps=0.2)
    specification = RunSpecification(
        cold, 39.948, 1.0 / 0.34**3, 60.0, 1, options=options, observables=ObservableOptions(fit_window_ps=(2, 8))
    )
    edge = specification.box_nm
    fcc = lattice_sites("fcc", 4, edge / 4, 0.0, 1, 1).positions_nm[0]
    result = ENGINE.run([replace(specification, start_nm=fcc)])[0]
    assert result.outcome is Outcome.CRYSTAL
    assert "froze" in result.reason


def test_cutoff_beyond_half_the_box_is_refused(soft):
    with pytest.raises(ValueError, match="use more than 216 beads"):
        build_system(RunSpecification(soft, 80.0, 30.0, 300.0, 1, options=SHORT))
    assert enough_beads(SHORT, 30.0, 1.2).beads >= 30 * 2.4**3


@pytest.mark.parametrize(
    "change", [{"mass_Da": 0.0}, {"temperature_K": float("nan")}, {"friction_per_ps": -1.0}, {"friction_per_ps": 1.0, "thermostat": "nve"}]
)
def test_senseless_specifications_are_refused(soft, change):
    with pytest.raises(ValueError, match=r"must be|needs the langevin"):
        replace(RunSpecification(soft, 80.0, 4.0, 300.0, 1), **change)


def test_unknown_engine_lists_the_known():
    with pytest.raises(InputError, match="known: openmm"):
        get_engine("lammps")
