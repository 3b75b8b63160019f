import numpy as np
import pytest

from mobcg.learning.entropy import pair_entropy

X = np.arange(0.3, 2.0, 0.0005)


def test_hard_walls() -> None:
    """g = 0 inside 0.8, 1 outside: s2 = -2 pi 0.8^3/3."""
    assert pair_entropy(X, (X > 0.8).astype(float)[None])[0] == pytest.approx(-2 * np.pi * 0.8**3 / 3, rel=2e-3)


def test_an_ideal_gas_has_only_the_part_inside_the_grid() -> None:
    """Inside the first point g counts as 0; outside g = 1 adds nothing."""
    assert pair_entropy(X, np.ones((1, len(X))))[0] == pytest.approx(-2 * np.pi * 0.3**3 / 3)


def test_more_structure_is_less_entropy() -> None:
    g = np.array([(X > 0.8) * (1 + size * np.cos(6 * (X - 1)) * np.exp(-X)) for size in (0.0, 0.5, 1.0, 1.5)])
    assert (np.diff(pair_entropy(X, g)) < 0).all()
