"""Pair distances under periodic boundaries, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import freud
import numpy as np
import numpy.typing as npt

from mobcg.observables.trajectory import Trajectory

Array = npt.NDArray[np.float64]


def pair_distances(trajectory: Trajectory, r_max_nm: float) -> Iterator[Array]:
    """Yield for each frame the distances in nm below `r_max_nm`, every pair twice (i-j and j-i).

    Raises ValueError where `r_max_nm` is above half the box: the nearest image would not be the only one.
    """
    half = trajectory.box_nm / 2
    if r_max_nm > half:
        raise ValueError(f"distances up to {r_max_nm:.4g} nm asked for in a box whose half is {half:.4g} nm")
    box = freud.box.Box.cube(trajectory.box_nm)
    for positions in trajectory.positions_nm:
        query = freud.locality.AABBQuery(box, box.wrap(positions))
        neighbours = query.query(query.points, {"r_max": min(r_max_nm, half * (1 - 1e-6)), "exclude_ii": True}).toNeighborList()
        yield np.asarray(neighbours.distances, dtype=np.float64)
