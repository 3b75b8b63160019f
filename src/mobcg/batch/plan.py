"""Which samples one job makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FILES = {
    "atomistic": ("summary.json", "rdf.csv", "msd.csv", "vacf.csv", "thermodynamics.csv"),
    "inversion": ("summary.json", "potential.csv", "history.csv", "rdf.csv", "msd.csv"),
}
"""What a stage leaves in each sample's folder, besides its own work folder."""


@dataclass(frozen=True)
class Batch:
    """Samples that one job makes; a batch of one, where a job never makes more, has its sample's name."""

    name: str
    samples: tuple[str, ...]


def stretches(name: str, samples: Sequence[str], size: int) -> list[Batch]:
    """`samples` in consecutive batches of at most `size`, named after `name`: more samples leave all full batches as they are."""
    if size == 1:
        return [Batch(sample, (sample,)) for sample in samples]
    pieces = [tuple(samples[start : start + size]) for start in range(0, len(samples), size)]
    return [Batch(f"{name}-batch-{number:05d}", piece) for number, piece in enumerate(pieces)]
