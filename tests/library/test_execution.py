import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import psutil
import pytest

from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions, PoolOptions, SyntheticOptions
from mobcg.database.store import Provenance, read, validate, write
from mobcg.files import write_csv, write_json, write_parquet
from mobcg.library.execution import chunk_key, chunks, execute_library
from mobcg.library.parent import Parent, read_parent
from mobcg.library.plan import plan_library
from mobcg.library.run import execute, grid
from mobcg.library.synthetic import synthetic_parents
from mobcg.potential.pair import PairPotential
from mobcg.units import ReducedUnits
from tests.library.deadly import Deadly

LIBRARY = LibraryOptions(runs=4, chunk_runs=2, r_max_nm=1.2)
RUNS = CoarseGrainedOptions(beads=64, equilibration_ps=2, production_ps=8, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(1.0, 4.0))


def parent(soft, **changes):
    return Parent(
        **{"sample": "a-00000", "liquid": "a", "template": "a", "potential": soft, "density_per_nm3": 4.6, "temperature_K": 298.15}
        | changes
    )


@pytest.fixture
def parents(soft):
    return {"a-00000": parent(soft), "b-00000": parent(None, sample="b-00000", reason="b-00000 gave no potential: evaporated: too hot")}


def test_rows_are_complete_and_a_missing_parent_is_an_outcome(tmp_path, parents, caplog):
    plan = plan_library(LIBRARY, list(parents), 1)
    with caplog.at_level("INFO"):
        runs = execute_library(plan, parents, LIBRARY, RUNS, BINS, PoolOptions(workers=1), tmp_path)
    assert [line for line in caplog.messages if line.endswith("done")] == [f"library: {done} of 4 runs done" for done in (2, 4)]
    assert list(runs["run_id"]) == list(plan["run_id"])
    assert list(runs["outcome"]) == ["ok", "no-parent", "ok", "no-parent"]
    assert "too hot" in runs["reason"][1]
    write(tmp_path / "mobility.parquet", runs, grid(LIBRARY, BINS), Provenance(1, "x"))
    assert validate(tmp_path / "mobility.parquet") == []
    good = read(tmp_path / "mobility.parquet").frame.query("outcome == 'ok'").iloc[0]
    units = ReducedUnits(good["mass_Da"], 298.15, 4.6)
    assert good["friction_per_ps"] == pytest.approx(good["reduced_friction"] * units.friction_per_ps)
    # a second call runs nothing: the chunks are there, and give the same table
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")}
    again = execute_library(plan, parents, LIBRARY, RUNS, BINS, PoolOptions(workers=1), tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")} == before
    pd.testing.assert_frame_equal(runs, again)
    # a damaged chunk is computed again, and it alone
    first = min(before)
    (tmp_path / first).write_bytes((tmp_path / first).read_bytes()[:-100])
    (tmp_path / f".{first}.killed.parquet").write_text("by a worker that was killed")
    mended = execute_library(plan, parents, LIBRARY, RUNS, BINS, PoolOptions(workers=1), tmp_path)
    assert {path.name for path in tmp_path.glob("*.parquet") if path.stat().st_mtime_ns != before[path.name]} == {first}
    pd.testing.assert_frame_equal(runs.drop(columns="wall_s"), mended.drop(columns="wall_s"))


def test_a_run_repeats_bit_for_bit(parents):
    row = plan_library(LIBRARY, ["a-00000"], 5).to_dict("records")[1]
    (one,), (two,) = (execute([row], parents, LIBRARY, RUNS, BINS) for _ in range(2))
    assert one["g"] == two["g"]
    assert one["diffusion_nm2_per_ns"] == two["diffusion_nm2_per_ns"]


def test_chunk_names_follow_the_physics(parents, soft):
    plan = plan_library(LIBRARY, ["a-00000"], 1)
    key = chunk_key(plan, parents, LIBRARY, RUNS, BINS)
    assert chunk_key(plan, parents, LIBRARY, RUNS.model_copy(update={"platform": "CPU"}), BINS) == key
    assert chunk_key(plan, parents, LIBRARY, RUNS.model_copy(update={"production_ps": 9.0}), BINS) != key
    deeper = PairPotential(soft.r_nm, 1.01 * soft.u_kj_per_mol)
    assert chunk_key(plan, parents | {"a-00000": parent(deeper)}, LIBRARY, RUNS, BINS) != key


def test_an_error_names_the_run_and_keeps_the_other_chunks(tmp_path, parents):
    plan = plan_library(LIBRARY, ["a-00000"], 1)
    plan.loc[3, "mass_Da"] = -1.0
    with pytest.raises(RuntimeError, match=f"1 of 2 chunks failed.*library run {plan['run_id'][3]} of parent a-00000 failed: ValueError"):
        execute_library(plan, parents, LIBRARY, RUNS, BINS, PoolOptions(workers=1), tmp_path)
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_a_pool_gives_what_one_process_gives_and_a_lost_worker_changes_nothing(tmp_path, parents):
    """Killed once the first chunk is there; every row comes once, and as it would without a pool."""
    plan = plan_library(LIBRARY.model_copy(update={"runs": 8}), ["a-00000"], 3)
    known = set(psutil.Process().children(recursive=True))

    def kill_a_worker():
        while not list(tmp_path.glob("[0-9a-f]*.parquet")):
            time.sleep(0.02)
        workers = [
            child for child in psutil.Process().children(recursive=True) if child not in known and "spawn_main" in str(child.cmdline())
        ]
        workers[-1].kill()
        return len(workers)

    with ThreadPoolExecutor(1) as beside:
        killed = beside.submit(kill_a_worker)
        runs = execute_library(plan, parents, LIBRARY, RUNS, BINS, PoolOptions(workers=2), tmp_path)
        assert killed.result() == 2
    assert len(list(tmp_path.glob("[0-9a-f]*.parquet"))) == 4
    write_parquet(tmp_path / "alone.parquet", pd.DataFrame(execute(plan.to_dict("records"), parents, LIBRARY, RUNS, BINS)))
    alone = pd.read_parquet(tmp_path / "alone.parquet")
    pd.testing.assert_frame_equal(runs.drop(columns="wall_s"), alone.drop(columns="wall_s"), check_exact=True)


def test_a_chunk_that_ends_its_workers_is_named_and_the_others_are_kept(tmp_path, parents, soft):
    deadly = Deadly("c-00000", "c", "c", soft, 4.6, 298.15, home=os.getpid())
    plan = plan_library(LIBRARY, ["a-00000"], 1)
    plan.loc[3, "parent"] = "c-00000"
    told = f"1 of 2 chunks failed.*runs {plan['run_id'][2]} to {plan['run_id'][3]} was given up: 3 workers died.*raise pool.memory_mb"
    with pytest.raises(RuntimeError, match=told):
        execute_library(plan, parents | {"c-00000": deadly}, LIBRARY, RUNS, BINS, PoolOptions(workers=1), tmp_path)
    assert len(list(tmp_path.glob("*.parquet"))) == 1


def test_synthetic_pieces_keep_their_names_when_drawn_runs_are_added(parents):
    """Neither the number of drawn runs nor the drawn parents touch a finished chunk of synthetic runs, and the other way round."""

    def names(runs, synthetic, drawn):
        library = LIBRARY.model_copy(update={"runs": runs, "synthetic": SyntheticOptions(runs=synthetic)})
        plan = plan_library(library, drawn, 1)
        everyone = parents | synthetic_parents(plan["parent"], library.synthetic, 1)
        pieces = chunks(plan, library.chunk_runs)
        assert pd.concat(pieces)["run_id"].tolist() == plan["run_id"].tolist()
        return [chunk_key(piece, everyone, library, RUNS, BINS) for piece in pieces]

    alone = names(0, 5, [])
    assert len(set(alone)) == 3
    assert names(3, 5, ["a-00000"])[2:] == alone
    assert names(4, 5, ["a-00000", "b-00000"])[2:] == alone
    assert names(4, 7, ["a-00000"])[2:4] == alone[:2], "more synthetic runs change the last, unfilled piece alone"
    assert names(3, 5, ["a-00000"])[:2] == names(3, 0, ["a-00000"])


def test_parent_from_a_result_folder(tmp_path, soft):
    summary = {
        "sample": "a-00000",
        "liquid": "a",
        "template": "a",
        "outcome": "not-converged",
        "reason": "S",
        "density_per_nm3": 4.6,
        "temperature_K": 298.15,
        "cutoff_nm": 1.2,
    }
    write_json(tmp_path / "summary.json", summary)
    soft.write_csv(tmp_path / "potential.csv")
    assert read_parent(tmp_path).potential.energy(0.6) == pytest.approx(soft.energy(0.6), abs=1e-6)
    write_json(tmp_path / "summary.json", summary | {"outcome": "crystal"})
    assert "a-00000 gave no potential: crystal" in read_parent(tmp_path).reason


def test_not_converged_without_a_potential_is_no_parent(tmp_path):
    summary = {
        "sample": "a",
        "liquid": "a",
        "template": "a",
        "outcome": "not-converged",
        "reason": "froze",
        "density_per_nm3": 4.6,
        "temperature_K": 300.0,
    }
    write_json(tmp_path / "summary.json", summary)
    write_csv(tmp_path / "potential.csv", pd.DataFrame(columns=["r_nm", "u_kj_per_mol", "f_kj_per_mol_nm"]))
    assert read_parent(tmp_path).potential is None


def test_grid_is_bin_centres():
    assert grid(LIBRARY, BINS) == pytest.approx(np.arange(60) * 0.02 + 0.01)
