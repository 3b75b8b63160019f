import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from mobcg.database import store
from mobcg.database.information import info, info_text
from mobcg.database.merging import merge
from mobcg.database.store import Provenance
from tests.database.rows import GRID, failed, row


def test_info_counts_outcomes_templates_and_ranges(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a"), row("b", mass_Da=20.0, template=None), failed("c")], GRID, Provenance(5, "cafe"))
    summary = info(path)
    assert summary["outcomes"] == {"crystal": 1, "ok": 2}
    assert summary["templates"] == {"(none)": 1, "ethylbenzene": 2}
    assert summary["ranges"]["mass_Da"] == [20.0, 100.0]
    assert "3 runs from 2 parents (1 with an ok run)" in info_text(path)


def test_synthetic_parents_of_other_seeds_are_other_parents(tmp_path: Path) -> None:
    """Their names begin anew in each campaign; drawn parents of one name are one, whatever was made of them."""
    synthetic = {"template": None, "liquid": "synthetic", "parent": "synthetic-000001"}
    for seed, names in {1: "ab", 7: "cd"}.items():
        rows = [row(names[0], **synthetic, config_hash=f"hash-{seed}"), row(names[1], config_hash=f"hash-{seed}")]
        store.write(tmp_path / f"{seed}.parquet", rows, GRID, Provenance(seed, f"hash-{seed}"))
    assert info(tmp_path / "7.parquet")["parents"] == 2
    merge([tmp_path / "1.parquet", tmp_path / "7.parquet"], tmp_path / "both.parquet")
    assert info(tmp_path / "both.parquet")["parents"] == 3


def test_info_counts_problems(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a"), row("b")], GRID)
    assert "see mobcg database validate" not in info_text(path)
    table = pq.read_table(path)
    index = table.schema.get_field_index("mass_Da")
    pq.write_table(table.set_column(index, table.schema.field(index), [[-1.0, -1.0]]), path)
    assert info_text(path).endswith(f"2 problems: see mobcg database validate {path}")


def test_info_tells_the_share_of_synthetic_rows_and_how_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    synthetic = {"template": None, "liquid": "synthetic", "parent": "synthetic-000001"}
    rows = [
        row("a", liquid="ethylbenzene", blend=0.25, density_factor=0.95, perturbation_kT=0.1, scale=0.5, reduced_friction=2.0),
        row("b", blend=0.0, density_factor=1.0, **synthetic),
        failed("c") | synthetic,
        row("d", template=None, liquid="benzene", parent="benzene-reference"),
    ]
    store.write(path, rows, GRID)
    summary = info(path)
    assert summary["kinds"] == {"drawn": 1, "reference": 1, "synthetic": 2}
    assert summary["kinds_ok"] == {"drawn": 1, "reference": 1, "synthetic": 1}
    assert summary["synthetic_share"] == 0.5
    assert summary["ranges"]["blend"] == [0.0, 0.25]
    assert summary["ranges"]["density_factor"] == [0.95, 1.0]
    assert summary["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    text = info_text(path)
    assert "drawn 1, reference 1, synthetic 2 (50 % of the runs synthetic)" in text
    assert "blend                      0 to 0.25" in text
    assert summary["sha256"] in text


def test_info_of_an_empty_table(tmp_path: Path) -> None:
    store.write(tmp_path / "empty.parquet", [], GRID)
    assert "0 runs" in info_text(tmp_path / "empty.parquet")
    assert info(tmp_path / "empty.parquet")["ranges"] == {}


def test_reduced_ranges(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a", friction_per_ps=2.0), row("b", friction_per_ps=np.pi)], GRID)
    low, high = info(path)["reduced"]["friction"]
    assert np.isclose(high / low, np.pi / 2)
