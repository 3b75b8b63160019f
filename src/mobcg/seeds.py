"""Seeds: every random stream is named by the campaign's seed and by what it is for, so adding work never changes earlier work."""

from __future__ import annotations

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A random generator of its own for `names` (for example "draws", template, index) under the campaign's `seed`."""
    return np.random.default_rng(np.random.SeedSequence(_words(seed, names)))


def derived_seed(seed: int, *names: str | int) -> int:
    """A seed between 1 and 2^31-1 for programs that take an integer (OpenMM, packmol, torch)."""
    return 1 + int(generator(seed, *names).integers(2**31 - 2))


def _words(seed: int, names: tuple[str | int, ...]) -> list[int]:
    digest = hashlib.sha256("\x1f".join([str(seed), *map(str, names)]).encode()).digest()
    return [int.from_bytes(digest[start : start + 4], "little") for start in range(0, 32, 4)]
