"""Progress bars for a person who watches a command; jobs of a campaign, notebooks and programs see none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_watched: ContextVar[bool] = ContextVar("watched", default=False)


@contextmanager
def bars() -> Iterator[None]:
    """Within the block long loops show their progress on standard error, where that is a terminal."""
    token = _watched.set(True)
    try:
        yield
    finally:
        _watched.reset(token)


def tracked(items: Iterable[Item], label: str, unit: str) -> Iterator[Item]:
    """The items one by one, with a bar of that label where somebody watches (see `bars`); it goes away at the end."""
    if not _watched.get():
        yield from items
        return
    total = len(items) if isinstance(items, Sized) else None
    yield from tqdm(items, desc=label, unit=unit, total=total, leave=False, disable=None)
