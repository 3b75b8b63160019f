import hashlib
import re
from pathlib import Path

from mobcg.database import store
from mobcg.database.datasheet import datasheet
from mobcg.database.store import Provenance
from tests.database.rows import GRID, failed, row

ROOT = Path(__file__).parents[2]


def written(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "mobility.parquet"
    synthetic = row("b", template=None, liquid="synthetic", parent="synthetic-000001", mass_Da=25.0, engine="ensemble")
    store.write(path, [row("a", engine="ensemble"), synthetic, failed("c")], GRID, Provenance(5, "cafe", {"mobcg": "0.1"}))
    return path, datasheet(path)


def test_it_says_what_the_file_holds(tmp_path: Path) -> None:
    path, text = written(tmp_path)
    assert "3 rows, one a coarse-grained run, failed runs too, from 3 parent potentials (2 with an ok run)" in text
    for line in (
        "| crystal | 1 |",
        "| ok | 2 |",
        "| drawn | 2 | 1 |",
        "| synthetic | 1 | 1 |",
        "| `mass_Da` | Da | 25 | 100 |",
        "| 5 | cafe | mobcg 0.1 |",
        "engine: (unknown) (1 rows), ensemble (2 rows)",
        "- `g_error` to 2 significant digits",
        hashlib.sha256(path.read_bytes()).hexdigest(),
    ):
        assert line in text, line
    assert "gamma* = gamma sqrt(m/kT) rho^(-1/3)" in text


def test_every_question_has_an_answer(tmp_path: Path) -> None:
    text = written(tmp_path)[1]
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == [
        "Motivation",
        "Composition",
        "How it was collected",
        "Rounding",
        "Known limits",
        "Uses",
        "Distribution",
    ]
    assert all(len(section) > 150 for section in sections)
    assert "\n\n\n" not in text


def test_the_licence_is_the_repository_s(tmp_path: Path) -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert "Licence: MIT" in written(tmp_path)[1]


def test_an_empty_file_has_a_datasheet_too(tmp_path: Path) -> None:
    store.write(tmp_path / "empty.parquet", [], GRID)
    text = datasheet(tmp_path / "empty.parquet")
    assert "0 rows" in text
    assert "\n\n\n" not in text
