import numpy as np
import pandas as pd
import pytest

from mobcg.atomistic import stage
from mobcg.atomistic.run import AtomisticRun
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.files import read_json
from mobcg.liquids import Liquid
from mobcg.observables.rdf import read_rdf
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome

LIQUID = Liquid(name="propane", smiles="CCC", temperature_K=300.0)
OPTIONS = AtomisticOptions(molecules=100, production_ps=60.0)
BINS = ObservableOptions(bin_width_nm=0.05, fit_window_ps=(2.0, 10.0))


def thermodynamics(frames):
    return pd.DataFrame(
        {
            "stage": "production",
            "time_ps": np.arange(frames) * 0.5,
            "temperature_K": 300.0 + np.sin(np.arange(frames)),
            "potential_energy_kj_per_mol": 0.0,
            "density_g_per_cm3": 0.5,
            "pressure_bar": np.where(np.arange(frames) % 2, 10.0, np.nan),
        }
    )


def pretend(monkeypatch, outcome, width_nm):
    """Replace the simulation by walkers that step `width_nm`."""
    random = np.random.default_rng(1)
    steps = random.normal(0, width_nm, (120, 100, 3))
    positions = random.uniform(0, 2.5, (1, 100, 3)) + np.cumsum(steps, axis=0)
    trajectory = Trajectory(positions, np.arange(120) * 0.5, 2.5, 44.1) if outcome is Outcome.OK else None
    run = AtomisticRun(outcome, "" if outcome is Outcome.OK else "because", trajectory, thermodynamics(120), 2.0, "CPU", 1.0, 1)
    monkeypatch.setattr(stage, "simulate", lambda *arguments: run)


def run(tmp_path):
    stage.simulate_sample("propane-reference", LIQUID, None, OPTIONS, BINS, 1, tmp_path)
    return read_json(tmp_path / "summary.json")


def test_a_liquid_is_measured(monkeypatch, tmp_path):
    pretend(monkeypatch, Outcome.OK, 0.05)
    summary = run(tmp_path)
    assert summary["outcome"] == "ok"
    expected = 0.05**2 / (2 * 0.5) * 1000
    assert summary["diffusion_nm2_per_ns"] == pytest.approx(expected, abs=4 * summary["diffusion_error_nm2_per_ns"])
    assert summary["density_per_nm3"] == pytest.approx(100 / 2.5**3)
    assert summary["pressure_bar"] == pytest.approx(10)
    assert summary["template"] is None
    assert read_rdf(tmp_path / "rdf.csv").g[-5:] == pytest.approx(np.ones(5), abs=0.1)
    assert len(pd.read_csv(tmp_path / "msd.csv")) == 120


@pytest.mark.parametrize(("outcome", "width", "found"), [(Outcome.BLOW_UP, 0.05, "blow-up"), (Outcome.OK, 1e-4, "glass")])
def test_what_is_no_liquid_has_an_outcome_a_reason_and_empty_curves(monkeypatch, tmp_path, outcome, width, found):
    pretend(monkeypatch, outcome, width)
    summary = run(tmp_path)
    assert summary["outcome"] == found
    assert summary["reason"]
    assert pd.read_csv(tmp_path / "rdf.csv").empty
    assert pd.read_csv(tmp_path / "msd.csv").empty
    assert not pd.read_csv(tmp_path / "thermodynamics.csv").empty
