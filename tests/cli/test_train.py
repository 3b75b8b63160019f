import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.database.store import read, write
from mobcg.learning.storage import load

TABLE = Path(__file__).parents[2] / "data/mobility.parquet"


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Three runs of each of 40 parents of the shipped database."""
    whole = read(TABLE)
    few = np.random.default_rng(5).choice(whole.frame["parent"].unique(), 40, replace=False)
    frame = whole.frame[whole.frame["parent"].isin(few)].groupby("parent").head(3)
    path = tmp_path_factory.mktemp("database") / "part.parquet"
    write(path, frame, whole.r_nm, whole.provenance)
    return path


def test_a_model_from_a_part_of_the_shipped_database(part, tmp_path):
    result = CliRunner().invoke(app, ["train", str(part), "--out", str(tmp_path / "model"), "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert "log_diffusion_coverage_90" in result.output
    assert load(tmp_path / "model").kind == "flagship"
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["test"]["u_rmse_kT"] < metrics["test"]["u_rmse_mean_force_kT"]


def test_the_published_model_with_as_many_networks_and_epochs_as_asked_for(part, tmp_path):
    size = ("--members", "2", "--epochs", "3", "--threads", "1")
    order = ["train", str(part), "--model", "published", *size, "--out", str(tmp_path / "model")]
    result = CliRunner().invoke(app, order)
    assert result.exit_code == 0, result.output
    assert load(tmp_path / "model").kind == "published"
    curve = pd.read_csv(tmp_path / "model" / "curve.csv")
    assert set(curve["member"]) == {0, 1}
    assert curve["epoch"].max() in (2, 3)


def test_no_database(tmp_path):
    result = CliRunner().invoke(app, ["train", str(tmp_path / "nothing.parquet"), "--out", str(tmp_path / "model")])
    assert result.exit_code == 2
    assert "no such database" in result.output
