import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines import measure as module
from mobcg.engines.measure import conclude, sample_trajectory
from mobcg.engines.specification import RunSpecification
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion
from mobcg.outcomes import Outcome
from tests.observables.brownian import walkers

BINS = ObservableOptions(bin_width_nm=0.05, fit_window_ps=(1.0, 8.0))


def run(soft, thermostat="global"):
    trajectory = walkers(5.0, 125, 100, 0.2, 1)
    specification = RunSpecification(soft, 50.0, 125 / 27, 300.0, 1, thermostat, options=CoarseGrainedOptions(beads=125), observables=BINS)
    energies = 3.0 * trajectory.time_ps / 1000
    sampled = sample_trajectory(specification, trajectory, np.full(100, 300.0), energies)
    return conclude(specification, sampled, "test", 10.0, 1000, 1.0)


def test_everything_is_measured(soft):
    result = run(soft)
    assert result.ok
    assert result.diffusion.diffusion.value == pytest.approx(5.0, abs=4 * result.diffusion.diffusion.error)
    assert result.energy_drift_kT_per_bead_ns is None
    assert (result.final_nm >= 0).all()
    assert (result.final_nm < result.box_nm).all()


def test_drift_is_per_bead_and_nanosecond(soft):
    # 3 kJ/mol in a nanosecond over 125 beads
    assert run(soft, "nve").energy_drift_kT_per_bead_ns == pytest.approx(3 / 125 / 2.494339, rel=1e-4)


def test_a_diffusion_that_is_not_positive_is_an_outcome(soft, monkeypatch):
    flat = Diffusion(Estimate(-0.003, 0.01), np.arange(3.0), np.zeros(3))
    monkeypatch.setattr(module, "diffusion", lambda *arguments: flat)
    result = run(soft)
    assert result.outcome is Outcome.GLASS
    assert "not positive" in result.reason
