import numpy as np
import pytest

from mobcg.learning.curves import checked_target, core, fade, outermost_below, resample, smooth
from mobcg.outcomes import InputError

R = np.linspace(0.1, 1.5, 281)
G = 1 / (1 + np.exp(-(R - 0.45) / 0.01))


@pytest.mark.parametrize(
    ("r", "g", "words"),
    [
        (R[:5], G[:5], "at least 8 points"),
        (R, G[:-1], "equal length"),
        (R, np.where(R > 1.2, np.nan, G), "not finite"),
        (R[::-1], G, "must rise"),
        (R, G - 0.5, "must not be negative"),
        (R[100:], G[100:], "must start inside the core"),
    ],
)
def test_bad_targets_are_named(r: np.ndarray, g: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        checked_target(r, g)


def test_resample_is_exact_on_the_points_and_zero_inside() -> None:
    np.testing.assert_allclose(resample(R, G, R), G)
    assert resample(R, G, np.array([0.01]))[0] == 0
    np.testing.assert_allclose(resample(R, R**2, np.array([0.7033])), 0.7033**2, rtol=1e-4)


def test_smoothing_keeps_lines_and_reduces_white_noise() -> None:
    np.testing.assert_allclose(smooth(np.full(50, 3.0), 2.4), 3.0)
    noise = np.random.default_rng(1).normal(size=(50, 200))
    expected = 1 / np.sqrt(2 * np.sqrt(np.pi) * 2.4)
    assert smooth(noise, 2.4)[:, 20:-20].std() == pytest.approx(expected, rel=0.1)


def test_fade_goes_from_one_to_zero_smoothly() -> None:
    x = np.linspace(0, 3, 301)
    values = fade(x, 1.0, 2.0)
    assert (values[x <= 1] == 1).all()
    assert (values[x >= 2] == 0).all()
    assert np.abs(np.diff(values, 2)).max() < 1e-3


@pytest.mark.parametrize("length", [0.05, 0.2, np.inf])
def test_the_core_matches_value_and_slope_and_is_steep_and_finite(length: float) -> None:
    x = np.linspace(0.0, 0.8, 8001)
    u = core(x, 0.8, 3.0, 50.0, length)
    assert u[-1] == pytest.approx(3.0)
    assert (u[-2] - u[-1]) / 1e-4 == pytest.approx(50.0, rel=2e-3)
    assert (np.diff(u) < 0).all()
    assert np.isfinite(u).all()


def test_the_core_ends_after_the_outermost_low_point() -> None:
    assert outermost_below(np.array([0, 0.2, 0.0, 0.3, 1.0, 0.1]), 0.05, 4) == 3
    assert outermost_below(np.array([0.5, 1.0]), 0.05, 1) == 0
