from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification
from mobcg.inversion.newton import MEMORY, InverseMonteCarlo, secant
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.units import thermal_energy
from tests.conftest import lennard_jones
from tests.inversion.dilute import DiluteEngine, R, dilute_target, measured

OPTIONS = InversionOptions(cutoff_nm=1.195)
KT = thermal_energy(300.0)
GAS = DiluteEngine(pairs_per_nm3=2000.0)


def bump(basis, centre_nm, width_nm, height):
    """Coefficients of a smooth change of the potential."""
    knots = np.array([basis.knots_nm[index + 1 : index + 4].mean() for index in range(basis.size)])
    return height * np.exp(-(((knots - centre_nm) / width_nm) ** 2))


def changed_state(method, target, change):
    """The state whose g is that of the method's first potential plus a change."""
    g = np.exp(-method._table(method.origin + change).energy(R) / thermal_energy(target.temperature_K))
    return replace(target, rdf=RadialDistribution(R, g, 0 * g))


def gained(method, potential, states, largest_kT=1.0, length_ps=1000.0):
    """Change of U in kT at R by one update after runs of the states."""
    runs = [measured(state, potential, GAS, length_ps, seed) for seed, state in enumerate(states)]
    updated = method.update(potential, [Measurement.of(state, run) for state, run in zip(states, runs, strict=True)], largest_kT)
    return (updated.energy(R) - potential.energy(R)) / method.kT


def test_the_start_is_the_potential_of_mean_force(soft):
    method = InverseMonteCarlo([dilute_target(soft)], 1.195, OPTIONS)
    known = (R > 0.45) & (R < 1.0)
    difference = (method.start().energy(R) - soft.energy(R))[known] / KT
    # smoothing and splines of 0.03 nm each round the curve by less than a tenth of its well of 0.6 kT
    assert np.std(difference) < 0.02
    method.start().check_core(300.0)


@pytest.mark.parametrize(("centre", "height"), [(0.65, 0.15), (0.65, -0.15), (0.5, 0.3), (0.9, -0.1)])
def test_one_update_recovers_a_small_change_of_a_dilute_gas(soft, centre, height):
    """The step goes away from the prior's centre, so it is the data that find it."""
    target = dilute_target(soft)
    method = InverseMonteCarlo([target], 1.195, OPTIONS)
    change = bump(method.basis, centre, 0.1, height * KT)
    found = gained(method, method.start(), [changed_state(method, target, change)])
    wanted = change @ method.basis.values(R) / KT
    # 2000 frames of 70 pairs a bin (10 at the core's foot): g, and so U/kT, to 0.003 (0.01) a bin; a covariance from 2000 frames is
    # good to some per cent of the step; beyond the peak g is taken as linear in U, which leaves half the square
    assert np.abs(found - wanted)[R > 0.47].max() < 0.01 + 0.1 * abs(height) + height**2 / 2


def test_an_update_is_no_longer_than_allowed(soft):
    target = dilute_target(soft)
    method = InverseMonteCarlo([target], 1.195, OPTIONS)
    state = changed_state(method, target, bump(method.basis, 0.65, 0.1, 0.5 * KT))
    whole, part = (gained(method, method.start(), [state], largest_kT, 300.0) for largest_kT in (1.0, 0.1))
    inside = method.basis.first_nm <= R
    assert np.abs(part[inside]).max() == pytest.approx(0.1, rel=0.02)
    # shorter, in the same direction
    assert np.corrcoef(whole[inside], part[inside])[0, 1] > 0.999


