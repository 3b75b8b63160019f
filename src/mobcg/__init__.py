"""mobcg: coarse-grained molecular models that keep the real dynamics.

What `__all__` names is the public API (docs/reference/python-api.md); each is loaded when it is first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mobcg.api.export import Exported, export
    from mobcg.api.invert import Inverted, inversion_target, invert, invert_states
    from mobcg.api.observe import Observed, observe
    from mobcg.api.predict import CoarseGrained, predict
    from mobcg.api.simulate import Simulated, simulate
    from mobcg.database.store import Database
    from mobcg.database.store import read as read_database
    from mobcg.observables.blocks import Estimate
    from mobcg.observables.rdf import RadialDistribution, read_rdf
    from mobcg.outcomes import InputError, Outcome
    from mobcg.potential.pair import PairPotential, read_potential

__all__ = [
    "CoarseGrained",
    "Database",
    "Estimate",
    "Exported",
    "InputError",
    "Inverted",
    "Observed",
    "Outcome",
    "PairPotential",
    "RadialDistribution",
    "Simulated",
    "__version__",
    "export",
    "inversion_target",
    "invert",
    "invert_states",
    "observe",
    "predict",
    "read_database",
    "read_potential",
    "read_rdf",
    "simulate",
]

_PLACES = {
    "CoarseGrained": "api.predict",
    "Database": "database.store",
    "Estimate": "observables.blocks",
    "Exported": "api.export",
    "InputError": "outcomes",
    "Inverted": "api.invert",
    "Observed": "api.observe",
    "Outcome": "outcomes",
    "PairPotential": "potential.pair",
    "RadialDistribution": "observables.rdf",
    "Simulated": "api.simulate",
    "export": "api.export",
    "inversion_target": "api.invert",
    "invert": "api.invert",
    "invert_states": "api.invert",
    "observe": "api.observe",
    "predict": "api.predict",
    "read_database": "database.store",
    "read_potential": "potential.pair",
    "read_rdf": "observables.rdf",
    "simulate": "api.simulate",
}
"""The module below `mobcg` that has each name."""

__version__: str


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("mobcg")
    elif name in _PLACES:
        value = getattr(import_module(f"mobcg.{_PLACES[name]}"), "read" if name == "read_database" else name)
    else:
        raise AttributeError(f"module 'mobcg' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
