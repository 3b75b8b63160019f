from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobcg.config import Config
from mobcg.configfile import parse_config
from mobcg.database.rerun import Repetition, choose, rerun
from mobcg.database.store import Database, read, write
from mobcg.files import write_json
from mobcg.library.parent import read_parent
from mobcg.library.plan import plan_library
from mobcg.library.run import execute, grid
from mobcg.library.synthetic import synthetic_parents
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential

CONTENT = {
    "seed": 3,
    "observables": {"bin_width_nm": 0.02, "fit_window_ps": [1.0, 4.0]},
    "coarse_grained": {"beads": 64, "equilibration_ps": 2.0, "production_ps": 8.0, "sample_interval_ps": 0.2},
    "library": {"runs": 3, "r_max_nm": 1.3, "blend": 0.3, "density_factor": [0.95, 1.05], "synthetic": {"runs": 3}},
    "learning": {"x_max": 2.2, "r_max_nm": 1.2},
}
CONFIG = parse_config(CONTENT)


def changed(**library: object) -> Config:
    return parse_config(CONTENT | {"library": CONTENT["library"] | library})


def inversion(folder: Path, potential: PairPotential | None, name: str) -> None:
    state = {"sample": name, "liquid": "a", "template": "a", "reason": "", "density_per_nm3": 4.6, "temperature_K": 298.15}
    write_json(folder / name / "summary.json", state | {"outcome": "ok" if potential else "evaporated", "cutoff_nm": 1.2})
    if potential is not None:
        potential.write_csv(folder / name / "potential.csv")


@pytest.fixture(scope="module")
def library(tmp_path_factory, soft) -> tuple[Path, Path]:
    """A database of six runs, and the folder of its drawn parents: one with a potential and one without."""
    folder = tmp_path_factory.mktemp("rerun")
    inversion(folder / "inversion", soft, "a-00000")
    inversion(folder / "inversion", None, "a-00001")
    plan = plan_library(CONFIG.library, ["a-00000", "a-00001"], CONFIG.seed)
    parents = {name: read_parent(folder / "inversion" / name) for name in ("a-00000", "a-00001")}
    parents |= synthetic_parents(plan["parent"], CONFIG.library.synthetic, CONFIG.seed)
    rows = execute(plan.to_dict("records"), parents, CONFIG.library, CONFIG.coarse_grained, CONFIG.observables)
    write(folder / "mobility.parquet", rows, grid(CONFIG.library, CONFIG.observables))
    return folder / "mobility.parquet", folder / "inversion"


def with_row(database: Database, **values: object) -> Database:
    """The database with the first ok row's values changed."""
    frame = database.frame.copy()
    row = int(np.argmax(database.ok))
    for name, value in values.items():
        frame.at[row, name] = value
    return replace(database, frame=frame)


def test_every_row_repeats_bit_for_bit(library):
    database, parents = read(library[0]), library[1]
    names = choose(database, CONFIG, True, 10, 1)
    assert names == database.frame["run_id"].tolist()
    found = rerun(database, CONFIG, names, parents)
    assert [item.outcome for item in found] == database.frame["outcome"].tolist()
    assert {item.outcome for item in found} >= {"ok", "no-parent"}
    assert all(item.identical and item.agrees for item in found)
    assert all(item.diffusion_pull == 0 and item.g_pull == 0 for item in found if item.outcome == "ok")


def test_a_row_alone_and_in_any_order_is_the_same_row(library):
    database, parents = read(library[0]), library[1]
    names = database.frame["run_id"].tolist()[::-2]
    found = rerun(database, CONFIG, names, parents)
    assert [item.run_id for item in found] == names
    assert all(item.identical for item in found)


