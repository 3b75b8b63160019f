"""What every engine must do alike."""

from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import ENGINES, get_engine
from mobcg.engines.specification import RunSpecification, enough_beads
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import BOLTZMANN, ReducedUnits
from tests.conftest import lennard_jones
from tests.observables.brownian import lattice as lattice_sites

SHORT = CoarseGrainedOptions(beads=216, equilibration_ps=10, production_ps=40, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(2.0, 10.0))
EVERY = pytest.mark.parametrize("name", sorted(ENGINES))


def run(name, *specifications):
    results = get_engine(name).run(specifications)
    assert [result.engine for result in results] == [name] * len(specifications)
    return results


def liquid(soft, seed, **change):
    return replace(RunSpecification(soft, 86.0, 4.6, 298.15, seed, options=SHORT, observables=BINS), **change)


@EVERY
def test_energy_is_conserved_without_a_thermostat(soft, name):
    options = SHORT.model_copy(update={"maximum_timestep_fs": 5.0})
    result = run(name, liquid(soft, 3, thermostat="nve", options=options))[0]
    assert result.ok, result.reason
    # the slope of 200 energies that scatter by some 1e-5 kT a bead over 0.04 ns is known to 1e-4
    assert abs(result.energy_drift_kT_per_bead_ns) < 1e-3


@EVERY
@pytest.mark.slow
def test_lennard_jones_liquid_against_published_values(name):
    """T* = 0.85, rho* = 0.82: U* = -5.7947 and P* = 0.55355 (NIST, 3 sigma and tails); D* = 0.0510 (Levesque and Verlet 1970)."""
    sigma, epsilon, mass = 0.34, 120 * BOLTZMANN, 39.948
    density, temperature, cutoff = 0.82, 0.85, 3.0
    potential = lennard_jones(sigma, epsilon, cutoff * sigma)
    length = 160 if name == "ensemble" else 80  # the other is fifty times slower
    options = CoarseGrainedOptions(beads=500, equilibration_ps=40, production_ps=length, sample_interval_ps=0.2, maximum_timestep_fs=12)
    specification = RunSpecification(
        potential,
        mass,
        density / sigma**3,
        temperature * 120,
        7,
        options=options,
        observables=ObservableOptions(fit_window_ps=(3, 15), bin_width_nm=0.002),
    )
    result = run(name, specification)[0]
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


def reduced(soft, name, mass, temperature, seed, beads=256, thermostat="global", friction=0.0):
    """D* and g of the liquid that is the same for every mass and temperature in reduced units."""
    scaled = PairPotential(soft.r_nm, soft.u_kj_per_mol * temperature / 300)
    units = ReducedUnits(mass, temperature, 4.6)
    stretch = units.time_ps
    options = CoarseGrainedOptions(
        beads=beads,
        equilibration_ps=15 * stretch,
        production_ps=(120 if name == "ensemble" else 60) * stretch,  # the other is fifty times slower
        sample_interval_ps=0.15 * stretch,
        maximum_timestep_fs=100,
        thermostat_time_ps=stretch,
    )
    observables = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(2 * stretch, 10 * stretch))
    specification = RunSpecification(
        scaled, mass, 4.6, temperature, seed, thermostat, friction * units.friction_per_ps, options=options, observables=observables
    )
    result = run(name, specification)[0]
    assert result.ok, result.reason
    value, error = result.diffusion.diffusion
    return value / units.diffusion_nm2_per_ns, error / units.diffusion_nm2_per_ns, result.rdf


@EVERY
@pytest.mark.slow
@pytest.mark.parametrize(("thermostat", "friction"), [("global", 0.0), ("langevin", 5.0)])
def test_mass_and_temperature_drop_out_in_reduced_units(soft, name, thermostat, friction):
    """Masses 20-200 and temperatures 250-400 K, U/kT the same: the same D* and g(x) within errors. Exact, so only statistics may differ."""
    states = [(20.0, 250.0, 1), (200.0, 400.0, 2)]
    (d_one, e_one, g_one), (d_two, e_two, g_two) = (
        reduced(soft, name, *state, thermostat=thermostat, friction=friction) for state in states
    )
    assert abs(d_one - d_two) < 3.5 * np.hypot(e_one, e_two)
    assert np.hypot(e_one, e_two) < 0.07 * d_one
    pulls = (g_one.g - g_two.g) / np.maximum(np.hypot(g_one.g_error, g_two.g_error), 2e-3)
    # errors from 5 blocks each: 95 % of the bins within 2.3
    assert np.mean(np.abs(pulls) < 3) > 0.95


@EVERY
def test_friction_slows_and_leaves_the_structure(soft, name):
    free, damped = run(name, liquid(soft, 5), liquid(soft, 5, thermostat="langevin", friction_per_ps=10.0))
    assert free.ok
    assert damped.ok
    # D <= kT/(m gamma), the value without interactions, in nm2/ns
    bound = 1000 * BOLTZMANN * 298.15 / (86.0 * 10.0)
    assert damped.diffusion.diffusion.value < bound + 3 * damped.diffusion.diffusion.error
    assert damped.diffusion.diffusion.value < 0.5 * free.diffusion.diffusion.value
    assert np.abs(free.rdf.g - damped.rdf.g)[free.rdf.r_nm > 0.4].max() < 0.15


