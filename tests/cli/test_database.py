import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.configfile import parse_config
from mobcg.database.store import Provenance, read, write
from mobcg.library.plan import plan_library
from mobcg.library.run import execute, grid
from mobcg.library.synthetic import synthetic_parents

DEFAULT = Path(__file__).parents[2] / "config/default.yaml"
RUN = CliRunner()
OVERLAY = {
    "observables": {"bin_width_nm": 0.02, "fit_window_ps": [1.0, 4.0]},
    "coarse_grained": {"beads": 64, "equilibration_ps": 2.0, "production_ps": 8.0, "sample_interval_ps": 0.2},
    "library": {"runs": 0, "r_max_nm": 1.3, "synthetic": {"runs": 4}},
    "learning": {"x_max": 2.2, "r_max_nm": 1.2},
}


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """A database of four synthetic runs and the overlay it was made with."""
    folder = tmp_path_factory.mktemp("database")
    (folder / "own.yaml").write_text(yaml.safe_dump(OVERLAY))
    config = parse_config(OVERLAY)
    plan = plan_library(config.library, [], config.seed)
    parents = synthetic_parents(plan["parent"], config.library.synthetic, config.seed)
    rows = execute(plan.to_dict("records"), parents, config.library, config.coarse_grained, config.observables)
    write(folder / "mobility.parquet", rows, grid(config.library, config.observables), Provenance(config.seed, "cafe"))
    return folder / "mobility.parquet", folder / "own.yaml"


def rerun(table, overlay, *more):
    return RUN.invoke(app, ["database", "rerun", str(table), "--config", str(overlay), "--default", str(DEFAULT), *more])


def test_rerun_prints_a_table_and_writes_it(campaign, tmp_path):
    result = rerun(*campaign, "--runs", "2", "--json", str(tmp_path / "again.json"))
    assert result.exit_code == 0, result.output
    assert result.output.count("identical\n") == 2
    assert "2 repeated, 2 identical, 2 agree" in result.output
    rows = json.loads((tmp_path / "again.json").read_text())["rows"]
    assert len(rows) == 2
    assert all(row["identical"] and row["agrees"] for row in rows)


def test_rerun_takes_named_rows(campaign):
    names = read(campaign[0]).frame["run_id"].tolist()
    result = rerun(*campaign, "--run-id", names[3], "--run-id", names[0])
    assert result.exit_code == 0, result.output
    assert names[3] in result.output
    assert names[0] in result.output
    assert names[1] not in result.output


def test_rerun_ends_with_one_where_a_row_disagrees(campaign, tmp_path):
    database = read(campaign[0])
    frame = database.frame.copy()
    frame["diffusion_nm2_per_ns"] += 10 * frame["diffusion_error_nm2_per_ns"]
    write(tmp_path / "wrong.parquet", frame, database.r_nm)
    result = rerun(tmp_path / "wrong.parquet", campaign[1], "--runs", "1")
    assert result.exit_code == 1
    assert "another D" in result.output
    assert "-7.07" in result.output


def test_rerun_with_another_config_is_bad_input(campaign, tmp_path):
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(OVERLAY | {"library": OVERLAY["library"] | {"perturbation_kT": 0.1}}))
    result = rerun(campaign[0], tmp_path / "other.yaml")
    assert result.exit_code == 2
    assert "no row of the database comes from this config" in result.output


def test_datasheet_is_written_from_the_file(campaign, tmp_path):
    out = tmp_path / "DATASHEET.md"
    result = RUN.invoke(app, ["database", "datasheet", str(campaign[0]), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "4 rows" in out.read_text()
    absent = RUN.invoke(app, ["database", "datasheet", str(tmp_path / "absent.parquet"), "--out", str(out)])
    assert absent.exit_code == 2
    assert "no such database" in absent.output


def test_info_shows_share_and_checksum(campaign):
    output = RUN.invoke(app, ["database", "info", str(campaign[0])]).output
    assert "synthetic 4 (100 % of the runs synthetic)" in output
    assert "SHA-256" in output
