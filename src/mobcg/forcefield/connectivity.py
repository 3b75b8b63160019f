"""Angles, torsions and excluded pairs of a molecule, from its bonds alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Connectivity:
    """Each term once: angles (i, vertex, k), torsions (i, j, k, l) about j-k, pairs one to three bonds apart by their shortest path."""

    neighbours: tuple[tuple[int, ...], ...]
    bonds: tuple[tuple[int, int], ...]
    angles: tuple[tuple[int, int, int], ...]
    torsions: tuple[tuple[int, int, int, int], ...]
    pairs_12: frozenset[tuple[int, int]]
    pairs_13: frozenset[tuple[int, int]]
    pairs_14: frozenset[tuple[int, int]]


def connectivity(atoms: int, bonds: Iterable[tuple[int, int]]) -> Connectivity:
    """Connectivity of `atoms` atoms joined by `bonds`."""
    ordered = tuple(sorted(_pair(*bond) for bond in bonds))
    neighbours: list[list[int]] = [[] for _ in range(atoms)]
    for first, second in ordered:
        neighbours[first].append(second)
        neighbours[second].append(first)
    angles = tuple((first, vertex, last) for vertex in range(atoms) for first, last in combinations(sorted(neighbours[vertex]), 2))
    torsions = tuple(
        (first, second, third, fourth)
        for second, third in ordered
        for first in neighbours[second]
        for fourth in neighbours[third]
        if first != third and fourth != second and first != fourth
    )
    pairs_12 = frozenset(ordered)
    pairs_13 = frozenset(_pair(first, last) for first, _, last in angles) - pairs_12
    pairs_14 = frozenset(_pair(first, last) for first, _, _, last in torsions) - pairs_12 - pairs_13
    return Connectivity(tuple(tuple(sorted(item)) for item in neighbours), ordered, angles, torsions, pairs_12, pairs_13, pairs_14)


def _pair(first: int, second: int) -> tuple[int, int]:
    return (first, second) if first < second else (second, first)


def components(atoms: int, bonds: Iterable[tuple[int, int]]) -> int:
    """Number of molecules that `bonds` join `atoms` atoms to."""
    root = list(range(atoms))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for first, second in bonds:
        root[find(first)] = find(second)
    return len({find(index) for index in range(atoms)})
