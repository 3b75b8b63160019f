import numpy as np

from mobcg.seeds import derived_seed, generator


def test_streams_depend_on_every_name_and_repeat():
    draw = [generator(seed, *names).random() for seed, names in [(1, ("a", 0)), (1, ("a", 1)), (2, ("a", 0)), (1, ("b", 0)), (1, ("a", 0))]]
    assert draw[0] == draw[4]
    assert len(set(draw)) == 4


def test_names_cannot_run_together():
    assert derived_seed(1, "ab", "c") != derived_seed(1, "a", "bc")


def test_integer_seeds_fit_what_programs_take():
    seeds = np.array([derived_seed(0, index) for index in range(1000)])
    assert seeds.min() >= 1
    assert seeds.max() < 2**31
    assert len(set(seeds)) > 995
