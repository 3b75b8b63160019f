"""Small liquids packed by clusters of four, their lists, and all pairs of beads the slow way."""

from dataclasses import dataclass

import numpy as np

from mobcg.engines.ensemble.neighbours import FAR, build, clustered, most_images, shift_table, update_images

PLACES = np.arange(16).reshape(4, 4)
SHIFTS = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), axis=-1).reshape(27, 3)


def pack(values, unused=0.0, dtype=np.float32):
    """(beads, 3) by clusters: x x x x y y y y z z z z and four unused numbers."""
    values = np.asarray(values)
    clusters = (len(values) + 3) // 4
    filled = np.empty((4 * clusters, 3))
    filled[:] = np.asarray(unused * (1 + np.arange(4 * clusters) % 4))[:, None]
    filled[: len(values)] = values
    packed = np.zeros((clusters, 4, 4))
    packed[:, :3] = filled.reshape(clusters, 4, 3).transpose(0, 2, 1)
    return packed.ravel().astype(dtype)


def unpack(packed, beads):
    """The (beads, 3) that `pack` packed."""
    return packed.reshape(-1, 4, 4)[:, :3].transpose(0, 2, 1).reshape(-1, 3)[:beads].astype(float)


@dataclass(frozen=True)
class Listed:
    """Beads in the order of their clusters (nm, wrapped), what was packed from them, and their lists."""

    coordinates: np.ndarray
    edge: float
    position: np.ndarray
    start: np.ndarray
    image: np.ndarray
    home: np.ndarray
    image_home: np.ndarray
    image_shift: np.ndarray
    tests: int

    @property
    def clusters(self):
        return len(self.start) - 1


def listed(coordinates, edge, reach, root=1.0, sort=True):
    """Lists of the pairs nearer than `reach` in nm, for positions scaled by `root`."""
    coordinates = np.asarray(coordinates)
    if sort:
        coordinates = np.mod(coordinates, edge)
        coordinates = coordinates[clustered(np.ascontiguousarray(coordinates.T))]
    clusters = (len(coordinates) + 3) // 4
    capacity = most_images(edge, reach, clusters)
    position = np.concatenate([pack(coordinates * root, FAR), np.zeros(16 * capacity, dtype=np.float32)])
    lists = build(position, clusters, edge * root, reach * root, capacity)
    update_images(position, clusters, lists[3], lists[4], shift_table(edge * root))
    return Listed(coordinates, edge, position, *lists)


def listed_pairs(lists, scale=1.0):
    """Every pair of beads that the lists name: bead, partner, and the squared distance between the packed positions."""
    found = []
    owner = np.repeat(np.arange(lists.clusters), np.diff(lists.start))
    for entry, cluster in enumerate(owner):
        here, there = 16 * cluster, lists.image[entry]
        i, j = 4 * cluster + np.arange(4)[:, None], lists.home[entry] // 4 + np.arange(4)[None, :]
        squared = sum(
            (
                lists.position[there + 4 * k : there + 4 * k + 4][None, :].astype(float)
                - lists.position[here + 4 * k : here + 4 * k + 4][:, None]
            )
            ** 2
            for k in range(3)
        )
        allowed = np.full((4, 4), True)
        if entry == lists.start[cluster]:
            allowed = np.triu(allowed, 1)
        beads = len(lists.coordinates)
        allowed &= (i < beads) & (j < beads)
        i, j = np.broadcast_arrays(i, j)
        found.append(np.column_stack([i[allowed], j[allowed], squared[allowed] / scale]))
    return np.concatenate(found)


def periodic_pairs(coordinates, edge, reach):
    """Every pair of beads nearer than `reach`, each periodic image for itself: first, second (first < second), vector."""
    first, second = np.triu_indices(len(coordinates), 1)
    apart = coordinates[second] - coordinates[first]
    apart = apart - edge * np.round(apart / edge)
    result = []
    for shift in SHIFTS:
        vector = apart + edge * shift
        near = (vector**2).sum(axis=1) < reach**2
        result.append((first[near], second[near], vector[near]))
    return tuple(np.concatenate(parts) for parts in zip(*result, strict=True))


def spread_beads(beads, edge, seed, closest=0.0, trials=200):
    """Beads at random places, as far apart as `closest` where that many trials allow it."""
    random = np.random.default_rng(seed)
    placed = np.empty((beads, 3))
    for bead in range(beads):
        for _ in range(trials):
            here = random.uniform(0, edge, 3)
            apart = placed[:bead] - here
            apart -= edge * np.round(apart / edge)
            if closest == 0.0 or np.all((apart**2).sum(axis=1) > closest**2):
                break
        placed[bead] = here
    return placed
