import logging
from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification
from mobcg.inversion.invert import SETBACKS, invert
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.rdf import RadialDistribution, structure_error
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy
from tests.inversion.dilute import BINS, RUNS, DiluteEngine, R, dilute_g, dilute_target

KT = thermal_energy(300.0)
IBI = InversionOptions(method="ibi", cutoff_nm=1.195, smoothing_nm=0.0)
IMC = InversionOptions(cutoff_nm=1.195)
METHODS = pytest.mark.parametrize("options", [IMC, IBI.model_copy(update={"smoothing_nm": 0.015})], ids=["imc", "ibi"])


class Distorting(DiluteEngine):
    """A gas whose g is that of U plus a hidden bump: the potential of mean force is wrong by it, and an inversion must undo it."""

    def __init__(self, height_kT=0.5, **others):
        super().__init__(**others)
        self.height_kT = height_kT

    def _one(self, specification):
        potential = specification.potential
        hidden = self.height_kT * thermal_energy(specification.temperature_K) * np.exp(-(((potential.r_nm - 0.7) / 0.12) ** 2))
        result = super()._one(replace(specification, potential=PairPotential(potential.r_nm, potential.u_kj_per_mol + hidden)))
        self.specifications[-1] = specification
        return result


def run(targets, engine, options, seed=1, **changed):
    return invert(targets, engine, options.model_copy(update=changed), RUNS, BINS, seed)


def freezing(*updates):
    """Crystal at these runs."""
    return lambda number, potential: Outcome.CRYSTAL if number in updates else Outcome.OK


def test_in_the_dilute_limit_the_first_potential_is_the_answer(soft):
    result = run(dilute_target(soft), DiluteEngine(), IBI)
    assert result.outcome is Outcome.OK
    assert result.converged
    assert result.updates == 1
    assert result.stopped == "S below 0.001"
    assert result.structure_error < 1e-3


@METHODS
def test_it_stops_by_itself_once_good_enough(soft, options):
    engine = Distorting(pairs_per_nm3=2000.0)
    result = run(dilute_target(soft), engine, options)
    assert result.converged, result.reason
    assert 1 < result.updates < 10
    errors = result.history["structure_error"]
    assert errors.iloc[0] > 0.003
    # judged without its noise, which the table keeps beside it
    assert errors.iloc[-1] - result.history["structure_noise"].iloc[-1] < 1e-3
    # the last run is of full length and gives the result
    assert result.final is not None
    assert result.structure_error == pytest.approx(structure_error(result.final.rdf.g, dilute_g(soft, 300.0)))
    assert [each.keep_counts for each in engine.specifications] == [options.method == "imc"] * result.updates + [False]
    assert engine.specifications[-1].options.production_ps == RUNS.production_ps
    assert np.array_equal(engine.specifications[-1].potential.u_kj_per_mol, result.potential.u_kj_per_mol)


@METHODS
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_perfect_potential_under_noise_is_converged_and_not_worn_down(soft, options, seed):
    """Noise that alone makes S five times what is asked for: the loop must see through it, by longer runs, instead of following it."""
    asked = 5e-4
    engine = DiluteEngine(pairs_per_nm3=60.0)
    result = run(dilute_target(soft), engine, options, seed=seed, structure_error=asked)
    assert result.history["structure_noise"].iloc[0] > 4 * asked
    assert result.converged, result.reason
    assert result.updates <= 10
    assert max(each.options.production_ps for each in engine.specifications) <= 400.0
    # what S is without noise: known here
    assert structure_error(dilute_g(result.potential, 300.0), dilute_g(soft, 300.0)) < asked


def test_runs_double_near_the_end_up_to_the_longest(soft):
    engine = Distorting(height_kT=0.3, pairs_per_nm3=20.0)
    result = run(dilute_target(soft), engine, IMC, structure_error=1e-6, longest_production_ps=300.0)
    lengths = list(result.history["production_ps"])
    assert lengths[0] == 100.0
    assert sorted(set(lengths)) == [100.0, 200.0, 300.0]
    assert lengths == sorted(lengths)


def test_freezing_at_every_trial_is_an_outcome_not_a_crash(soft):
    result = run(dilute_target(soft), DiluteEngine(lambda number, potential: Outcome.CRYSTAL), IBI)
    assert result.outcome is Outcome.NOT_CONVERGED
    assert result.reason == f"update {SETBACKS} ended as crystal: told so"
    assert result.potential is None
    assert result.finals == ()
    assert result.updates == SETBACKS + 1
    assert not result.converged


def test_a_first_potential_that_freezes_is_softened_until_it_does_not(soft):
    """The liquid freezes while its well is deeper than 0.4 kT; the potential of mean force has 0.6 kT."""
    engine = DiluteEngine(lambda number, potential: Outcome.CRYSTAL if potential.u_kj_per_mol.min() < -0.4 * KT else Outcome.OK)
    result = run(dilute_target(soft), engine, IBI, maximum_updates=6)
    wells = [-each.potential.u_kj_per_mol.min() / KT for each in engine.specifications]
    outcomes = list(result.history["outcome"])
    assert outcomes[:2] == ["crystal", "ok"]
    assert wells[1] == pytest.approx(0.7 * wells[0])
    # the target cannot be reached, as its own potential freezes: told, with the best liquid found
    assert result.outcome is Outcome.NOT_CONVERGED
    assert result.potential is not None
    assert -result.potential.u_kj_per_mol.min() <= 0.4 * KT
    assert result.structure_error == pytest.approx(result.history["structure_error"].min())


