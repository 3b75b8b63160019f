"""Engines by name."""

from __future__ import annotations

from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import Engine
from mobcg.outcomes import InputError

ENGINES: dict[str, type[Engine]] = {OpenMMEngine.name: OpenMMEngine}


def get_engine(name: str) -> Engine:
    """The engine of that name. Raises InputError that lists the known ones."""
    try:
        return ENGINES[name]()
    except KeyError:
        raise InputError(f"unknown engine {name!r}; known: {', '.join(sorted(ENGINES))}") from None
