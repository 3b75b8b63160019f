from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.ablation_plan import HEAVY_DA, Ablation, plan
from benchmarks.ablations import run, summary, usable
from mobcg.config import LearningOptions
from mobcg.learning.dataset import Rows

FOLDS = 2


@pytest.fixture(scope="module")
def both_kinds(rows: Rows) -> Rows:
    """Half of the parents called synthetic."""
    number = [int(str(name).rsplit("-", 1)[1]) for name in rows.parent]
    return replace(rows, parent=np.array([f"synthetic-{n:06d}" if n % 2 else f"liquid-{n:05d}" for n in number]))


@pytest.fixture(scope="module")
def planned(both_kinds: Rows) -> list[Ablation]:
    return plan(both_kinds, FOLDS, 1)


def named(planned: list[Ablation], question: str, name: str) -> Ablation:
    return next(each for each in planned if (each.question, each.name) == (question, name))


def test_no_training_row_shares_a_parent_with_a_test_row_but_in_the_random_split(planned: list[Ablation], both_kinds: Rows) -> None:
    for each in planned:
        shared = [set(both_kinds.parent[a]) & set(both_kinds.parent[b]) for a, b in zip(each.training, each.testing, strict=True)]
        assert not (each.training & each.testing).any(), each.name
        assert any(shared) == (each.name == "random split of the rows"), each.name


def test_every_row_is_tested_once_and_the_heavy_ones_alone_in_extrapolation(planned: list[Ablation], both_kinds: Rows) -> None:
    heavy = both_kinds.mass_Da > HEAVY_DA
    assert heavy.any()
    for each in planned:
        np.testing.assert_array_equal(each.testing.sum(0), heavy if each.question == "mass" else np.ones(len(both_kinds)))
        if each.question == "mass":
            assert not (each.training & heavy).any()


def test_training_rows_are_as_many_where_that_matters(planned: list[Ablation], both_kinds: Rows) -> None:
    artificial = np.char.startswith(both_kinds.parent, "synthetic")
    kinds = [each for each in planned if each.question == "parents"]
    assert [each.name for each in kinds] == ["both kinds", "no synthetic potentials", "only synthetic potentials"]
    assert not (kinds[1].training & artificial).any()
    assert not (kinds[2].training & ~artificial).any()
    for group in (kinds, [each for each in planned if each.question == "split"]):
        for other in group[1:]:
            np.testing.assert_array_equal(group[0].training.sum(1), other.training.sum(1))


def test_the_curve_s_parts_lie_within_each_other(planned: list[Ablation], both_kinds: Rows) -> None:
    curve = [each.training for each in planned if each.question == "curve"]
    for small, large in pairwise(curve):
        assert not (small & ~large).any()
    assert [len(set(both_kinds.parent[part[0]])) for part in curve] == [1, 1, 2, 4]


def test_rows_of_one_kind_leave_that_question_out(rows: Rows) -> None:
    assert "parents" not in {each.question for each in plan(rows, FOLDS, 1)}


def test_summary_of_known_errors_and_its_error_over_parents() -> None:
    """400 parents of 5 rows with one normal error each: the standard error of the root mean square is 1/sqrt(2*400) of it, known to
    4 % from 400 parents and 3 % from 500 draws; five standard errors are allowed."""
    random = np.random.default_rng(4)
    parent = np.repeat([f"p{number:03d}" for number in range(400)], 5)
    miss = np.repeat(random.normal(0, 0.1, 400), 5)
    table = pd.DataFrame({"parent": parent, "log_diffusion": miss, "u_square_kT2": miss**2, "log_diffusion_noise": 0.03})
    table["run_id"] = np.arange(len(table)).astype(str)
    table["rows_train"] = 7
    found = summary(table.assign(log_diffusion=2 * table["log_diffusion"]), table, 1)
    assert found["log_diffusion_rmse"] == pytest.approx(2 * np.sqrt(np.mean(miss**2)))
    assert found["log_diffusion_rmse_error"] == pytest.approx(found["log_diffusion_rmse"] / np.sqrt(800), rel=0.25)
    assert found["log_diffusion_rmse_ratio"] == pytest.approx(2)
    assert found["log_diffusion_median"] == pytest.approx(2 * np.median(np.abs(miss)))
    assert found["u_median_kT"] == pytest.approx(np.median(np.abs(miss)))
    assert found["log_diffusion_rmse_ratio_error"] == pytest.approx(0, abs=1e-12), "the same draws for both"
    assert (found["rows_train"], found["rows_test"], found["parents_test"]) == (7, 2000, 400)
    assert found["log_diffusion_noise"] == pytest.approx(0.03)


def test_the_limit_keeps_whole_parents(rows: Rows, options: LearningOptions) -> None:
    everything, some = usable(rows, options, 10_000, 1), usable(rows, options, 10, 1)
    assert 10 <= len(some) < len(everything)
    for name in set(some.parent):
        assert (some.parent == name).sum() == (everything.parent == name).sum()


def test_from_rows_to_the_table(both_kinds: Rows, options: LearningOptions, tmp_path: Path) -> None:
    """Of 16 training rows nothing is learned worth a test: that every question has its lines and the files are whole is."""
    result = run(both_kinds, options, FOLDS, 1, tmp_path)
    assert list(dict.fromkeys(result["question"])) == ["inputs", "mass", "parents", "split", "curve"]
    numbers = result.select_dtypes("number")
    assert np.isfinite(numbers).all().all()
    hot = result[result["tested_on"] == "at 400 K"].set_index("model")["u_rmse_kT"]
    own = result[(result["question"] == "inputs") & (result["tested_on"] == "all")].set_index("model")["u_rmse_kT"]
    assert hot["full model"] == pytest.approx(own["full model"], rel=1e-6)
    written = pd.read_csv(tmp_path / "ablations.csv")
    assert len(written) == len(result)
    np.testing.assert_allclose(written["u_rmse_kT"], result["u_rmse_kT"], rtol=1e-8)
    predictions = pd.read_csv(tmp_path / "predictions.csv")
    full = predictions[(predictions["question"] == "inputs") & (predictions["model"] == "full model") & predictions["temperature_K"].isna()]
    assert sorted(full["run_id"]) == sorted(both_kinds.run_id)
    assert np.sqrt(full["u_square_kT2"].mean()) == pytest.approx(own["full model"], rel=1e-6)
    table = (tmp_path / "ablations.md").read_text().splitlines()
    assert len({line.count("|") for line in table}) == 1
    assert sum("full model" in line for line in table) == 5
