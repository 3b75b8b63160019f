"""Periodic boundaries undone: molecules made whole, paths made continuous."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

LARGEST_STEP = 0.4
"""Step between two frames, in parts of a cell's height, above which the image that a molecule went to is a guess."""

FRAMES_AT_ONCE = 100
"""Frames that are unwrapped at a time, to spare memory."""

CONSTANT = 1e-5
"""Relative change of a cell below which it counts as constant: files store lengths in single precision."""


def wrap(positions_nm: Array, cells_nm: Array) -> Array:
    """Positions (frames, molecules, 3) brought into their frame's cell (frames, 3, 3)."""
    parts = positions_nm @ np.linalg.inv(cells_nm)
    return np.asarray((parts - np.floor(parts)) @ cells_nm)


def nearest_image(vectors_nm: Array, cells_nm: Array) -> Array:
    """Vectors (frames, n, 3) reduced to their nearest image in cells (frames, 3, 3); right up to half a cell's smallest height."""
    parts = vectors_nm @ np.linalg.inv(cells_nm)
    return np.asarray((parts - np.rint(parts)) @ cells_nm)


def make_whole(positions_nm: Array, cells_nm: Array, order: npt.NDArray[np.intp], parents: npt.NDArray[np.intp]) -> Array:
    """Molecules (frames, molecules, atoms, 3) put together across the boundary: each atom of `order` at the image nearest to its parent.

    The first atom of `order` stays where it is; whole molecules come out as they went in.
    """
    whole = positions_nm.copy()
    for atom in order[1:]:
        anchor = whole[:, :, parents[atom]]
        whole[:, :, atom] = anchor + nearest_image(positions_nm[:, :, atom] - anchor, cells_nm)
    return whole


def unwrap(places_nm: Array, cells_nm: Array) -> Array:
    """Continuous paths from places (frames, molecules, 3) in cells (frames, 3, 3): sums of nearest-image steps, from the first frame's
    places.

    Places are wrapped first, each step is reduced by the cell at its end. In a constant cell that is the ordinary unwrapping; in a
    fluctuating one it keeps the steps, where adding whole numbers of the present cell would multiply its fluctuations by the distance
    travelled and feign diffusion. Source: Bullerjahn et al., J. Chem. Theory Comput. 19, 3406 (2023); von Buelow et al., J. Chem. Phys.
    153, 021101 (2020).
    """
    paths = np.empty_like(places_nm)
    paths[0] = places_nm[0]
    for start in range(1, len(places_nm), FRAMES_AT_ONCE):
        now, before = slice(start, start + FRAMES_AT_ONCE), slice(start - 1, start + FRAMES_AT_ONCE)
        steps = nearest_image(np.diff(wrap(places_nm[before], cells_nm[before]), axis=0), cells_nm[now])
        paths[now] = paths[start - 1] + np.cumsum(steps, axis=0)
    return paths


def is_constant(cells_nm: Array) -> bool:
    """Whether cells (frames, 3, 3) are one."""
    return bool(np.ptp(cells_nm, axis=0).max() <= CONSTANT * np.abs(cells_nm).max())


def is_cube(cell_nm: Array) -> bool:
    """Whether a cell (3, 3) is a cube along the axes."""
    return bool(np.abs(cell_nm - cell_nm[0, 0] * np.eye(3)).max() <= CONSTANT * abs(cell_nm[0, 0]))


def trajectory_of_places(places_nm: Array, time_ps: Array, cells_nm: Array, mass_Da: float) -> Trajectory:
    """The trajectory of molecules whose places (frames, molecules, 3) are known modulo each frame's cell (frames, 3, 3).

    Raises InputError where places in a fluctuating cell were unwrapped as by `unwrap`: they no longer tell where the molecules are.
    """
    if is_constant(cells_nm):
        cell = cells_nm.mean(axis=0)
        cell[np.abs(cell) <= CONSTANT * np.abs(cell).max()] = 0
        edge = float(np.abs(np.linalg.det(cell)) ** (1 / 3))
        if is_cube(cell):
            cell = edge * np.eye(3)
        cells = np.broadcast_to(cell, cells_nm.shape)
        return Trajectory(unwrap(places_nm, cells), time_ps, edge, mass_Da, None if is_cube(cell) else cells)
    edge = float(np.abs(np.linalg.det(cells_nm)).mean() ** (1 / 3))
    paths = unwrap(places_nm, cells_nm)
    some = slice(0, 1 + 10 * FRAMES_AT_ONCE)
    late = slice(-some.stop, None)
    given, found = (float(sum(np.sum(np.diff(one[part], axis=0) ** 2) for part in (some, late))) for one in (places_nm, paths))
    if given < 0.99 * found:
        raise InputError(
            "the positions are smoother than their images in the fluctuating box: they were unwrapped in a way that loses where the "
            "molecules are; give the trajectory as the engine wrote it, wrapped"
        )
    return Trajectory(paths, time_ps, edge, mass_Da, cells_nm, wrap(places_nm, cells_nm))


def largest_step(trajectory: Trajectory) -> float:
    """The largest step of a molecule between two frames, in parts of the cell's height along which it goes: at most 1/2."""
    inverse = np.linalg.inv(trajectory.box_nm * np.eye(3) if trajectory.cells_nm is None else trajectory.cells_nm)
    largest = 0.0
    for start in range(1, trajectory.frames, FRAMES_AT_ONCE):
        now, before = slice(start, start + FRAMES_AT_ONCE), slice(start - 1, start + FRAMES_AT_ONCE)
        steps = np.diff(trajectory.positions_nm[before], axis=0)
        largest = max(largest, float(np.abs(steps @ (inverse if trajectory.cells_nm is None else inverse[now])).max()))
    return largest


class Drift(NamedTuple):
    """Change of the volume over a run in parts of its mean, by a straight line, and the standard error of that change."""

    change: float
    error: float


def volume_drift(trajectory: Trajectory, blocks: int = 10) -> Drift:
    """How far the volume went over the run: a line through `blocks` block means, whose scatter gives the error."""
    from scipy.stats import linregress

    volumes = trajectory.volumes_nm3 / trajectory.box_nm**3
    if trajectory.cells_nm is None or trajectory.frames < 3:
        return Drift(0.0, 0.0)
    means = np.array([part.mean() for part in np.array_split(volumes, min(blocks, trajectory.frames))])
    line = linregress(np.linspace(0, 1, len(means)), means)
    return Drift(float(line.slope), float(line.stderr))
