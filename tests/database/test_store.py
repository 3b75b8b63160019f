from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mobcg.database import store
from mobcg.database.store import Provenance
from mobcg.outcomes import InputError

GRID = np.linspace(0.0025, 0.9975, 200)


def row(name: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "run_id": name,
        "parent": "ethylbenzene-00001",
        "template": "ethylbenzene",
        "outcome": "ok",
        "mass_Da": 100.0,
        "temperature_K": 300.0,
        "density_per_nm3": 5.0,
        "friction_per_ps": 0.0,
        "diffusion_nm2_per_ns": 3.0,
        "diffusion_error_nm2_per_ns": 0.1,
        "g": np.where(GRID > 0.4, 1.0, 0.0),
        "u_kj_per_mol": np.where(GRID > 0.4, 0.0, 50.0),
        "cutoff_nm": 0.9,
        "beads": 500,
        "seed": 7,
    }
    return values | changes


def failed(name: str) -> dict[str, Any]:
    return {
        "run_id": name,
        "parent": "ethylbenzene-00002",
        "template": "ethylbenzene",
        "outcome": "crystal",
        "reason": "it froze",
        "mass_Da": 50.0,
    }


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a"), failed("b")], GRID, Provenance(5, "cafe", {"mobcg": "0.1"}))
    database = store.read(path)
    np.testing.assert_array_equal(database.r_nm, GRID)
    assert database.provenance == (Provenance(5, "cafe", {"mobcg": "0.1"}),)
    assert database.ok.tolist() == [True, False]
    np.testing.assert_array_equal(database.curves("g", database.ok)[0], row("a")["g"])
    assert np.isnan(database.curves("g")[1]).all()
    assert database.frame["diffusion_nm2_per_ns"].isna().tolist() == [False, True]
    assert store.validate(path) == []
    assert [item.name for item in tmp_path.iterdir()] == ["mobility.parquet"]


def test_pandas_reads_it_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, pd.DataFrame([row("a")]), GRID)
    frame = pd.read_parquet(path)
    assert frame.loc[0, "mass_Da"] == 100.0
    assert len(frame.loc[0, "g"]) == len(GRID)
    assert pq.read_schema(path).field("mass_Da").metadata[b"unit"] == b"Da"


def test_an_empty_table_is_valid(tmp_path: Path) -> None:
    store.write(tmp_path / "empty.parquet", [], GRID)
    assert len(store.read(tmp_path / "empty.parquet").frame) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mass_Da": float("nan")}, ["row 1 (b)", "column mass_Da", "found nothing", "at least 0.1"]),
        ({"temperature_K": -3.0}, ["column temperature_K", "found -3", "at least 1"]),
        ({"temperature_K": "warm"}, ["column temperature_K", "'warm'"]),
        ({"diffusion_nm2_per_ns": None}, ["column diffusion_nm2_per_ns", "found nothing"]),
        ({"g": np.full(200, -0.1)}, ["column g", "found -0.1 at r = 0.0025 nm", "at least 0"]),
        ({"g": np.full(200, np.nan)}, ["column g", "found nan"]),
        ({"g": np.ones(7)}, ["column g", "found 7 values", "allowed: 200"]),
        ({"beads": 1.5}, ["column beads", "found 1.5", "an integer"]),
        ({"outcome": "fine"}, ["column outcome", "'fine'", "allowed: ok, blow-up"]),
        ({"run_id": "a"}, ["column run_id", "first in row 0"]),
        ({"parent": None}, ["column parent", "found nothing"]),
        ({"masss": 3.0}, ["column masss", "not in the schema"]),
    ],
)
def test_problems_name_row_column_value_and_what_is_allowed(tmp_path: Path, changes: dict[str, Any], words: list[str]) -> None:
    path = tmp_path / "mobility.parquet"
    with pytest.raises(InputError) as caught:
        store.write(path, [row("a"), row("b") | changes], GRID)
    for word in [str(path), *words]:
        assert word in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_g_may_be_unknown_beyond_half_the_box_only(tmp_path: Path) -> None:
    g = np.where(GRID > 0.6, np.nan, 1.0)
    store.write(tmp_path / "small.parquet", [row("a", g=g, box_nm=1.2)], GRID)
    with pytest.raises(InputError, match=r"found nan at r = 0\.60"):
        store.write(tmp_path / "large.parquet", [row("a", g=g, box_nm=1.5)], GRID)


