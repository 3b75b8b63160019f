import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.database.store import read, write
from mobcg.learning.storage import load

TABLE = Path(__file__).parents[2] / "data/mobility.parquet"


def test_a_model_from_a_part_of_the_shipped_database(tmp_path):
    whole = read(TABLE)
    few = np.random.default_rng(5).choice(whole.frame["parent"].unique(), 40, replace=False)
    frame = whole.frame[whole.frame["parent"].isin(few)]
    frame = frame.groupby("parent").head(3)
    write(tmp_path / "part.parquet", frame, whole.r_nm, whole.provenance)
    result = CliRunner().invoke(app, ["train", str(tmp_path / "part.parquet"), "--out", str(tmp_path / "model"), "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert "log_diffusion_coverage_90" in result.output
    assert load(tmp_path / "model").kind == "flagship"
    metrics = json.loads((tmp_path / "model" / "metrics.json").read_text())
    assert metrics["test"]["u_rmse_kT"] < metrics["test"]["u_rmse_mean_force_kT"]


def test_no_database(tmp_path):
    result = CliRunner().invoke(app, ["train", str(tmp_path / "nothing.parquet"), "--out", str(tmp_path / "model")])
    assert result.exit_code == 2
    assert "no such database" in result.output
