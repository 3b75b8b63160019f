"""The trained models that come with the package."""

from __future__ import annotations

from pathlib import Path

from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.storage import Model, load
from mobcg.models import shipped_folder
from mobcg.outcomes import InputError

NAMES = ("flagship", "published")


def find_trained(name: str) -> Model:
    """The model of that name among the shipped ones, or in the folder `name`. Raises InputError where there is none."""
    if Path(name).is_dir():
        return load(name)
    shipped = [each for each in NAMES if (shipped_folder(each) / "model.json").exists()]
    if name in shipped:
        return load(shipped_folder(name))
    raise InputError(
        f"--model: no model {name!r}",
        f"a folder that a training wrote, or one of the shipped: {', '.join(shipped) or '(none)'}",
    )


def find_mobility(trained: Model) -> FlagshipModel:
    """A model that knows how friction slows a liquid: `trained` itself where it is a flagship, else the shipped one."""
    model = trained if isinstance(trained, FlagshipModel) else find_trained("flagship")
    assert isinstance(model, FlagshipModel)
    return model
