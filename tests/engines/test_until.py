"""The stopping rule, on Brownian walkers in place of a liquid; and once on a liquid."""

from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.engines.until import run_until, weighted_mean
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import diffusion
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from tests.observables.brownian import walkers

D = 2.0
WINDOW = (1.0, 5.0)


class Walking:
    """An engine whose beads walk; `ends` gives the outcome of its batches, the last for all later ones."""

    name = "walking"

    def __init__(self, *ends: Outcome) -> None:
        self.ends, self.batches = ends or (Outcome.OK,), []

    def run(self, specifications):
        self.batches.append(specifications)
        outcome = self.ends[min(len(self.batches), len(self.ends)) - 1]
        return [self._one(specification, outcome) for specification in specifications]

    def _one(self, specification, outcome):
        made = RunResult(outcome, "" if outcome is Outcome.OK else "because", self.name, 10.0, specification.box_nm, 1.0, steps=10)
        if outcome is not Outcome.OK:
            return made
        trajectory = walkers(D, specification.options.beads, specification.frames, specification.interval_ps, specification.seed)
        level = float(specification.seed % 7)
        return replace(
            made,
            rdf=RadialDistribution(np.arange(1.0, 4.0), np.full(3, level), np.full(3, 0.1)),
            diffusion=diffusion(trajectory, WINDOW, specification.observables.blocks),
            pressure_bar=Estimate(level, 2.0),
            temperature_K=Estimate(300.0, 1.0),
            final_nm=np.zeros((specification.options.beads, 3)),
        )


def asked(soft, seed=1, target=None, maximum=None, production=60.0):
    options = CoarseGrainedOptions(
        beads=64,
        production_ps=production,
        equilibration_ps=50.0,
        sample_interval_ps=0.25,
        maximum_timestep_fs=10.0,
        target_relative_error=target,
        maximum_production_ps=maximum,
    )
    return RunSpecification(soft, 50.0, 4.0, 300.0, seed, options=options, observables=ObservableOptions(fit_window_ps=WINDOW))


def test_without_a_target_a_run_is_the_engine_s_own(soft):
    engine = Walking()
    (result,) = run_until(engine, [asked(soft)])
    assert len(engine.batches) == 1
    assert (result.stop_reason, result.production_ps) == ("", None)
    assert run_until(engine, []) == []


def test_a_run_goes_on_until_d_is_good_enough(soft):
    engine = Walking()
    (result,) = run_until(engine, [asked(soft, target=0.015, maximum=5000.0)])
    assert result.diffusion.relative_error <= 0.015
    assert result.diffusion.diffusion.value == pytest.approx(D, rel=4 * 0.015)
    assert result.production_ps == pytest.approx(result.diffusion.length_ps, rel=0.02)
    assert result.stop_reason == f"D within {100 * result.diffusion.relative_error:.2g} % after {result.production_ps / 1000:.3g} ns"
    # a check before the last was not good enough, so that the length is no more than needed, the next check and the error's scatter
    assert result.diffusion.relative_error > 0.015 / 1.5 / 1.3
    lengths = np.cumsum([batch[0].options.production_ps for batch in engine.batches])
    assert np.all(lengths[1:] / lengths[:-1] >= 1.5 - 1e-9)
    assert len({batch[0].seed for batch in engine.batches}) == len(engine.batches)
    assert all(batch[0].start_nm is not None and batch[0].options.equilibration_ps == 10.0 for batch in engine.batches[1:])


def test_means_are_weighted_by_length(soft):
    engine = Walking()
    (result,) = run_until(engine, [asked(soft, target=0.001, maximum=150.0)])
    lengths = np.array([batch[0].options.production_ps for batch in engine.batches])
    levels = [batch[0].seed % 7 for batch in engine.batches]
    assert lengths.sum() == pytest.approx(150)
    assert result.rdf.g == pytest.approx(np.full(3, np.average(levels, weights=lengths)))
    assert result.pressure_bar.value == pytest.approx(np.average(levels, weights=lengths))
    assert result.pressure_bar.error == pytest.approx(2.0 * np.sqrt(np.sum(lengths**2)) / 150)
    assert (result.wall_s, result.steps) == (len(lengths), 10 * len(lengths))


