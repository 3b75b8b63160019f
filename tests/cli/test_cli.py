from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.database.store import Provenance, write

ROOT = Path(__file__).parents[2]
RUN = CliRunner()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "mobility.parquet"
    row = {"run_id": "1-0", "parent": "a-00000", "template": "a", "liquid": "a", "outcome": "crystal", "reason": "froze"}
    write(path, [row], np.arange(10) * 0.1 + 0.05, Provenance(1, "x"))
    return path


def test_help_names_the_commands():
    result = RUN.invoke(app, ["--help"])
    assert result.exit_code == 0
    for command in ("database", "liquids", "report"):
        assert command in result.output


def test_database_info_and_validate(table):
    assert "crystal 1" in RUN.invoke(app, ["database", "info", str(table)]).output
    assert RUN.invoke(app, ["database", "validate", str(table)]).exit_code == 0


def test_database_merge_keeps_a_run_once(table, tmp_path):
    out = tmp_path / "both.parquet"
    result = RUN.invoke(app, ["database", "merge", str(table), str(table), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "1 runs" in result.output


def test_bad_input_is_one_message_and_exit_code_two(tmp_path):
    absent = tmp_path / "absent.parquet"
    result = RUN.invoke(app, ["database", "info", str(absent)])
    assert result.exit_code == 2
    assert "absent.parquet" in result.output
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"nothing")
    checked = RUN.invoke(app, ["database", "validate", str(broken)])
    assert checked.exit_code == 1
    assert "not a readable Parquet file" in checked.output


def test_liquids_are_listed_and_shown():
    folder = ["--folder", str(ROOT / "config/liquids")]
    listed = RUN.invoke(app, ["liquids", *folder])
    assert "benzene" in listed.output
    assert "c1ccccc1" in RUN.invoke(app, ["liquids", "benzene", *folder]).output
    wrong = RUN.invoke(app, ["liquids", "benzen", *folder])
    assert wrong.exit_code == 2
    assert "did you mean 'benzene'" in wrong.output


def test_report_before_the_campaign_says_what_to_run(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(f"results: {tmp_path / 'none'}\n")
    result = RUN.invoke(app, ["report", "--config", str(overlay), "--default", str(ROOT / "config/default.yaml")])
    assert result.exit_code == 2
    assert "run the campaign first" in result.output


def test_version():
    result = RUN.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("mobcg 0.")


def test_liquids_of_an_absent_folder(tmp_path):
    result = RUN.invoke(app, ["liquids", "--folder", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "there is no directory" in result.output


def test_folders_are_no_databases(table, tmp_path):
    merged = RUN.invoke(app, ["database", "merge", str(table), "--out", str(tmp_path)])
    assert merged.exit_code == 2
    assert "is a folder" in merged.output
    assert RUN.invoke(app, ["database", "info", str(tmp_path)]).exit_code == 2
    assert "is a folder" in RUN.invoke(app, ["database", "validate", str(tmp_path)]).output


def test_check_counts_samples_or_gives_one_message(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = RUN.invoke(app, ["check", "config/demo.yaml"])
    assert result.exit_code == 0, result.output
    assert "6 atomistic samples: 4 drawn from 2 template(s), 2 liquid(s)" in result.output
    overlay = tmp_path / "wrong.yaml"
    overlay.write_text("templates: [{liquid: benzen, parameter_sets: 3}]\n")
    wrong = RUN.invoke(app, ["check", str(overlay)])
    assert wrong.exit_code == 2
    assert "config.templates[0].liquid" in wrong.output
    assert "did you mean 'benzene'" in wrong.output
    overlay.write_text("sed: 3\n")
    assert "did you mean 'seed'" in RUN.invoke(app, ["check", str(overlay)]).output
