from dataclasses import replace

import numpy as np
import pytest

from mobcg.engines.specification import RunResult
from mobcg.inversion.progress import PATIENCE, Trial, Verdict, judge
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from tests.inversion.dilute import R, dilute_g

ASKED = 1e-3
BEST = Trial(0.01, 0.0005, 0.0005, True)


def trial(excess, error=1e-4, noise=1e-4, met=True):
    return Trial(excess, error, noise, met)


@pytest.mark.parametrize(
    ("found", "best", "idle", "longest", "verdict"),
    [
        # two standard errors below what was asked for
        (trial(0.0007), None, 0, False, Verdict.CONVERGED),
        (trial(0.0009), BEST, 0, False, Verdict.GO_ON),
        (trial(0.0005, error=0.0003), BEST, 0, True, Verdict.GO_ON),
        (trial(-0.0005, error=0.0003, noise=0.002), BEST, 0, False, Verdict.CONVERGED),
        # and the pressure
        (trial(0.0001, met=False), BEST, 0, True, Verdict.GO_ON),
        # far worse than the best; a first trial cannot be
        (trial(0.02), BEST, 0, False, Verdict.STEP_BACK),
        (trial(0.016), BEST, 0, False, Verdict.GO_ON),
        (trial(0.9), None, 0, False, Verdict.GO_ON),
        (trial(0.02, error=0.003), BEST, 0, False, Verdict.GO_ON),
        # near the noise, while runs can become longer
        (trial(0.003, noise=0.001), BEST, 0, False, Verdict.LENGTHEN),
        (trial(0.003, noise=0.001), BEST, 0, True, Verdict.GO_ON),
        (trial(0.003, noise=0.0005), BEST, 0, False, Verdict.GO_ON),
        # no gain for long
        (trial(0.01), BEST, PATIENCE - 1, False, Verdict.GO_ON),
        (trial(0.01), BEST, PATIENCE, False, Verdict.LENGTHEN),
        (trial(0.01), BEST, PATIENCE, True, Verdict.EXHAUSTED),
        (trial(0.01), BEST, PATIENCE - 1, True, Verdict.GO_ON),
    ],
)
def test_verdicts(found, best, idle, longest, verdict):
    assert judge(found, best, idle, ASKED, longest) is verdict


def test_the_pressure_comes_before_the_structure():
    assert trial(0.01).better_than(trial(0.001, met=False))
    assert trial(0.01).gains_on(trial(0.001, met=False))
    assert not trial(0.001, met=False).gains_on(trial(0.01))
    assert trial(0.001).better_than(trial(0.01))


@pytest.mark.parametrize(
    ("found", "gains"),
    [(trial(0.0089), True), (trial(0.0091), False), (trial(0.008, error=0.003), True), (trial(0.0094, error=0.003), False)],
)
def test_a_gain_is_a_tenth_and_more_than_chance(found, gains):
    assert found.gains_on(BEST) is gains


def noisy(wanted, random, size, weight=1.0):
    """A measurement of a perfect potential: g off by noise alone, its error from five blocks."""
    blocks = wanted + np.sqrt(5) * size * random.normal(size=(5, len(R)))
    rdf = RadialDistribution(R, blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / np.sqrt(5))
    target = InversionTarget(RadialDistribution(R, wanted, 0 * R), 4.0, 300.0, 80.0, weight=weight)
    return Measurement.of(target, RunResult(Outcome.OK, "", "none", 1.0, 3.0, 0.0, rdf=rdf, pressure_bar=Estimate(1.0, 1.0)))


def test_a_perfect_potential_has_no_excess_on_average_and_seldom_gains_on_itself(soft):
    random = np.random.default_rng(4)
    wanted = dilute_g(soft, 300.0)
    size = 0.03 * np.sqrt(wanted)
    trials = [Trial.of([noisy(wanted, random, size)]) for _ in range(1000)]
    excess = np.array([each.excess for each in trials])
    assert excess.mean() == pytest.approx(0.0, abs=4 * excess.std() / np.sqrt(1000))
    assert excess.mean() + 0.1 * trials[0].noise < np.mean([each.noise for each in trials])
    # a gain is more than one standard error of one of two: by chance in less than a fourth of the pairs
    gains = np.mean([one.gains_on(other) for one, other in zip(trials[::2], trials[1::2], strict=True)])
    assert gains < 0.25
    # and it is never told to be so much worse that a step must be taken back
    assert not any(one.worse_than(other) for one, other in zip(trials[::2], trials[1::2], strict=True))


def test_convergence_is_seldom_told_by_luck(soft):
    """A potential exactly as bad as what was asked for must pass in some per cent of runs: two standard errors."""
    random = np.random.default_rng(6)
    wanted = dilute_g(soft, 300.0)
    size = 0.02 * np.sqrt(wanted)
    off = 0.02 * np.sin(10 * R)
    asked = np.sum(off**2) / np.sum((wanted - wanted.mean()) ** 2)
    passed = 0
    for _ in range(500):
        found = noisy(wanted + off, random, size)
        target = replace(found.target, rdf=RadialDistribution(R, wanted, 0 * R))
        passed += judge(Trial.of([Measurement.of(target, found.result)]), None, 0, asked, False) is Verdict.CONVERGED
    # 2.3 % of a normal distribution, 12 of 500; errors from five blocks let more through
    assert passed < 40


def test_states_are_averaged_by_their_weights(soft):
    random = np.random.default_rng(8)
    wanted = dilute_g(soft, 300.0)
    states = [noisy(wanted, random, 0.03, 3.0), noisy(wanted, random, 0.06, 1.0)]
    both = Trial.of(states)
    assert both.excess == pytest.approx(0.75 * states[0].excess + 0.25 * states[1].excess)
    assert both.noise == pytest.approx(0.75 * states[0].noise + 0.25 * states[1].noise)
    assert both.error == pytest.approx(np.hypot(0.75 * states[0].excess_error, 0.25 * states[1].excess_error))
    assert both.pressure_met
    state = states[1]
    unmet = replace(state, target=replace(state.target, pressure_bar=500.0))
    assert not Trial.of([states[0], unmet]).pressure_met