def test_a_missing_column_and_a_crooked_grid_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column mass_Da: missing"):
        store.write(tmp_path / "x.parquet", pd.DataFrame([row("a")]).drop(columns="mass_Da"), GRID)
    with pytest.raises(InputError, match="even steps"):
        store.write(tmp_path / "x.parquet", [row("a")], GRID**2)


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "half.parquet").write_bytes(b"PAR1 cut off")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        store.read(tmp_path / "half.parquet")
    with pytest.raises(InputError, match="not a mobility database"):
        store.read(tmp_path / "foreign.parquet")
    assert "no such database" in store.validate(tmp_path / "absent.parquet")[0]


def test_many_problems_are_counted_not_listed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="and 40 more problems"):
        store.write(tmp_path / "x.parquet", [row(str(index), mass_Da=-1.0) for index in range(90)], GRID)


def test_merge_keeps_identical_runs_once(tmp_path: Path) -> None:
    one, two, out = tmp_path / "1.parquet", tmp_path / "2.parquet", tmp_path / "out.parquet"
    store.write(one, [row("a"), row("b")], GRID, Provenance(1, "x", {}))
    store.write(two, [row("b", wall_s=9.0), failed("c")], GRID, Provenance(2, "y", {}))
    merged = store.merge([one, two], out)
    assert merged.frame["run_id"].tolist() == ["a", "b", "c"]
    assert [source.seed for source in merged.provenance] == [1, 2]
    again = store.merge([out, one], tmp_path / "again.parquet")
    assert again.frame["run_id"].tolist() == ["a", "b", "c"]
    assert len(again.provenance) == 2


def test_merge_refuses_two_meanings_of_a_name(tmp_path: Path) -> None:
    store.write(tmp_path / "1.parquet", [row("a")], GRID)
    store.write(tmp_path / "2.parquet", [row("a", mass_Da=101.0)], GRID)
    with pytest.raises(InputError, match=r"run_id 'a' stands in .*1\.parquet and in .*2\.parquet"):
        store.merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_merge_refuses_two_grids(tmp_path: Path) -> None:
    store.write(tmp_path / "1.parquet", [row("a")], GRID)
    store.write(tmp_path / "2.parquet", [row("b")], GRID + 0.0025)
    with pytest.raises(InputError, match="only files of one grid merge"):
        store.merge([tmp_path / "1.parquet", tmp_path / "2.parquet"], tmp_path / "out.parquet")


def test_info_counts_outcomes_templates_and_ranges(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a"), row("b", mass_Da=20.0, template=None), failed("c")], GRID, Provenance(5, "cafe"))
    summary = store.info(path)
    assert summary["outcomes"] == {"crystal": 1, "ok": 2}
    assert summary["templates"] == {"(none)": 1, "ethylbenzene": 2}
    assert summary["ranges"]["mass_Da"] == [20.0, 100.0]
    assert "3 runs from 2 parents (1 with an ok run)" in store.info_text(path)


def test_info_counts_problems(tmp_path: Path) -> None:
    path = tmp_path / "mobility.parquet"
    store.write(path, [row("a"), row("b")], GRID)
    assert "see mobcg database validate" not in store.info_text(path)
    table = pq.read_table(path)
    index = table.schema.get_field_index("mass_Da")
    pq.write_table(table.set_column(index, table.schema.field(index), [[-1.0, -1.0]]), path)
    assert store.info_text(path).endswith(f"2 problems: see mobcg database validate {path}")


def test_what_the_metadata_lack_is_named(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"lack mobcg\.schema_version$"):
        store.read(tmp_path / "foreign.parquet")
