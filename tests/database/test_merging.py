from pathlib import Path

import numpy as np
import pytest

from mobcg.database import store
from mobcg.database.merging import digests, merge
from mobcg.database.store import Provenance
from mobcg.outcomes import InputError
from tests.database.rows import GRID, failed, row


def test_merge_keeps_identical_runs_once(tmp_path: Path) -> None:
    one, two, out = tmp_path / "1.parquet", tmp_path / "2.parquet", tmp_path / "out.parquet"
    store.write(one, [row("a"), row("b")], GRID, Provenance(1, "x", {}))
    store.write(two, [row("b", wall_s=9.0), failed("c")], GRID, Provenance(2, "y", {}))
    merged = merge([one, two], out)
    assert merged.frame["run_id"].tolist() == ["a", "b", "c"]
    assert [source.seed for source in merged.provenance] == [1, 2]
    again = merge([out, one], tmp_path / "again.parquet")
    assert again.frame["run_id"].tolist() == ["a", "b", "c"]
    assert len(again.provenance) == 2


def test_merge_refuses_two_meanings_of_a_name(tmp_path: Path) -> None:
    store.write(tmp_path / "1.parquet", [row("a")], GRID)
    store.write(tmp_path / "2.parquet", [row("a", mass_Da=101.0)], GRID)
    with pytest.raises(InputError, match=r"run_id 'a' stands in .*1\.parquet and in .*2\.parquet"):
        merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_merge_refuses_two_grids(tmp_path: Path) -> None:
    store.write(tmp_path / "1.parquet", [row("a")], GRID)
    store.write(tmp_path / "2.parquet", [row("b")], GRID + 0.0025)
    with pytest.raises(InputError, match="only files of one grid merge"):
        merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "out.parquet")


def test_merge_keeps_a_row_that_was_rounded_once(tmp_path: Path) -> None:
    """A run written, read and written again is the same row as the run itself: digests are those of rounded curves."""
    g = np.random.default_rng(1).uniform(0, 3, 200)
    store.write(tmp_path / "1.parquet", [row("a", g=g)], GRID)
    store.write(tmp_path / "2.parquet", store.read(tmp_path / "1.parquet").frame, GRID)
    merged = merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "out.parquet")
    assert len(merged.frame) == 1
    exact, read_again = store.stored([row("a", g=g)]), merged.frame
    exact.at[0, "g"] = g
    assert digests(exact) == digests(read_again)
    assert digests(store.stored([row("a", g=g + 2e-5)])) != digests(read_again)
