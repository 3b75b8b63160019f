import numpy as np
import pytest

from mobcg.config import LibraryOptions
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


def test_no_parents():
    with pytest.raises(InputError, match="at least one parent"):
        plan_library(OPTIONS, [], 1)
