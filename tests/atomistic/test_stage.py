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
from mobcg.units import thermal_energy

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


def pretend(monkeypatch, outcome, width_nm, short_time=None):
    """Replace the simulation by walkers that step `width_nm`."""
    random = np.random.default_rng(1)
    steps = random.normal(0, width_nm, (120, 100, 3))
    positions = random.uniform(0, 2.5, (1, 100, 3)) + np.cumsum(steps, axis=0)
    trajectory = Trajectory(positions, np.arange(120) * 0.5, 2.5, 44.1) if outcome is Outcome.OK else None
    run = AtomisticRun(
        outcome, "" if outcome is Outcome.OK else "because", trajectory, thermodynamics(120), 2.0, "CPU", 1.0, 1, short_time=short_time
    )
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


def ballistic(speed_nm_per_ps=0.3):
    """A stretch of 2 ps in which 100 molecules fly straight, with no velocity of the whole."""
    velocities = np.random.default_rng(2).normal(0, speed_nm_per_ps, (100, 3))
    velocities -= velocities.mean(axis=0)
    times = 0.02 * np.arange(1, 101)
    return Trajectory(times[:, None, None] * velocities, times, 2.5, 44.1), (velocities**2).sum() / 99


def test_velocities_of_the_stretch_are_correlated_over_a_fifth_of_it(monkeypatch, tmp_path):
    short_time, expected = ballistic()
    pretend(monkeypatch, Outcome.OK, 0.05, short_time)
    assert run(tmp_path)["outcome"] == "ok"
    table = pd.read_csv(tmp_path / "vacf.csv")
    assert table["time_ps"].to_numpy() == pytest.approx(0.02 * np.arange(21))
    assert table["vacf_nm2_per_ps2"].to_numpy() == pytest.approx(np.full(21, expected), rel=1e-6)


def test_without_a_stretch_or_a_liquid_the_velocity_autocorrelation_is_empty(monkeypatch, tmp_path):
    headers = []
    for width, short_time in ((0.05, None), (1e-4, ballistic()[0]), (0.05, ballistic()[0])):
        pretend(monkeypatch, Outcome.OK, width, short_time)
        run(tmp_path)
        table = pd.read_csv(tmp_path / "vacf.csv")
        assert table.empty == (len(headers) < 2)
        headers.append(list(table))
    assert headers[0] == headers[1] == headers[2]


def test_molecules_have_the_mean_square_velocity_of_their_temperature(monkeypatch, atom, brief, tmp_path):
    """3 kT/m of an argon-like liquid, whose kinetic temperature in the same samples is that of its centres of mass.

    Velocities of displacements over h = 0.02 ps lose (Einstein frequency x h)^2/12, 0.2 % at 7 / ps; the temperature's own samples lie half
    a step apart. 1 % covers both.
    """
    monkeypatch.setattr(stage, "build_molecule", lambda *_: atom())
    changes = {"molecules": 125, "npt_ps": 5.0, "checkpoint_ps": 10.0, "short_time_ps": 4.0}
    argon = Liquid(name="argon", smiles="C", temperature_K=90.0)
    bins = ObservableOptions(fit_window_ps=(0.25, 1.0), blocks=3)
    stage.simulate_sample("argon-reference", argon, None, brief.model_copy(update=changes), bins, 5, tmp_path)
    summary, table = read_json(tmp_path / "summary.json"), pd.read_csv(tmp_path / "vacf.csv")
    assert summary["outcome"] == "ok", summary["reason"]
    rows = pd.read_csv(tmp_path / "thermodynamics.csv").query("stage == 'short-time'")
    expected = 3 * thermal_energy(rows["temperature_K"].mean()) / 39.948
    assert table["vacf_nm2_per_ps2"][0] == pytest.approx(expected, rel=0.01)
    assert table["time_ps"].iloc[-1] == pytest.approx(0.8)


@pytest.mark.parametrize(("outcome", "width", "found"), [(Outcome.BLOW_UP, 0.05, "blow-up"), (Outcome.OK, 1e-4, "glass")])
def test_what_is_no_liquid_has_an_outcome_a_reason_and_empty_curves(monkeypatch, tmp_path, outcome, width, found):
    pretend(monkeypatch, outcome, width)
    summary = run(tmp_path)
    assert summary["outcome"] == found
    assert summary["reason"]
    assert pd.read_csv(tmp_path / "rdf.csv").empty
    assert pd.read_csv(tmp_path / "msd.csv").empty
    assert pd.read_csv(tmp_path / "vacf.csv").empty
    assert not pd.read_csv(tmp_path / "thermodynamics.csv").empty