def test_synthetic_rows_need_no_folder(library):
    database = read(library[0])
    names = choose(database, CONFIG, False, 10, 1)
    assert len(names) == 3
    assert all(item.identical for item in rerun(database, CONFIG, names))
    drawn = database.frame["run_id"].iloc[:1].tolist()
    with pytest.raises(InputError, match="a-00000 is a drawn parent: --parents"):
        rerun(database, CONFIG, drawn)
    with pytest.raises(InputError, match=r"a-00000: no summary\.json of parent a-00000"):
        rerun(database, CONFIG, drawn, library[0].parent)


def test_the_pick_is_random_and_follows_its_seed(library):
    database = read(library[0])
    picks = [tuple(choose(database, CONFIG, True, 2, seed)) for seed in range(12)]
    assert picks == [tuple(choose(database, CONFIG, True, 2, seed)) for seed in range(12)]
    assert len(set(picks)) > 3
    assert all(len(set(pick)) == 2 for pick in picks)


def test_another_value_is_told_in_errors(library):
    database, parents = read(library[0]), library[1]
    row = database.frame[database.ok].iloc[0]
    error = row["diffusion_error_nm2_per_ns"]
    near = with_row(database, diffusion_nm2_per_ns=row["diffusion_nm2_per_ns"] - 2 * error)
    (item,) = rerun(near, CONFIG, [row["run_id"]], parents)
    assert not item.identical
    assert item.agrees
    assert item.diffusion_pull == pytest.approx(2 / np.sqrt(2))
    far = with_row(database, diffusion_nm2_per_ns=row["diffusion_nm2_per_ns"] + 6 * error)
    assert not rerun(far, CONFIG, [row["run_id"]], parents)[0].agrees
    g = row["g"] + row["g_error"]
    shifted = rerun(with_row(database, g=g.astype(np.float32)), CONFIG, [row["run_id"]], parents)[0]
    # every bin lower by one error, of the difference 1/sqrt 2; 0.01: both are rounded
    assert shifted.g_pull == pytest.approx(1 / np.sqrt(2), abs=0.01)
    assert shifted.agrees


def test_another_outcome_or_potential_disagrees(library):
    database, parents = read(library[0]), library[1]
    row = database.frame[database.ok].iloc[0]
    frozen = rerun(with_row(database, outcome="crystal"), CONFIG, [row["run_id"]], parents)[0]
    assert not frozen.agrees
    assert (frozen.stored_outcome, frozen.outcome) == ("crystal", "ok")
    u = (1.01 * row["u_kj_per_mol"]).astype(np.float32)
    other = rerun(with_row(database, u_kj_per_mol=u), CONFIG, [row["run_id"]], parents)[0]
    assert not other.same_potential
    assert not other.agrees
    assert other.diffusion_pull == 0


def test_a_campaign_of_another_seed_has_other_potentials(library):
    database = read(library[0])
    names = choose(database, CONFIG, False, 1, 1)
    (item,) = rerun(database, parse_config(CONTENT | {"seed": 4}), names)
    assert not item.same_potential
    assert not item.agrees


def test_rows_of_another_config_are_refused(library):
    database = read(library[0])
    other = changed(perturbation_kT=0.2)
    with pytest.raises(InputError, match="no row of the database comes from this config"):
        choose(database, other, True, 1, 1)
    with pytest.raises(InputError, match="comes from another config"):
        rerun(database, other, database.frame["run_id"].tolist()[:1], library[1])
    with pytest.raises(InputError, match="has no run_id 'zzz'"):
        rerun(database, CONFIG, ["zzz"])
    # more runs are the same campaign
    assert choose(database, changed(runs=30, synthetic={"runs": 9}), True, 10, 1) == database.frame["run_id"].tolist()


def test_without_a_value_outcome_and_potential_decide():
    assert Repetition("a", "p", "crystal", "crystal", True, True).agrees
    assert not Repetition("a", "p", "crystal", "glass", False, True).agrees
    assert not Repetition("a", "p", "ok", "ok", False, True, 4.1, 1.0).agrees
    assert not Repetition("a", "p", "ok", "ok", False, True, float("nan"), 1.0).agrees