def test_states_count_by_their_weights(soft):
    """Two states that want different potentials: with next to no weight one is ignored, with equal weights the answer lies between."""
    states = [dilute_target(soft), dilute_target(soft, 330.0)]

    def found(*weights):
        weighted = [replace(state, weight=weight) for state, weight in zip(states, weights, strict=True)]
        method = InverseMonteCarlo(weighted, 1.195, OPTIONS)
        changes = [bump(method.basis, 0.65, 0.1, height * KT) for height in (0.2, -0.2)]
        # g of each state: that of the common start plus the state's own change
        wanted = [changed_state(method, state, change) for state, change in zip(weighted, changes, strict=True)]
        return gained(method, method.start(), wanted)[np.argmin(np.abs(R - 0.65))] * method.kT / KT

    # a change of coefficients by 0.2 kT is one of U by 0.2 kT, as the bump is wide against the knots
    assert found(1.0, 1e-6) == pytest.approx(0.2, abs=0.06)
    assert found(1e-6, 1.0) == pytest.approx(-0.2, abs=0.06)
    # the cold state's g responds by a tenth more
    assert found(1.0, 1.0) == pytest.approx(0.0, abs=0.06)
    assert found(3.0, 1.0) == pytest.approx(0.1, abs=0.06)


def test_one_potential_serves_two_temperatures(soft):
    states = [dilute_target(soft), dilute_target(soft, 360.0)]
    method = InverseMonteCarlo(states, 1.195, OPTIONS)
    change = bump(method.basis, 0.65, 0.1, 0.2 * KT)
    found = gained(method, method.start(), [changed_state(method, state, change) for state in states]) * method.kT / KT
    wanted = change @ method.basis.values(R) / KT
    assert np.abs(found - wanted)[R > 0.45].max() < 0.03


@pytest.fixture(scope="module")
def liquid():
    """A real liquid with its potential changed by nothing, +c and -c in splines: three runs, and the method that knows the first."""
    start = lennard_jones(0.5, 1.2, 1.2, spacing_nm=0.01)
    options = CoarseGrainedOptions(beads=150, equilibration_ps=20, production_ps=1500, sample_interval_ps=0.5)
    bins = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(3, 12))
    specification = RunSpecification(start, 86.0, 4.6, 298.15, 10, options=options, observables=bins, r_max_nm=1.2, keep_counts=True)
    engine = get_engine("ensemble")
    target = InversionTarget(engine.run([specification])[0].rdf, 4.6, 298.15, 86.0)
    method = InverseMonteCarlo([target], 1.2, InversionOptions(cutoff_nm=1.2))
    coefficients = method.basis.coefficients(start.r_nm, start.u_kj_per_mol, np.exp(-np.maximum(start.u_kj_per_mol, 0) / method.kT))
    change = bump(method.basis, 0.6, 0.08, 0.06 * method.kT)
    potentials = [method._table(coefficients + factor * change) for factor in (0, 1, -1)]
    runs = engine.run([replace(specification, potential=each, seed=11 + index) for index, each in enumerate(potentials)])
    assert all(run.ok for run in runs)
    return method, change, potentials[0], Measurement.of(target, runs[0]), runs


def responses(method, measurement, blocks):
    """dg/da from each of so many stretches of a run."""
    result = measurement.result
    pieces = []
    for counts in np.array_split(result.pair_counts, blocks):
        method.responses.clear()
        pieces.append(method._response(0, counts, result.rdf.r_nm, result.rdf.g, method.kT))
    return np.array(pieces)


def test_fluctuations_of_a_run_predict_how_g_changes(liquid):
    method, change, _, measurement, (_, plus, minus) = liquid
    pieces = responses(method, measurement, 5) @ (2 * change)
    predicted, predicted_error = pieces.mean(axis=0), pieces.std(axis=0, ddof=1) / np.sqrt(5)
    found, found_error = plus.rdf.g - minus.rdf.g, np.hypot(plus.rdf.g_error, minus.rdf.g_error)
    known = measurement.result.rdf.g > 0.1
    error = np.hypot(predicted_error, found_error)[known]
    pulls = (found - predicted)[known] / error
    # the errors come from five blocks each: pulls of unit size grow to 1.3, and neighbouring bins are correlated
    assert np.sqrt(np.mean(pulls**2)) < 1.6
    assert np.sqrt(np.mean((found[known] / error) ** 2)) > 3
    # the change as a whole, as a factor on the prediction
    factor = np.sum((found * predicted)[known] / error**2) / np.sum(predicted[known] ** 2 / error**2)
    assert factor == pytest.approx(1.0, abs=0.12)


