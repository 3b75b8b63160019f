import re

import pytest

from mobcg.config import Config
from mobcg.report.diagram import described, diagrams, stages


def test_stages_have_their_jobs_and_outcomes(finished, collected):
    found = {stage.title: stage for stage in stages(collected, finished[1])}
    assert list(found) == ["1 Force fields", "2 Atomistic runs", "3 Inversions", "4 Library", "5 Models", "6 Evaluation"]
    inversions = found["3 Inversions"]
    assert (inversions.jobs, inversions.result) == ("15 runs, 15 jobs", "11 ok, 4 not")
    assert [(share.look, share.words) for share in inversions.shares] == [
        ("ok", "11 ok"),
        ("kept", "1 not-converged"),
        ("lost", "3 no-parent"),
    ]
    assert sum(share.width for share in inversions.shares) == pytest.approx(1)
    assert found["5 Models"].result == "2 of 2 trained"


def test_jobs_are_fewer_where_each_makes_several_samples(finished, collected):
    config = finished[1]
    batched = config.model_copy(update={"atomistic": config.atomistic.model_copy(update={"runs_per_job": 2})})
    assert stages(collected, batched)[1].jobs == "15 runs, 8 jobs"


def test_what_is_not_there_is_a_gap(finished, empty):
    drawn = stages(empty, finished[1])
    assert all(not stage.shares for stage in drawn)
    assert [stage.result for stage in drawn] == ["0 of 12 drawn", *["not run yet"] * 3, "0 of 2 trained", "not run yet"]


def test_shipped_models_need_no_library(finished, collected):
    config = finished[1]
    shipped = config.model_copy(update={"evaluation": config.evaluation.model_copy(update={"models": "shipped"})})
    assert [stage.title for stage in stages(collected, shipped)] == ["1 Force fields", "2 Atomistic runs", "3 Inversions", "4 Evaluation"]
    assert len(diagrams(collected, shipped)["wide"].arrows) == 3 + 1


@pytest.mark.parametrize("name", ["wide", "tall"])
def test_everything_lies_within_the_picture(name, finished, collected):
    drawn = diagrams(collected, finished[1])[name]
    for box in drawn.boxes:
        assert 0 < box.x < box.x + drawn.box[0] < drawn.width
        assert 0 < box.y < box.y + drawn.box[1] < drawn.height
    assert len(drawn.arrows) == 5 + 2
    for arrow in drawn.arrows:
        x, y = map(float, re.match(r"M([\d.]+) ([\d.]+)", arrow).groups())
        assert 0 < x < drawn.width
        assert 0 < y < drawn.height


def test_the_picture_in_words(empty):
    assert described(diagrams(empty, Config(evaluation={"liquids": ("benzene",)}))).startswith("1 Force fields: ")
