import numpy as np
import pytest

from mobcg.database.store import Database
from mobcg.learning.dataset import folds, held_out, rows_of
from mobcg.outcomes import InputError


def test_only_ok_rows_in_the_order_of_their_names(database: Database) -> None:
    shuffled = Database(database.frame.sample(frac=1, random_state=1), database.r_nm)
    rows = rows_of(shuffled)
    assert len(rows) == int(database.ok.sum()) == len(database.frame) - 1
    assert list(rows.run_id) == sorted(rows.run_id)


def test_no_row_ok_is_an_error(database: Database) -> None:
    with pytest.raises(InputError, match="no run with outcome ok among its 1 rows"):
        rows_of(Database(database.frame[~database.ok], database.r_nm))


@pytest.mark.parametrize("seed", range(30))
def test_no_parent_stands_on_both_sides_and_both_sides_have_one(database: Database, seed: int) -> None:
    rows = rows_of(database)
    testing = held_out(rows.parent, 0.15, seed)
    training_parents, test_parents = set(rows.parent[~testing]), set(rows.parent[testing])
    assert training_parents
    assert test_parents
    assert not training_parents & test_parents
    assert training_parents | test_parents == set(rows.parent)


def test_a_parent_keeps_its_side_when_others_come() -> None:
    few = np.array([f"p{index}" for index in range(60)])
    many = np.array([f"p{index}" for index in range(120)])
    np.testing.assert_array_equal(held_out(few, 0.3, 5), held_out(many, 0.3, 5)[:60])
    assert 0.2 < held_out(np.array([f"p{index}" for index in range(2000)]), 0.3, 5).mean() < 0.4


def test_two_parents_split_one_to_one_and_one_parent_is_an_error() -> None:
    assert held_out(np.array(["a", "a", "b"]), 0.01, 1).sum() in (1, 2)
    assert held_out(np.array(["a", "b"]), 0.99, 1).sum() == 1
    with pytest.raises(InputError, match=r"come from 1 parent \(a\); at least 2"):
        held_out(np.array(["a", "a"]), 0.5, 1)


def test_folds_keep_parents_together_and_balanced() -> None:
    parents = np.repeat([f"p{index}" for index in range(11)], 3)
    numbers = folds(parents, 4, 2)
    assert all(len(set(numbers[parents == name])) == 1 for name in set(parents))
    assert sorted(np.bincount(numbers)) == [6, 9, 9, 9]


def test_reduced_values_do_not_depend_on_units(database: Database) -> None:
    rows = rows_of(database)
    units = rows.units(0)
    assert rows.reduced_diffusion[0] == pytest.approx(rows.diffusion_nm2_per_ns[0] / units.diffusion_nm2_per_ns)
    assert rows.reduced_friction[1] == pytest.approx(rows.friction_per_ps[1] * rows.units(1).time_ps)
