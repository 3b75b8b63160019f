import numpy as np
import pytest

from mobcg.config import LibraryOptions, SyntheticOptions
from mobcg.library.plan import plan_library
from mobcg.outcomes import InputError

OPTIONS = LibraryOptions(runs=2000)
PARENTS = ["a-00000", "a-00001", "b-00000"]


def test_plan_is_fixed_by_seed_and_config():
    assert plan_library(OPTIONS, PARENTS, 1).equals(plan_library(OPTIONS, PARENTS, 1))
    assert not plan_library(OPTIONS, PARENTS, 1).equals(plan_library(OPTIONS, PARENTS, 2))


def test_more_runs_leave_the_earlier_ones_unchanged():
    more = plan_library(OPTIONS.model_copy(update={"runs": 2100}), PARENTS, 1)
    assert more.iloc[:2000].equals(plan_library(OPTIONS, PARENTS, 1))


def test_draws_fill_their_ranges():
    plan = plan_library(OPTIONS, PARENTS, 3)
    assert plan["run_id"].is_unique
    low, high = OPTIONS.mass_Da
    assert plan["mass_Da"].between(low, high).all()
    # uniform: mean within 4 standard errors, ends reached
    assert plan["mass_Da"].mean() == pytest.approx((low + high) / 2, abs=4 * (high - low) / np.sqrt(12 * 2000))
    zero = (plan["reduced_friction"] == 0).mean()
    assert zero == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 2000))
    strong = plan.loc[plan["reduced_friction"] > 0, "reduced_friction"]
    assert strong.between(*OPTIONS.reduced_friction).all()
    middle = np.log(OPTIONS.reduced_friction).mean()
    assert np.log(strong).mean() == pytest.approx(middle, abs=4 * np.log(200) / np.sqrt(12 * len(strong)))
    assert plan["parent"].value_counts().min() > 600


def test_first_runs_are_the_parents_themselves():
    first = plan_library(OPTIONS, PARENTS, 3).head(3)
    assert list(first["parent"]) == PARENTS
    assert (first["scale"] == 1).all()
    assert (first["perturbation_kT"] == 0).all()


def synthetic(plan):
    return plan[plan["parent"].str.startswith("synthetic-")].reset_index(drop=True)


def drawn(plan):
    return plan[~plan["parent"].str.startswith("synthetic-")].reset_index(drop=True)


def mixed(runs, more, **changes):
    return LibraryOptions(runs=runs, synthetic=SyntheticOptions(runs=more), **changes)


def test_drawn_parents_leave_the_synthetic_rows_unchanged():
    alone = plan_library(mixed(0, 9), [], 1)
    assert alone["parent"].tolist() == [f"synthetic-{number:06d}" for number in (0, 0, 1, 1, 2, 2, 3, 3, 4)]
    for parents, runs in ((PARENTS, 20), (PARENTS[:1], 5), (["c-00000"], 1)):
        plan = plan_library(mixed(runs, 9, blend=0.3, scale=(0.5, 0.9), density_factor=(0.9, 1.1)), parents, 1)
        assert synthetic(plan).equals(alone)
        assert len(drawn(plan)) == runs
        assert plan["run_id"].is_unique


def test_synthetic_runs_leave_the_drawn_rows_unchanged():
    alone = plan_library(mixed(20, 0), PARENTS, 1)
    for more in (1, 8, 50):
        assert drawn(plan_library(mixed(20, more), PARENTS, 1)).equals(alone)


def test_more_synthetic_runs_leave_the_earlier_ones_unchanged():
    assert plan_library(mixed(0, 50), [], 1).iloc[:9].equals(plan_library(mixed(0, 9), [], 1))


def test_synthetic_rows_are_neither_scaled_nor_blended():
    plan = synthetic(plan_library(mixed(5, 200, blend=0.4, density_factor=(0.9, 1.1)), PARENTS, 1))
    assert (plan[["scale", "density_factor"]] == 1).all(axis=None)
    assert (plan["blend"] == 0).all()
    assert plan["perturbation_kT"].between(0, 0.3).all()
    assert plan["perturbation_kT"].max() > 0.28
    assert plan["seed"].is_unique


def test_blend_and_density_factor_fill_their_ranges():
    plan = plan_library(mixed(2000, 0, blend=0.4, density_factor=(0.92, 1.08)), PARENTS, 3)
    assert (plan["blend"].head(3) == 0).all()
    assert (plan["density_factor"].head(3) == 1).all()
    # uniform: mean within 4 standard errors
    assert plan["blend"].between(0, 0.4).all()
    assert plan["blend"].mean() == pytest.approx(0.2, abs=4 * 0.4 / np.sqrt(12 * 2000))
    assert plan["density_factor"].between(0.92, 1.08).all()
    assert plan["density_factor"].mean() == pytest.approx(1, abs=4 * 0.16 / np.sqrt(12 * 2000))


def test_a_run_id_names_the_options_that_decide_the_run():
    names = plan_library(mixed(2, 2), PARENTS, 1)["run_id"].tolist()
    for options, seed in ((mixed(2, 2, perturbation_kT=0.1), 1), (mixed(2, 2), 2)):
        assert set(names).isdisjoint(plan_library(options, PARENTS, seed)["run_id"])
    other = plan_library(mixed(2, 2, blend=0.2), PARENTS, 1)["run_id"].tolist()
    assert other[:2] != names[:2]
    assert other[2:] == names[2:]


def test_no_parents():
    with pytest.raises(InputError, match="at least one parent"):
        plan_library(OPTIONS, [], 1)
