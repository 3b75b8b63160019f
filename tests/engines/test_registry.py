import pytest

from mobcg.engines.ensemble.engine import EnsembleEngine
from mobcg.engines.registry import ENGINES, get_engine
from mobcg.outcomes import InputError


def test_every_engine_answers_to_its_name():
    assert {get_engine(name).name for name in ENGINES} == {"ensemble", "openmm"}


def test_auto_is_the_fast_one():
    assert isinstance(get_engine("auto"), EnsembleEngine)


def test_unknown_engine_lists_the_known():
    with pytest.raises(InputError, match="known: auto, ensemble, openmm"):
        get_engine("gromacs")
