import pandas as pd

from mobcg.report.story import _evaluation, story


def test_the_story_has_a_sentence_for_each_stage(collected):
    atomistic, inversion, library, evaluation = story(collected)
    assert "12 ended well, 3 were rejected" in atomistic
    assert inversion.startswith("Each of 12 was then replaced by beads")
    assert "120 bead liquids" in library
    assert "taught two models" in library
    assert evaluation.endswith("“flagship, refined”: in the median its structure error is 0.00080 and its diffusion 1 % off.")


def test_nothing_is_told_of_what_is_not_there(empty):
    assert story(empty) == []


def test_a_large_error_of_diffusion_is_a_factor():
    errors = {"structure_error": [0.001], "mobility_error": [1.5], "combined_error": [1.501]}
    row = pd.DataFrame({"liquid": ["benzene"], "method": ["inversion"], "outcome": ["ok"], **errors})
    assert _evaluation(row).startswith("On a real liquid, benzene, one method was tried.")
    assert _evaluation(row).endswith("its structure error is 0.0010 and its diffusion off by a factor of 4.5.")