def test_a_crash_of_one_update_steps_back_a_part_of_the_way(soft):
    engine = Distorting(outcome=freezing(1))
    result = run(dilute_target(soft), engine, IBI)
    assert list(result.history["outcome"])[:3] == ["ok", "crystal", "ok"]
    first, crashed, again = (each.potential.u_kj_per_mol for each in engine.specifications[:3])
    assert again == pytest.approx(0.6 * first + 0.4 * crashed)
    assert result.converged, result.reason


class Misled(DiluteEngine):
    """From its second run on g is wrong by a peak that no potential removes."""

    def _one(self, specification):
        result = super()._one(specification)
        if len(self.specifications) == 1:
            return result
        return replace(result, rdf=RadialDistribution(R, result.rdf.g + 2.0 * (np.abs(R - 0.505) < 0.001), result.rdf.g_error))


def test_divergence_names_update_and_distance_and_keeps_the_best(soft):
    engine = Misled()
    result = run(dilute_target(soft), engine, IBI, structure_error=1e-9, smoothing_nm=0.02)
    assert result.outcome is Outcome.NOT_CONVERGED
    known = dilute_g(soft, 300.0)[np.argmin(np.abs(R - 0.505))]
    assert f"diverged at update {SETBACKS + 1}: g(0.505 nm) = " in result.reason
    assert f"instead of {known:.3f}" in result.reason
    assert np.array_equal(result.potential.u_kj_per_mol, engine.specifications[0].potential.u_kj_per_mol)
    assert len(result.history) == SETBACKS + 2


def test_the_potential_that_converged_is_the_result_not_one_that_was_lucky_before(soft):
    """The first run is noisy and its S without noise far below zero by chance; the second is precise, and passes."""
    wanted = dilute_g(soft, 300.0)
    noise = np.random.default_rng(3).normal(0, 0.02, len(R))

    class Lucky(DiluteEngine):
        def _one(self, specification):
            result = super()._one(specification)
            first = len(self.specifications) == 1
            g, error = (wanted + noise, 0.022) if first else (wanted + 0.1 * noise, 0.002)
            return replace(result, rdf=RadialDistribution(R, g, np.full_like(R, error)))

    engine = Lucky()
    result = run(dilute_target(soft), engine, IBI, structure_error=2e-4, smoothing_nm=0.02)
    assert result.converged
    assert result.updates == 2
    assert [each.potential is result.potential for each in engine.specifications] == [False, True, True]


def test_not_converging_is_told_and_the_best_is_kept(soft):
    result = run(dilute_target(soft), Distorting(), IBI, maximum_updates=3, structure_error=1e-12, smoothing_nm=0.05, damping=0.2)
    assert result.outcome is Outcome.NOT_CONVERGED
    assert result.reason.startswith("3 updates were not enough; the best potential has S = 0.0")
    assert list(result.history["update"]) == [0, 1, 2]
    assert result.potential is not None
    assert result.structure_error == pytest.approx(result.history["structure_error"].min())


def test_no_more_gain_ends_the_loop(soft):
    """Splines this coarse cannot follow the well: the loop sees that nothing more is gained long before its last update."""
    result = run(
        dilute_target(soft), DiluteEngine(pairs_per_nm3=2000.0), IMC, maximum_updates=60, structure_error=1e-6, knot_spacing_nm=0.2
    )
    assert result.outcome is Outcome.NOT_CONVERGED
    assert "updates without gain; the best potential has S = " in result.reason
    assert result.updates < 30


def test_a_pressure_that_is_missed_is_told(soft):
    """In a dilute gas g leaves the pressure no freedom."""
    result = run(dilute_target(soft), DiluteEngine(), IBI, pressure_bar=-5000.0, maximum_updates=6)
    assert result.outcome is Outcome.NOT_CONVERGED
    assert result.reason.endswith("and not the pressure wanted within 25 bar")


def test_pressure_correction_pushes_the_right_way(soft):
    pressures = {}
    for wanted in (0.0, None):
        history = run(dilute_target(soft), DiluteEngine(), IBI, maximum_updates=4, structure_error=1e-9, pressure_bar=wanted).history
        pressures[wanted] = history["pressure_bar"]
    assert pressures[None].iloc[-1] == pytest.approx(pressures[None].iloc[0], rel=0.05)
    assert pressures[0.0].iloc[-1] < pressures[0.0].iloc[0] - 5


def test_the_same_seed_gives_the_same_history(soft):
    def history(seed):
        result = run(dilute_target(soft), Distorting(pairs_per_nm3=200.0), IMC, seed=seed)
        return result.history["structure_error"].to_numpy(), result.potential.u_kj_per_mol

    one, again, other = history(5), history(5), history(6)
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[1], other[1])