def test_the_maximum_ends_a_run_and_is_told(soft):
    (result,) = run_until(Walking(), [asked(soft, target=0.001, maximum=200.0)])
    assert result.ok
    assert result.production_ps == pytest.approx(200)
    assert result.stop_reason.startswith("maximum length 0.2 ns: D within ")


def test_a_maximum_that_leaves_no_room_for_a_stretch(soft):
    engine = Walking()
    (result,) = run_until(engine, [asked(soft, target=0.001, maximum=100.0)])
    assert (len(engine.batches), result.production_ps) == (1, 60.0)
    assert result.stop_reason.startswith("maximum length 0.06 ns")


@pytest.mark.parametrize("outcome", [Outcome.CRYSTAL, Outcome.BLOW_UP])
def test_a_stretch_that_ends_badly_gives_its_outcome(soft, outcome):
    (result,) = run_until(Walking(Outcome.OK, outcome), [asked(soft, target=0.001, maximum=1000.0)])
    assert (result.outcome, result.reason) == (outcome, "because")
    assert result.stop_reason == f"{outcome} after 0.12 ns"
    assert result.diffusion is None


def test_a_batch_holds_those_that_go_on(soft):
    engine = Walking()
    specifications = [asked(soft, seed, target, 4000.0 if target else None) for seed, target in enumerate((0.5, 0.012, None, 0.02))]
    results = run_until(engine, specifications)
    assert [len(batch) for batch in engine.batches][:2] == [4, 2]
    assert [bool(result.stop_reason) for result in results] == [True, True, False, True]
    again = run_until(Walking(), specifications)
    assert [result.diffusion.diffusion for result in again] == [result.diffusion.diffusion for result in results]


def test_a_missing_estimate_is_missing_in_the_mean():
    assert weighted_mean([Estimate(1.0, 0.1), None], np.array([1.0, 1.0])) is None
    assert weighted_mean([Estimate(1.0, 0.3), Estimate(4.0, 0.0)], np.array([2.0, 1.0])) == pytest.approx((2.0, 0.2))


@pytest.mark.slow
def test_stopping_leaves_the_interval_right(soft):
    """200 runs that stop by the rule: the known D lies in the interval as often as without."""
    results = run_until(Walking(), [asked(soft, seed, 0.02, 1500.0) for seed in range(200)])
    assert np.mean([result.stop_reason.startswith("D within") for result in results]) > 0.9
    intervals = [result.diffusion.interval() for result in results]
    inside = np.mean([low <= D <= high for low, high in intervals])
    off = np.array([result.diffusion.diffusion.value / D - 1 for result in results])
    assert 0.90 <= inside <= 0.985  # 95 %; binomial standard deviation 1.5 %
    assert abs(off.mean()) < 0.5 * 0.02


@pytest.mark.parametrize("engine", ["ensemble", "openmm"])
def test_a_liquid_goes_on_from_where_it_was(soft, engine):
    observables = ObservableOptions(bin_width_nm=0.05, fit_window_ps=(1.0, 3.0))
    options = CoarseGrainedOptions(
        beads=216,
        production_ps=10.0,
        equilibration_ps=5.0,
        sample_interval_ps=0.25,
        target_relative_error=0.001,
        maximum_production_ps=30.0,
    )
    specification = RunSpecification(soft, 80.0, 4.5, 300.0, 3, options=options, observables=observables)
    (result,) = run_until(get_engine(engine), [specification])
    assert result.ok, result.reason
    assert result.production_ps == pytest.approx(30)
    assert result.diffusion.length_ps == pytest.approx(30, rel=0.15)  # less a frame or two a stretch
    assert "maximum length 0.03 ns" in result.stop_reason
    single = get_engine(engine).run([replace(specification, options=options.model_copy(update={"production_ps": 30.0}), seed=4)])[0]
    gap = np.hypot(result.diffusion.diffusion.error, single.diffusion.diffusion.error)
    assert abs(result.diffusion.diffusion.value - single.diffusion.diffusion.value) < 4 * gap
    assert result.diffusion.diffusion.error == pytest.approx(single.diffusion.diffusion.error, rel=0.9)
