from collections.abc import Sequence

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.inversion.ibi import InversionTarget, invert
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion
from mobcg.observables.rdf import RadialDistribution, structure_error
from mobcg.outcomes import Outcome
from mobcg.units import thermal_energy

R = np.arange(0.005, 1.2, 0.01)
RUNS = CoarseGrainedOptions(beads=216, production_ps=100)
BINS = ObservableOptions(bin_width_nm=0.01)


class DiluteEngine:
    """An exact engine for the low-density limit: g = exp(-U/kT). Shows the loop's logic without noise."""

    name = "dilute"

    def __init__(self, outcomes=()):
        self.outcomes = list(outcomes)
        self.runs = 0

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        return [self._one(specification) for specification in specifications]

    def _one(self, specification):
        outcome = self.outcomes[self.runs] if self.runs < len(self.outcomes) else Outcome.OK
        self.runs += 1
        g = np.exp(-specification.potential.energy(R) / thermal_energy(specification.temperature_K))
        slope = float(np.trapezoid(R**3 * specification.potential.force(R) * g, R))
        return RunResult(
            outcome,
            "" if outcome is Outcome.OK else "told so",
            self.name,
            10.0,
            3.0,
            0.0,
            RadialDistribution(R, g, 0 * g),
            Diffusion(Estimate(1.0, 0.1), R, R),
            Estimate(1000 + 50 * slope, 1.0),
            Estimate(300.0, 1.0),
        )


def target(soft):
    g = np.exp(-soft.energy(R) / thermal_energy(300))
    return InversionTarget(RadialDistribution(R, g, 0 * g), 4.0, 300.0, 80.0)


def test_in_the_dilute_limit_it_converges_at_once(soft):
    result = invert(target(soft), DiluteEngine(), InversionOptions(cutoff_nm=1.19, smoothing_nm=0.0), RUNS, BINS, 1)
    assert result.outcome is Outcome.OK
    assert result.converged
    assert result.updates <= 2
    assert result.structure_error < 1e-3


def test_freezing_on_the_way_is_an_outcome_not_a_crash(soft):
    engine = DiluteEngine([Outcome.CRYSTAL])
    result = invert(target(soft), engine, InversionOptions(cutoff_nm=1.19), RUNS, BINS, 1)
    assert result.outcome is Outcome.NOT_CONVERGED
    assert "update 0 ended as crystal: told so" in result.reason
    assert result.potential is None


def test_not_converging_is_told_and_the_best_is_kept(soft):
    options = InversionOptions(cutoff_nm=1.19, maximum_updates=3, structure_error=1e-12, smoothing_nm=0.05)
    result = invert(target(soft), DiluteEngine(), options, RUNS, BINS, 1)
    assert result.outcome is Outcome.NOT_CONVERGED
    assert "the best of 3 short runs" in result.reason
    assert list(result.history["update"]) == [0, 1, 2]
    assert result.potential is not None


def test_pressure_correction_pushes_the_right_way(soft):
    history = {}
    for wanted in (0.0, None):
        options = InversionOptions(cutoff_nm=1.19, maximum_updates=4, structure_error=1e-9, pressure_bar=wanted)
        history[wanted] = invert(target(soft), DiluteEngine(), options, RUNS, BINS, 1).history["pressure_bar"]
    assert history[None].iloc[-1] == pytest.approx(history[None].iloc[0], rel=0.05)
    assert history[0.0].iloc[-1] < history[0.0].iloc[0] - 5


@pytest.mark.slow
def test_recovers_a_known_potential_from_its_own_structure(soft):
    """A liquid of a known potential is measured, and its g(r) alone gives the potential back (Henderson's theorem)."""
    runs = CoarseGrainedOptions(beads=400, equilibration_ps=15, production_ps=120, sample_interval_ps=0.3)
    bins = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(3, 12))
    specification = RunSpecification(soft, 86.0, 4.6, 298.15, 11, options=runs, observables=bins, r_max_nm=1.2)
    measured = OpenMMEngine().run([specification])[0]
    assert measured.ok
    options = InversionOptions(
        cutoff_nm=1.2, maximum_updates=8, structure_error=4e-4, equilibration_ps=5, production_ps=60, smoothing_nm=0.02
    )
    result = invert(InversionTarget(measured.rdf, 4.6, 298.15, 86.0), OpenMMEngine(), options, runs, bins, 12)
    assert result.potential is not None
    r = measured.rdf.r_nm
    assert structure_error(result.final.rdf.on_grid(r).g, measured.rdf.g) < 1e-3
    reached = (measured.rdf.g > 0.3) & (r < 1.1)
    difference = (result.potential.energy(r) - soft.energy(r))[reached] / thermal_energy(298.15)
    # a constant is free (g does not feel it but through the cutoff); the shape must agree
    assert np.std(difference) < 0.06
    assert abs(result.final.diffusion.diffusion.value - measured.diffusion.diffusion.value) < 4 * np.hypot(
        result.final.diffusion.diffusion.error, measured.diffusion.diffusion.error
    )
