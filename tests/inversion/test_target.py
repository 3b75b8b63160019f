import numpy as np
import pytest

from mobcg.engines.specification import RunResult
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution, structure_error
from mobcg.outcomes import Outcome
from tests.inversion.dilute import R, dilute_g


def run(r, g, error):
    rdf = RadialDistribution(r, g, error)
    return RunResult(Outcome.OK, "", "none", 1.0, 3.0, 0.0, rdf=rdf, pressure_bar=Estimate(1.0, 1.0))


def state(g):
    return InversionTarget(RadialDistribution(R, g, 0 * g), 4.0, 300.0, 80.0)


@pytest.fixture
def wanted(soft):
    return dilute_g(soft, 300.0)


def test_bins_are_those_of_the_target_that_the_run_covers(wanted):
    r = np.arange(0.0025, 0.8, 0.005)
    measurement = Measurement.of(state(wanted), run(r, np.interp(r, R, wanted), 0 * r))
    assert measurement.r_nm == pytest.approx(R[R < 0.8])
    assert measurement.wanted == pytest.approx(wanted[R < 0.8])
    assert measurement.structure_error < 1e-4


def test_structure_error_and_where_it_is_worst(wanted):
    g = wanted + 0.1 * np.exp(-(((R - 0.7) / 0.02) ** 2))
    measurement = Measurement.of(state(wanted), run(R, g, 0 * R))
    assert measurement.structure_error == pytest.approx(structure_error(g, wanted))
    assert measurement.worst_nm == pytest.approx(0.7, abs=0.01)
    assert measurement.noise == 0
    assert measurement.excess == measurement.structure_error
    assert measurement.excess_error == 0


@pytest.mark.parametrize("offset", [0.0, 0.02])
def test_excess_is_what_the_structure_error_would_be_without_noise(wanted, offset):
    """Noise of known size on 4000 copies: the mean of the excess is S of the noiseless curve, and its error the spread of the copies."""
    random = np.random.default_rng(5)
    sizes = 0.03 * np.sqrt(wanted)
    shifted = wanted + offset * np.sin(10 * R)
    # each copy knows the errors as a run does, from five blocks
    blocks = shifted + np.sqrt(5) * sizes * random.normal(size=(4000, 5, len(R)))
    errors = blocks.std(axis=1, ddof=1) / np.sqrt(5)
    copies = [Measurement.of(state(wanted), run(R, g, error)) for g, error in zip(blocks.mean(axis=1), errors, strict=True)]
    excess = np.array([copy.excess for copy in copies])
    assert excess.mean() == pytest.approx(structure_error(shifted, wanted), abs=4 * excess.std() / np.sqrt(len(copies)))
    # e from five blocks multiplies a g-g* that holds the same e: the estimate is known to be fair within some tens of per cent
    rms = np.sqrt(np.mean([copy.excess_error**2 for copy in copies]))
    assert 0.7 < rms / excess.std() < 2.0
