import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobcg.database.rounding import rounded
from mobcg.database.schema import BY_NAME, CURVES

NUMBERS = st.floats(-1e3, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("g", 1.234567, 1.23457),
        ("g", 4e-6, 0.0),
        ("g_error", 0.0041236, 0.0041),
        ("g_error", 0.0999, 0.1),
        ("u_kj_per_mol", -0.123456789, -0.123457),
        ("u_kj_per_mol", 2160.392435, 2160.39),
        ("u_kj_per_mol", 1.23456789e11, 1.23457e11),
    ],
)
def test_values_are_rounded_as_the_schema_says(name: str, value: float, expected: float) -> None:
    found = rounded(BY_NAME[name], [value])
    assert found.dtype == np.float32
    assert found[0] == np.float32(expected)


@given(st.sampled_from(CURVES), st.lists(NUMBERS, min_size=1, max_size=30))
def test_rounding_again_changes_nothing(name: str, values: list[float]) -> None:
    once = rounded(BY_NAME[name], values)
    assert rounded(BY_NAME[name], once).tobytes() == once.tobytes()


def test_zero_and_the_unknown_stay() -> None:
    for name in CURVES:
        found = rounded(BY_NAME[name], [0.0, -0.0, np.nan])
        assert found[:2].tobytes() == np.zeros(2, np.float32).tobytes(), "also -0"
        assert np.isnan(found[2])


def test_the_rounding_is_far_below_the_error() -> None:
    """Of g's error, 5e-4 and more in 99.9 % of the points, the rounding is a hundredth; g stays within half a step."""
    g = np.random.default_rng(1).uniform(0, 3, 10_000)
    assert np.abs(rounded(BY_NAME["g"], g) - g).max() < 0.5e-5 + 2e-7
    u = np.random.default_rng(1).normal(0, 100, 10_000)
    assert np.abs(rounded(BY_NAME["u_kj_per_mol"], u) / u - 1).max() < 0.5e-5 + 1e-7
