"""The database, basis and model that come with the repository."""

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.configfile import read_config
from mobcg.database.datasheet import datasheet
from mobcg.database.rerun import choose
from mobcg.database.store import Database, read, validate
from mobcg.files import read_json
from mobcg.learning.storage import describe
from mobcg.library.synthetic import synthetic_index
from mobcg.models import shipped_folder

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
TABLE = DATA / "mobility.parquet"


@pytest.fixture(scope="module")
def database() -> Database:
    return read(TABLE)


def test_it_is_valid_and_as_it_was_shipped():
    assert validate(TABLE) == []
    for line in (DATA / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name


def test_the_datasheet_is_that_of_the_table(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert (DATA / "DATASHEET.md").read_text(encoding="utf-8") == datasheet("data/mobility.parquet")


def test_no_real_liquid_is_a_parent(database):
    parents = set(database.frame["parent"])
    assert len(parents) > 200
    assert not any(name.endswith("-reference") for name in parents)
    drawn = {name for name in parents if synthetic_index(name) is None}
    basis = {name: {folder.name for folder in (DATA / "basis" / name).iterdir()} for name in ("inversion", "ambient", "wider/inversion")}
    assert basis["inversion"] == basis["ambient"]
    assert not basis["inversion"] & basis["wider/inversion"]
    assert drawn == basis["inversion"] | basis["wider/inversion"]
    for kind, samples in basis.items():
        for name in samples:
            summary = read_json(DATA / "basis" / kind / name / "summary.json")
            assert summary["template"] is not None


@pytest.mark.parametrize("model", ["flagship", "published"])
def test_the_models_are_trained_on_it_and_small(model):
    folder = shipped_folder(model)
    assert describe(folder)["provenance"]["database_sha256"] == hashlib.sha256(TABLE.read_bytes()).hexdigest()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20e6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("configs", "parents", "kinds"),
    [
        (["database"], "inversion", {True, False}),
        (["database", "ambient"], "ambient", {False}),
        (["database", "wider"], "wider/inversion", {False}),
    ],
    ids=["wide", "ambient", "wider"],
)
def test_rows_can_be_repeated(monkeypatch, configs, parents, kinds):
    """Rows of drawn and, in the wide campaign, synthetic parents; other processors than the one that made them give them within errors."""
    monkeypatch.chdir(ROOT)
    config = read_config(Path("config/default.yaml"), *(Path(f"config/{name}.yaml") for name in configs))
    database = read(TABLE)
    chosen = choose(database, config, parents=True, runs=3, seed=3)
    assert {synthetic_index(name) is not None for name in database.frame.set_index("run_id").loc[chosen, "parent"]} == kinds
    arguments = ["database", "rerun", "data/mobility.parquet", "--parents", f"data/basis/{parents}"]
    for name in configs:
        arguments += ["--config", f"config/{name}.yaml"]
    for name in chosen:
        arguments += ["--run-id", name]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
