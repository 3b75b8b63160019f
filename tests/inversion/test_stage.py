import numpy as np
import pandas as pd
import pytest

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.files import read_json, write_csv, write_json
from mobcg.inversion.results import HISTORY
from mobcg.inversion.stage import invert_sample
from mobcg.outcomes import InputError
from mobcg.potential.pair import read_potential
from mobcg.units import thermal_energy

RUNS = CoarseGrainedOptions(beads=64, equilibration_ps=2, production_ps=8, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(1.0, 4.0))
OPTIONS = InversionOptions(cutoff_nm=1.1, maximum_updates=2, structure_error=0.9, equilibration_ps=1, production_ps=4, smoothing_nm=0.03)


def atomistic(folder, g, outcome="ok"):
    r = np.arange(0.01, 1.19, 0.02)
    write_csv(folder / "rdf.csv", {"r_nm": r, "g": g(r), "g_err": 0 * r})
    summary = {
        "sample": "a-00000",
        "liquid": "a",
        "template": "a",
        "outcome": outcome,
        "reason": "too hot",
        "diffusion_nm2_per_ns": 2.0,
        "diffusion_error_nm2_per_ns": 0.1,
        "density_per_nm3": 4.6,
        "target_temperature_K": 298.15,
        "molecules": 500,
        "molar_mass_Da": 86.0,
    }
    write_json(folder / "summary.json", summary)


def run(tmp_path):
    invert_sample(tmp_path / "aa", tmp_path / "cg", OPTIONS, RUNS, BINS, 1)
    return read_json(tmp_path / "cg/summary.json")


@pytest.fixture
def liquid(soft):
    return lambda r: np.exp(-soft.energy(r) / thermal_energy(298.15))


def test_everything_is_written(tmp_path, liquid):
    atomistic(tmp_path / "aa", liquid)
    summary = run(tmp_path)
    assert summary["outcome"] == "ok"
    assert summary["converged"]
    assert summary["diffusion_AA_nm2_per_ns"] == 2.0
    assert summary["diffusion_nm2_per_ns"] > 0
    assert {"seed", "versions", "config_hash", "beads", "cutoff_nm", "wall_s"} <= set(summary)
    read_potential(tmp_path / "cg/potential.csv").check_core(298.15)
    assert len(pd.read_csv(tmp_path / "cg/rdf.csv")) > 40
    history = pd.read_csv(tmp_path / "cg/history.csv")
    assert list(history.columns) == list(HISTORY)
    assert list(history["update"]) == list(range(summary["updates"]))
    assert set(history["state"]) == {0}


@pytest.mark.parametrize(
    ("g", "outcome", "found", "reason"),
    [
        (np.ones_like, "evaporated", "no-parent", "the atomistic run ended as evaporated: too hot"),
        (np.zeros_like, "ok", "unusable-potential", "nothing to invert"),
    ],
)
def test_a_sample_without_a_liquid_is_passed_on_with_its_reason(tmp_path, g, outcome, found, reason):
    atomistic(tmp_path / "aa", g, outcome)
    summary = run(tmp_path)
    assert summary["outcome"] == found
    assert reason in summary["reason"]
    assert not summary["converged"]
    assert summary["updates"] == 0
    columns = {
        "potential.csv": ["r_nm", "u_kj_per_mol", "f_kj_per_mol_nm"],
        "rdf.csv": ["r_nm", "g", "g_err"],
        "msd.csv": ["time_ps", "msd_nm2"],
        "history.csv": list(HISTORY),
    }
    for name, expected in columns.items():
        table = pd.read_csv(tmp_path / "cg" / name)
        assert list(table.columns) == expected
        assert table.empty


def test_g_is_that_of_the_beads_box(tmp_path, liquid, monkeypatch):
    """What is inverted is g(r) of 500 molecules as 64 beads, or as many as are run, show it."""
    asked = []

    def seen(target, engine, options, run_options, observables, seed):
        asked.append((target.rdf.g, run_options.beads))
        raise InputError("seen")

    monkeypatch.setattr("mobcg.inversion.stage.invert", seen)
    atomistic(tmp_path / "aa", liquid)
    assert run(tmp_path)["reason"] == "seen"
    (g, beads), r = asked[0], np.arange(0.01, 1.19, 0.02)
    assert beads >= 64
    assert g == pytest.approx(liquid(r) * (1 - 1 / 500) / (1 - 1 / beads))
