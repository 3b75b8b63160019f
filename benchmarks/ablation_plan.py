"""Which models the ablations train, and on which rows each is tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.flagship_variants import FULL, NO_PRESSURE, PLAIN, PLAIN_STATE, Variant, synthetic
from mobcg.learning.dataset import Mask, Rows, folds
from mobcg.seeds import generator

HEAVY_DA = 150.0
"""Rows of a greater mass are those to extrapolate to."""

HOT_K = 400.0
"""A temperature that no row has."""

PARTS = (1 / 8, 1 / 4, 1 / 2)
"""Parts of the training parents in the learning curve; the last point is the full model."""


@dataclass(frozen=True)
class Ablation:
    """A model to train once a fold: the rows it trains on and is tested on, each (folds, rows).

    temperature_K: tested on the test rows at that temperature too. reference: the ablation of the same question that ratios refer to.
    """

    question: str
    name: str
    variant: Variant
    training: Mask
    testing: Mask
    temperature_K: float | None = None
    reference: str = FULL.name


def plan(rows: Rows, count: int, seed: int) -> list[Ablation]:
    """All ablations of the table, in its order, on `count` folds."""
    parted = folds(rows.parent, count, seed)
    mixed = generator(seed, "ablations", "random split").permutation(parted)
    testing, training = _masks(parted)
    light = rows.mass_Da <= HEAVY_DA
    inputs = (FULL, PLAIN, PLAIN_STATE, NO_PRESSURE)
    found = [Ablation("inputs", variant.name, variant, training, testing, None if variant is NO_PRESSURE else HOT_K) for variant in inputs]
    found += [Ablation("mass", variant.name, variant, training & light, testing & ~light) for variant in (FULL, PLAIN, PLAIN_STATE)]
    artificial = synthetic(rows)
    kinds = {"both kinds": artificial | True, "no synthetic potentials": ~artificial, "only synthetic potentials": artificial}
    if artificial.any() and not artificial.all():
        few = [min((mask & kind).sum() for kind in kinds.values()) for mask in training]
        for name, kind in kinds.items():
            some = np.array([_some(mask & kind, number, seed) for mask, number in zip(training, few, strict=True)])
            found.append(Ablation("parents", name, FULL, some, testing, reference="both kinds"))
    found.append(Ablation("split", "split by parent", FULL, training, testing, reference="split by parent"))
    tested, trained = _masks(mixed)
    found.append(Ablation("split", "random split of the rows", FULL, trained, tested, reference="split by parent"))
    for part in PARTS:
        some = np.array([_parents(rows, mask, part, seed) for mask in training])
        found.append(Ablation("curve", f"1/{round(1 / part)} of the parents", FULL, some, testing, reference="all parents"))
    return [*found, Ablation("curve", "all parents", FULL, training, testing, reference="all parents")]


def _masks(fold: npt.NDArray[np.int64]) -> tuple[Mask, Mask]:
    testing = fold == np.arange(fold.max() + 1)[:, None]
    return testing, ~testing


def _some(mask: Mask, number: int, seed: int) -> Mask:
    """So many of the chosen rows, at random."""
    chosen = generator(seed, "ablations", "rows").permutation(np.flatnonzero(mask))[:number]
    return np.isin(np.arange(len(mask)), chosen)


def _parents(rows: Rows, mask: Mask, part: float, seed: int) -> Mask:
    """The chosen rows of a part of their parents; a smaller part is within a larger one."""
    names = generator(seed, "ablations", "parents").permutation(sorted(set(rows.parent[mask])))
    return mask & np.isin(rows.parent, names[: max(1, round(part * len(names)))])