@EVERY
def test_without_forces_friction_alone_sets_the_diffusion(soft, name):
    """An ideal gas: g = 1, P = rho kT, and with friction D = kT/(m gamma), exactly."""
    nothing = PairPotential(soft.r_nm, np.zeros_like(soft.r_nm))
    options = SHORT.model_copy(update={"production_ps": 100.0, "maximum_timestep_fs": 20.0})
    result = run(name, liquid(soft, 4, potential=nothing, thermostat="langevin", friction_per_ps=5.0, options=options))[0]
    assert result.ok, result.reason
    value, error = result.diffusion.diffusion
    assert value == pytest.approx(1000 * BOLTZMANN * 298.15 / (86.0 * 5.0), abs=3.5 * error)
    assert error < 0.05 * value
    assert result.pressure_bar.value == pytest.approx(ReducedUnits(86.0, 298.15, 4.6).pressure_bar, rel=1e-6)
    # a bin at 0.5 nm holds 16 pairs a frame, new ones at least every fifth of 500 frames: 2.5 % each, 10 % for the worst of 130 bins
    assert np.abs(result.rdf.g - 1)[result.rdf.r_nm > 0.5].max() < 0.1


@EVERY
@pytest.mark.parametrize(("thermostat", "friction"), [("global", 0.0), ("langevin", 2.0), ("dpd", 2.0)])
def test_temperature_is_the_bath_s(soft, name, thermostat, friction):
    result = run(name, liquid(soft, 6, thermostat=thermostat, friction_per_ps=friction))[0]
    assert result.ok, result.reason
    # at a twentieth of the collision period the kinetic energy is off by less than 0.5 %
    assert result.temperature_K.value == pytest.approx(298.15, abs=4 * result.temperature_K.error + 0.005 * 298.15)


@EVERY
def test_a_trajectory_comes_only_when_asked_for(soft, name):
    without, given = run(name, liquid(soft, 8), liquid(soft, 8, keep_trajectory=True))
    assert without.trajectory is None
    assert given.trajectory.frames == liquid(soft, 8).frames
    assert given.trajectory.molecules == 216


@EVERY
def test_pairs_are_counted_in_each_frame_when_asked_for(soft, name):
    """They sum to g(r): 2 sum n / (frames N (N-1)) over the shell's part of the box."""
    options = SHORT.model_copy(update={"production_ps": 20.0})
    observables = BINS.model_copy(update={"fit_window_ps": (1.0, 6.0)})
    asked = liquid(soft, 8, options=options, observables=observables, r_max_nm=1.2)
    without, given = run(name, asked, replace(asked, keep_counts=True))
    assert without.pair_counts is None
    assert given.pair_counts.shape == (asked.frames, 120)
    assert np.issubdtype(given.pair_counts.dtype, np.integer)
    shells = 4 / 3 * np.pi * np.diff((0.01 * np.arange(121)) ** 3) / asked.box_nm**3
    g = given.pair_counts.mean(axis=0) / (216 * 215 / 2 * shells)
    assert g == pytest.approx(given.rdf.g)
    # frames differ: they are not one mean written many times
    assert given.pair_counts.std(axis=0).max() > 1


@EVERY
def test_a_frozen_liquid_is_a_recorded_outcome(name):
    cold = lennard_jones(0.34, 120 * BOLTZMANN, 0.85)
    options = CoarseGrainedOptions(beads=256, equilibration_ps=2, production_ps=16, sample_interval_ps=0.2)
    specification = RunSpecification(
        cold, 39.948, 1.0 / 0.34**3, 60.0, 1, options=options, observables=ObservableOptions(fit_window_ps=(2, 8))
    )
    fcc = lattice_sites("fcc", 4, specification.box_nm / 4, 0.0, 1, 1).positions_nm[0]
    result = run(name, replace(specification, start_nm=fcc))[0]
    assert result.outcome is Outcome.CRYSTAL
    assert "froze" in result.reason


@EVERY
def test_a_core_that_attracts_is_a_recorded_outcome(soft, name):
    attracting = PairPotential(soft.r_nm, -soft.u_kj_per_mol)
    result = run(name, liquid(soft, 1, potential=attracting))[0]
    assert result.outcome is Outcome.UNUSABLE_POTENTIAL
    assert "the core attracts" in result.reason
    assert result.rdf is None


@EVERY
def test_beads_that_begin_on_top_of_each_other_come_apart(soft, name):
    start = np.random.default_rng(1).uniform(0, 0.3, (216, 3))
    start[:5] = start[0]
    result = run(name, liquid(soft, 2, start_nm=start + 1.0))[0]
    assert result.outcome in (Outcome.OK, Outcome.BLOW_UP)
    if result.ok:
        # what comes out is the liquid, not what it began as
        reference = run(name, liquid(soft, 3))[0]
        assert np.abs(result.rdf.g - reference.rdf.g)[reference.rdf.r_nm > 0.4].max() < 0.15


@EVERY
@pytest.mark.parametrize("broken", [np.full((216, 3), np.nan), np.zeros((215, 3))])
def test_a_broken_start_is_refused(soft, name, broken):
    with pytest.raises(ValueError, match="start_nm must be 216 finite positions"):
        run(name, liquid(soft, 1, start_nm=broken))


@EVERY
def test_cutoff_beyond_half_the_box_is_refused(soft, name):
    with pytest.raises(ValueError, match="use more than 216 beads"):
        run(name, liquid(soft, 1, density_per_nm3=30.0))
    assert enough_beads(SHORT, 30.0, 1.2).beads >= 30 * 2.4**3


@EVERY
def test_a_run_too_short_for_its_window_says_what_to_add(soft, name):
    with pytest.raises(InputError, match=r"too short for a fit of D up to 40 ps: add at least"):
        run(name, liquid(soft, 1, observables=ObservableOptions(fit_window_ps=(10, 40))))
