import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult
from mobcg.evaluation.short_times import ShortTimeOptions, compare_velocities, displacement, velocity_error
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.velocity import VelocityAutocorrelation
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.units import thermal_energy

TEMPERATURE, FRICTION, INTERVAL = 298.15, 5.0, 0.025
OPTIONS = ShortTimeOptions(equilibration_ps=2, production_ps=20, longest_ps=1.0)


def test_displacements_are_interpolated_inside_the_curve_alone():
    time = np.array([0.0, 0.5, 2.0, 8.0])
    diffusive = 0.03 * time
    assert displacement(time, diffusive, 1.0) == pytest.approx(0.03)
    assert displacement(time, 0.1 * time**2, 1.0) == pytest.approx(0.1)
    assert displacement(time, diffusive, 8.1) == pytest.approx(0.03 * 8.1), "a frame's rounding beyond the end"
    assert np.isnan([displacement(time, diffusive, wanted) for wanted in (0.3, 20.0)]).all()
    assert np.isnan(displacement(np.zeros(0), np.zeros(0), 1.0))


def test_velocity_error_is_a_relative_sum_of_squares():
    atomistic, none = np.array([2.0, 1.0, -0.5]), np.zeros(3)
    assert velocity_error([atomistic] * 2, atomistic, none) == (0.0, 0.0)
    assert velocity_error([none] * 2, atomistic, none).value == 1.0
    assert velocity_error([0.5 * atomistic] * 2, atomistic, none).value == pytest.approx(0.25)
    assert np.isnan(velocity_error([atomistic], atomistic, none).error)


def test_errors_of_the_velocity_error():
    random, lags = np.random.default_rng(3), np.exp(-np.arange(50) / 10)
    noise = 0.02
    drawn = [velocity_error([0.8 * lags * (1 + noise * z) for z in random.normal(size=3)], lags, 0 * lags) for _ in range(400)]
    spread = np.std([each.value for each in drawn])
    # V = (1 - 0.8 (1 + noise z))2: dV = 2 0.2 0.8 noise z / sqrt(3); 400 draws tell their spread within 4 %
    assert spread == pytest.approx(0.32 * noise / np.sqrt(3), rel=0.15)
    assert np.sqrt(np.mean([each.error**2 for each in drawn])) == pytest.approx(spread, rel=0.15)
    # noise that shifts all of C* together by one part in a hundred: V = (0.8/c - 1)2 turns by 2 0.2 0.8 0.01
    assert velocity_error([0.8 * lags] * 2, lags, 0.01 * lags).error == pytest.approx(0.0032, rel=1e-6)


def beads(mass=86.0):
    """A liquid of weakly repelling beads: with friction gamma C(t) = 3 kT/m exp(-gamma t), of displacements smoothed over an interval."""
    r = np.linspace(0.02, 1.2, 119)
    u = 0.02 * thermal_energy(TEMPERATURE) * (np.exp(-((r / 0.5) ** 2)) - np.exp(-((1.2 / 0.5) ** 2)))
    rdf = RadialDistribution(r[::2], np.ones(60), np.full(60, 0.01))
    return WantedLiquid(InversionTarget(rdf, 4.0, TEMPERATURE, mass), Estimate(2.0, 0.1)), PairPotential(r, u)


def ornstein_uhlenbeck(mass=86.0):
    t, x = INTERVAL * np.arange(81), FRICTION * INTERVAL
    smoothed = np.exp(-FRICTION * t) * (2 * np.cosh(x) - 2) / x**2
    smoothed[0] = 2 * (x - 1 + np.exp(-x)) / x**2
    return VelocityAutocorrelation(t, 3 * thermal_energy(TEMPERATURE) / mass * smoothed, np.zeros(81))


def compared(model_mass, atomistic, replicas=2):
    wanted, potential = beads(model_mass)
    plan = wanted.plan(potential, CoarseGrainedOptions(beads=125), ObservableOptions(bin_width_nm=0.02))
    model = CoarseModel(potential, FRICTION)
    return compare_velocities(wanted, model, get_engine("ensemble"), plan, atomistic, replicas, 4, OPTIONS)


def test_a_langevin_bead_has_an_exponential_autocorrelation():
    atomistic = ornstein_uhlenbeck()
    found = compared(86.0, atomistic)
    assert found.reason == ""
    assert found.velocity.time_ps == pytest.approx(atomistic.time_ps[:41])
    # 250 beads for 20 ps, 100 correlation times: C errs by a few thousandths of C(0) at each lag, V by its square
    assert found.velocity_error.value < 0.002
    assert found.velocity.nm2_per_ps2[0] == pytest.approx(atomistic.nm2_per_ps2[0], rel=0.02)


def test_another_mass_is_an_error_of_the_velocities():
    """At the same friction C halves with twice the mass at all times: V = 1/4."""
    found = compared(172.0, ornstein_uhlenbeck())
    assert found.velocity_error.value == pytest.approx(0.25, abs=0.02)
    assert found.velocity_error.error < 0.02


@pytest.mark.parametrize("interval_ps", [0.0206, 0.1])
def test_frames_lie_as_far_apart_as_the_atomistic_ones(interval_ps):
    wanted, potential = beads()
    plan = wanted.plan(potential, CoarseGrainedOptions(beads=125), ObservableOptions(bin_width_nm=0.02))
    run = ShortTimeOptions().plan(CoarseModel(potential, FRICTION).run(wanted, 1, plan), interval_ps)
    assert run.interval_ps == pytest.approx(interval_ps, rel=1e-9)
    assert run.step_ps <= plan.step_ps


def test_a_run_that_ends_badly_has_no_velocities():
    class Freezing:
        name = "freezing"

        def run(self, asked):
            return [RunResult(Outcome.CRYSTAL, "froze", "freezing", 20.0, 3.0, 0.5) for _ in asked]

    wanted, potential = beads()
    plan = wanted.plan(potential, CoarseGrainedOptions(beads=125), ObservableOptions(bin_width_nm=0.02))
    found = compare_velocities(wanted, CoarseModel(potential, 0.0), Freezing(), plan, ornstein_uhlenbeck(), 2, 1, OPTIONS)
    assert (found.velocity_error, found.velocity, found.reason, found.wall_s) == (None, None, "crystal: froze", 1.0)
