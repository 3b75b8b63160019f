from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mobcg.database import store
from mobcg.database.store import Provenance
from mobcg.outcomes import InputError
from tests.database.rows import GRID, failed, row


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


def test_what_the_metadata_lack_is_named(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match=r"lack mobcg\.schema_version$"):
        store.read(tmp_path / "foreign.parquet")


def test_curves_are_written_rounded_and_stay_so(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    curves = {"g": random.uniform(0, 3, 200), "g_error": random.uniform(0, 0.01, 200), "u_kj_per_mol": random.normal(0, 30, 200)}
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    store.write(one, [row("a", **curves)], GRID)
    found = store.read(one)
    assert np.abs(found.curves("g")[0] - curves["g"]).max() < 0.51e-5
    assert found.curves("g_error")[0] == pytest.approx(curves["g_error"], rel=0.051)
    assert found.curves("u_kj_per_mol")[0] == pytest.approx(curves["u_kj_per_mol"], rel=0.51e-5)
    store.write(two, found.frame, GRID)
    for name in curves:
        np.testing.assert_array_equal(store.read(two).curves(name), found.curves(name))


def test_stored_is_what_would_be_read(tmp_path: Path) -> None:
    rows = [row("a", g=np.full(200, 1.23456789)), failed("b")]
    store.write(tmp_path / "x.parquet", rows, GRID)
    pd.testing.assert_frame_equal(store.stored(rows), store.read(tmp_path / "x.parquet").frame)


def test_curves_are_packed_small(tmp_path: Path) -> None:
    """Noisy curves, as rows have them: less than 6 bytes for the 3 numbers of a point (24 in double precision)."""
    random = np.random.default_rng(2)
    g = 1 + 0.3 * np.sin(8 * GRID) + random.normal(0, 4e-3, (300, 200))
    error, u = random.uniform(2e-3, 6e-3, (300, 200)), 5 * np.cos(random.uniform(2, 9, (300, 1)) * GRID)
    rows = [row(str(i), g=g[i], g_error=error[i], u_kj_per_mol=u[i]) for i in range(300)]
    store.write(tmp_path / "x.parquet", rows, GRID)
    assert (tmp_path / "x.parquet").stat().st_size < 6.5 * 300 * 200