@METHODS
def test_several_states_share_one_potential(soft, options):
    states = [dilute_target(soft, 300.0, weight=2.0), dilute_target(soft, 360.0)]
    engine = Distorting(pairs_per_nm3=2000.0)
    result = run(states, engine, options)
    assert result.converged, result.reason
    assert len(result.finals) == 2
    assert list(result.history["state"]) == [0, 1] * result.updates
    assert {each.temperature_K for each in engine.specifications} == {300.0, 360.0}
    for one, other in zip(engine.specifications[::2], engine.specifications[1::2], strict=True):
        assert one.potential is other.potential
        assert one.seed != other.seed
    found = [structure_error(final.rdf.g, state.rdf.g) for final, state in zip(result.finals, states, strict=True)]
    assert result.structure_error == pytest.approx((2 * found[0] + found[1]) / 3)


def test_direct_inversion_is_one_run_and_never_fails_for_its_structure(soft):
    engine = Distorting()
    result = run(dilute_target(soft), engine, IBI, method="direct", structure_error=1e-9)
    assert result.outcome is Outcome.OK
    assert not result.converged
    assert result.updates == 1
    assert len(engine.specifications) == 2


def test_a_g_that_cannot_be_inverted_is_an_input_error(soft):
    target = dilute_target(soft)
    with pytest.raises(InputError, match="nothing to invert"):
        run(replace(target, rdf=RadialDistribution(R, 0 * R, 0 * R)), DiluteEngine(), IMC)
    with pytest.raises(InputError, match="at least one g"):
        run([], DiluteEngine(), IMC)


def test_each_trial_is_logged(soft, caplog):
    with caplog.at_level(logging.INFO, logger="mobcg.inversion.invert"):
        run(dilute_target(soft), DiluteEngine(), IBI)
    assert caplog.messages[0].startswith("update 0: S = 0.000")


LIQUID = CoarseGrainedOptions(beads=200, equilibration_ps=15, production_ps=600, sample_interval_ps=0.5)
LIQUID_BINS = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(3, 12))
ENSEMBLE = get_engine("ensemble")


def state_of(potential, temperature, seed, density=4.6):
    """The state of a liquid of a known potential, and its run."""
    specification = RunSpecification(potential, 86.0, density, temperature, seed, options=LIQUID, observables=LIQUID_BINS, r_max_nm=1.2)
    run = ENSEMBLE.run([specification])[0]
    assert run.ok
    return InversionTarget(run.rdf, density, temperature, 86.0), run


def shape_error(found, known, target):
    """Standard deviation in kT of U - U* where g says something; a constant is free, g does not feel it but through the cutoff."""
    r = target.rdf.r_nm
    reached = (target.rdf.g > 0.3) & (r < 1.1)
    return float(np.std((found.energy(r) - known.energy(r))[reached])) / thermal_energy(target.temperature_K)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "updates"), [("imc", 10), ("ibi", 20)])
def test_recovers_a_known_potential_from_its_own_structure(soft, method, updates):
    """A liquid of a known potential is measured, and its g(r) alone gives the potential back (Henderson's theorem)."""
    target, known = state_of(soft, 298.15, 11)
    options = InversionOptions(
        method=method, cutoff_nm=1.2, maximum_updates=updates, structure_error=4e-4, equilibration_ps=5, production_ps=100
    )
    result = invert(target, ENSEMBLE, options, LIQUID, LIQUID_BINS, 12)
    assert result.converged, result.reason
    assert result.structure_error < 1e-3
    assert shape_error(result.potential, soft, target) < 0.06
    assert abs(result.final.diffusion.diffusion.value - known.diffusion.diffusion.value) < 4 * np.hypot(
        result.final.diffusion.diffusion.error, known.diffusion.diffusion.error
    )


@pytest.mark.slow
def test_two_states_together_recover_their_potential(soft):
    states = [state_of(soft, 298.15, 21)[0], state_of(soft, 360.0, 22, density=4.2)[0]]
    options = InversionOptions(cutoff_nm=1.2, maximum_updates=10, structure_error=4e-4, equilibration_ps=5, production_ps=100)
    result = invert(states, ENSEMBLE, options, LIQUID, LIQUID_BINS, 23)
    assert result.converged, result.reason
    assert shape_error(result.potential, soft, states[0]) < 0.05
    for state, final in zip(states, result.finals, strict=True):
        assert Measurement.of(state, final).structure_error < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("change_bar", [0.0, -250.0])
def test_a_pressure_asked_for_is_reached(soft, change_bar):
    """The known liquid's own pressure, and one that its g does not have: 250 bar less."""
    target, known = state_of(soft, 298.15, 31)
    wanted = known.pressure_bar.value + change_bar
    options = InversionOptions(cutoff_nm=1.2, structure_error=1e-3, equilibration_ps=5, production_ps=100, pressure_bar=wanted)
    result = invert(target, ENSEMBLE, options, LIQUID, LIQUID_BINS, 32)
    assert result.converged, result.reason
    assert abs(result.final.pressure_bar.value - wanted) <= 50.0
    assert result.structure_error <= 0.004
