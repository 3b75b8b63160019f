"""The compiled entry of the engine, kept on disk between processes and compiled anew whenever any of its sources changes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import njit
from numba.core import event

from mobcg.engines.ensemble.replica import simulate
from mobcg.lease import hold

log = logging.getLogger(__name__)


def sources_hash() -> str:
    """A hash of this package's sources and of numba's version: numba itself looks at the file of a function, not at those it calls."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _compiled(sources: str, cache: bool) -> Callable[..., Any]:
    def entry(plan, start, table, energy, random, capacity, record):
        """See `replica.simulate`. The hash is a variable of this closure, hence part of the key under which numba stores the code."""
        if len(sources) < 0:
            return -1
        return simulate(plan, start, table, energy, random, capacity, record)

    compiled: Callable[..., Any] = njit(nogil=True, cache=cache, error_model="numpy")(entry)
    return compiled


def _entry() -> Callable[..., Any]:
    try:
        return _compiled(sources_hash(), cache=True)
    except RuntimeError as error:
        log.warning("compiled code cannot be kept between processes, each one compiles for itself (%s); set NUMBA_CACHE_DIR", error)
        return _compiled("", cache=False)


_simulate = _entry()


def compiled_simulate(*arguments: Any) -> int:
    """`replica.simulate`, compiled at its first call in about a minute, then kept beside this file or in NUMBA_CACHE_DIR.

    Where many processes begin at once, one compiles and the others wait for what it keeps.
    """
    return int(called(_simulate, *arguments))


def called(compiled: Any, *arguments: Any) -> Any:
    """What a compiled entry gives. It is compiled under a lease of the place where its code is kept, unless there is code already."""
    place = compiled.stats.cache_path
    if place is not None and not compiled.signatures and not any(Path(place).glob(f"{_compiled.__module__.rpartition('.')[2]}.*.nbi")):
        with hold(Path(place)):
            compiled.compile(tuple(numba.typeof(argument) for argument in arguments))
    return compiled(*arguments)


class _Notice(event.Listener):  # type: ignore[misc]
    """Tells why the first run on a machine is slow to begin."""

    def on_start(self, event: Any) -> None:
        if event.data.get("dispatcher") is _simulate:
            log.info("compiling the engine for this machine, once: about a minute")

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _Notice())
