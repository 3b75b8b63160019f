import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobcg.learning.domain import DIFFUSION_MARGIN, Domain

DOMAIN = Domain(0.04, 0.1, np.log(0.005), np.log(0.3))
INSIDE = (0.01, 0.05, np.log(0.05))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ((0.16, *INSIDE[1:]), "2 times as far from the training runs"),
        ((INSIDE[0], 0.3, INSIDE[2]), "3 times the largest"),
        ((*INSIDE[:2], np.log(0.5)), r"the reduced diffusion 0\.5 lies outside the training runs' 0\.005 to 0\.3"),
        ((*INSIDE[:2], np.log(0.003)), r"the reduced diffusion 0\.003 lies outside"),
    ],
)
def test_each_bound_has_its_sentence(target: tuple[float, float, float], words: str) -> None:
    assert DOMAIN.notes(*INSIDE) == []
    (note,) = DOMAIN.notes(*target)
    with pytest.raises(ValueError, match=words):
        raise ValueError(note)


@given(st.floats(0, 0.2), st.floats(0, 0.5), st.floats(-10, 3))
def test_the_distance_exceeds_one_exactly_where_something_is_amiss(variance: float, residual: float, log_target: float) -> None:
    distance = DOMAIN.distance(variance, residual, log_target)
    if abs(distance - 1) > 1e-9:
        assert (distance > 1) == bool(DOMAIN.notes(variance, residual, log_target))


def test_at_each_bound_the_distance_is_one() -> None:
    assert DOMAIN.distance(0.04, 0.0, INSIDE[2]) == pytest.approx(1)
    assert DOMAIN.distance(0.0, 0.1, INSIDE[2]) == pytest.approx(1)
    assert DOMAIN.distance(0.0, 0.0, np.log(0.3) + DIFFUSION_MARGIN) == pytest.approx(1)
    assert DOMAIN.distance(0.0, 0.0, np.log(0.005) - DIFFUSION_MARGIN) == pytest.approx(1)
