import pandas as pd
import pytest

from mobcg.inversion.invert import invert
from mobcg.inversion.results import HISTORY, RUN, described_inversion, write_inversion
from mobcg.outcomes import Outcome
from mobcg.potential.pair import read_potential
from tests.inversion.dilute import BINS, RUNS, DiluteEngine, dilute_target
from tests.inversion.test_invert import IBI


def test_a_result_is_described_and_written(tmp_path, soft):
    result = invert(dilute_target(soft), DiluteEngine(), IBI, RUNS, BINS, 1)
    values = described_inversion(result)
    assert values["converged"]
    assert values["updates"] == 1
    assert values["stop_reason"] == "S below 0.001"
    assert values["structure_error"] == result.structure_error
    assert values["diffusion_nm2_per_ns"] == 1.0
    assert values["cutoff_nm"] == result.potential.cutoff_nm
    write_inversion(tmp_path, result)
    assert read_potential(tmp_path / "potential.csv").u_kj_per_mol == pytest.approx(result.potential.u_kj_per_mol)
    assert list(pd.read_csv(tmp_path / "history.csv").columns) == list(HISTORY)
    assert len(pd.read_csv(tmp_path / "rdf.csv")) == 120


def test_without_a_potential_keys_and_columns_are_the_same(tmp_path, soft):
    result = invert(dilute_target(soft), DiluteEngine(lambda number, potential: Outcome.CRYSTAL), IBI, RUNS, BINS, 1)
    values = described_inversion(result)
    assert values["outcome"] == "not-converged"
    assert not values["converged"]
    assert all(values[name] is None for name in RUN)
    write_inversion(tmp_path, result)
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history.columns) == list(HISTORY)
    assert set(history["outcome"]) == {"crystal"}
    assert pd.read_csv(tmp_path / "potential.csv").empty
