"""Engines by name."""

from __future__ import annotations

from mobcg.engines.ensemble.engine import EnsembleEngine
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import Engine
from mobcg.outcomes import InputError

ENGINES: dict[str, type[Engine]] = {EnsembleEngine.name: EnsembleEngine, OpenMMEngine.name: OpenMMEngine}


def get_engine(name: str) -> Engine:
    """The engine of that name; "auto" is `ensemble`, on a GPU where there is one. Raises InputError that lists the known ones."""
    try:
        return ENGINES[EnsembleEngine.name if name == "auto" else name]()
    except KeyError:
        raise InputError(f"unknown engine {name!r}; known: auto, {', '.join(sorted(ENGINES))}") from None