def test_fluctuations_of_a_run_predict_how_the_pressure_changes(liquid):
    method, change, potential, measurement, (_, plus, minus) = liquid
    rdf = measurement.result.rdf
    pieces = [
        method._pressure_response(measurement, potential, rdf.r_nm, rdf.g, response) @ (2 * change)
        for response in responses(method, measurement, 5)
    ]
    predicted, predicted_error = np.mean(pieces), np.std(pieces, ddof=1) / np.sqrt(5)
    found = plus.pressure_bar.value - minus.pressure_bar.value
    error = np.hypot(np.hypot(plus.pressure_bar.error, minus.pressure_bar.error), predicted_error)
    # the virial integral over bins of 0.01 nm is good to some per cent
    assert predicted == pytest.approx(found, abs=4 * error + 0.05 * abs(found))
    assert abs(found) > 10 * error


def test_responses_remember_those_of_the_updates_before(liquid):
    method, _, _, measurement, _ = liquid
    result = measurement.result
    first, second = responses(method, measurement, 2)
    method.responses.clear()
    for counts in np.array_split(result.pair_counts, 2):
        both = method._response(0, counts, result.rdf.r_nm, result.rdf.g, method.kT)
    assert both == pytest.approx((MEMORY * first + second) / (1 + MEMORY))


def test_a_wish_for_less_pressure_costs_little_structure(liquid):
    """A wish for 100 bar less changes the step by one that promises most of it and hardly changes g."""
    method, _, potential, measurement, _ = liquid
    found = []
    for wish in (0.0, -100.0):
        target = replace(measurement.target, pressure_bar=measurement.pressure_bar.value + wish)
        method.responses.clear()
        found.append(method.update(potential, [Measurement.of(target, measurement.result)], 1.0))
    ones = np.ones_like(potential.r_nm)
    none, less = (method.basis.coefficients(each.r_nm, each.u_kj_per_mol, ones) for each in found)
    rdf, response = measurement.result.rdf, method.responses[0]
    row = method._pressure_response(measurement, potential, rdf.r_nm, rdf.g, response)
    assert -110 < row @ (less - none) < -70
    # in S: less than a tenth of the 0.001 that an inversion asks for
    assert np.sum((response @ (less - none)) ** 2) / np.sum((rdf.g - rdf.g.mean()) ** 2) < 1e-4


def test_a_step_corrects_the_response_along_itself_alone():
    random = np.random.default_rng(5)
    true, noise = random.normal(size=(2, 20))
    step = random.normal(size=20)
    aside = random.normal(size=20)
    aside -= aside @ step / (step @ step) * step
    seen = [(np.zeros(20), Estimate(300.0, 0.0)), (step, Estimate(300.0 + float(true @ step), 0.0))]
    row = secant(true + noise, seen)
    assert row @ step == pytest.approx(true @ step)
    assert row @ aside == pytest.approx((true + noise) @ aside)


def test_what_lies_within_the_errors_teaches_nothing():
    row, step = np.ones(5), np.full(5, 2.0)
    blurred = [(np.zeros(5), Estimate(0.0, 500.0)), (step, Estimate(-400.0, 500.0))]
    assert secant(row, blurred) == pytest.approx(row, abs=0.02 * 41)  # trust 25/(25 + 500000), of a change of 41 along each
    assert secant(row, blurred[:1]) == pytest.approx(row)
    assert secant(row, [blurred[0], blurred[0]]) == pytest.approx(row)


def test_secants_end_the_steps_that_fall_short():
    """With a response of half noise each step reaches half of its aim: 6 % of it are left after four steps, 1 % with secants."""
    random = np.random.default_rng(6)

    def left_after_four(learning: bool) -> float:
        true, noise = random.normal(size=(2, 40))
        place, pressure, seen = np.zeros(40), 1000.0, []
        for _ in range(4):
            seen.append((place, Estimate(pressure, 1.0)))
            row = secant(true + noise, seen) if learning else true + noise
            step = -pressure * row / (row @ row)
            place, pressure = place + step, pressure + float(true @ step)
        return abs(pressure) / 1000

    plain, learnt = (np.median([left_after_four(learning) for _ in range(200)]) for learning in (False, True))
    assert plain == pytest.approx(0.0625, rel=0.5)
    assert learnt < 0.3 * plain
