"""Engines by name."""

from __future__ import annotations

from mobcg.engines.ensemble.engine import EnsembleEngine
from mobcg.engines.ensemble.gpu.available import gpu_available
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import Engine
from mobcg.outcomes import InputError

ENGINES: dict[str, type[Engine]] = {EnsembleEngine.name: EnsembleEngine, OpenMMEngine.name: OpenMMEngine}


def check_platform(engine: str, platform: str) -> None:
    """Raise InputError where CUDA is asked for by name and no GPU can be used; "auto" takes a processor then."""
    if platform == "CUDA" and engine != OpenMMEngine.name and not gpu_available():
        raise InputError(
            "--platform CUDA: no GPU can be used here (no device, no driver, or no numba-cuda)",
            "--platform auto for the processor; nvidia-smi shows the GPUs; pip install 'mobcg[gpu]' brings what Python needs",
        )


def get_engine(name: str) -> Engine:
    """The engine of that name; "auto" is `ensemble`, on a GPU where there is one. Raises InputError that lists the known ones."""
    try:
        return ENGINES[EnsembleEngine.name if name == "auto" else name]()
    except KeyError:
        raise InputError(f"unknown engine {name!r}; known: auto, {', '.join(sorted(ENGINES))}") from None
