import math

import pytest

from mobcg.report.rounding import DASH, duration, evenly, plain, with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.2345, 0.0412, "1.23 ± 0.04"),
        (1.2345, 0.0132, "1.234 ± 0.013"),
        (0.00091, 0.00011, "0.00091 ± 0.00011"),
        (851.2, 21.0, "850 ± 20"),
        (851.2, 13.0, "851 ± 13"),
        (-12.3, 4.2, "-12 ± 4"),
        (2.0, 0.0996, "2.00 ± 0.10"),
        (3.2e-6, 4e-7, "(3.2 ± 0.4)e-6"),
        (1.2345, None, "1.23"),
        (1.2345, math.nan, "1.23"),
        (math.nan, 0.1, DASH),
        (None, None, DASH),
    ],
)
def test_values_are_rounded_to_their_error(value, error, text):
    assert with_error(value, error) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (12345.0, "12345"), (0.00123, "0.00123"), (1.5e-7, "1.50e-07"), (math.inf, DASH)])
def test_plain_numbers(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(12.0, "12.0 s"), (95.0, "1.58 min"), (5400.0, "1.50 h"), (864000.0, "10.0 days"), (None, DASH)]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_an_even_choice_holds_both_ends_and_repeats_nothing():
    chosen = evenly(list(range(1000)), 24)
    assert len(set(chosen)) == 24
    assert (chosen[0], chosen[-1]) == (0, 999)
    assert evenly([1, 2, 3], 24) == [1, 2, 3]
