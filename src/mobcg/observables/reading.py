"""Centre-of-mass trajectories from the files of any simulation engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from mobcg.observables.frames import read_frames
from mobcg.observables.molecules import Molecules, find_molecules, spanning_tree
from mobcg.observables.topology import read_topology, with_masses
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.unwrapping import make_whole, trajectory_of_places
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """What to take from the files.

    residue: name of the molecules' residue; molecule_atoms: atoms of a molecule, where neither bonds nor residues tell; masses: one number
    in Da for all atoms, or by atom name, or a csv file of name,mass_Da; timestep_ps, frame_interval_ps: where the file tells no times;
    begin_ps, end_ps, stride_ps: which frames, by their times.
    """

    residue: str | None = None
    molecule_atoms: int | None = None
    masses: float | Path | dict[str, float] | None = None
    timestep_ps: float | None = None
    frame_interval_ps: float | None = None
    begin_ps: float | None = None
    end_ps: float | None = None
    stride_ps: float | None = None

    def __post_init__(self) -> None:
        for name in ("timestep_ps", "frame_interval_ps", "stride_ps"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InputError(f"--{name.replace('_', '-')}: must be positive, found {value}")


class _Part(NamedTuple):
    """Centres of mass of some frames, and where each frame stands."""

    time_ps: Array
    places_nm: Array
    cells_nm: Array
    file: Path
    numbers: npt.NDArray[np.intp]


def read_trajectory(topology: Path | str, trajectories: Path | str | Sequence[Path | str], options: Reading | None = None) -> Trajectory:
    """Centres of mass of the molecules, chunk by chunk, so that only they stay in memory.

    Molecules broken across the boundary are made whole before the centre is taken; wrapped and unwrapped files give the same result.
    Several files are consecutive parts of one run; a frame that ends one and begins the next is taken once. Raises InputError naming the
    file and frame for whatever is wrong with them (see `read_frames`, `find_molecules`), and for times that do not increase in even steps.
    """
    options = options or Reading()
    system = with_masses(read_topology(topology), options.masses)
    molecules = find_molecules(system, options.residue, options.molecule_atoms)
    paths = [Path(path) for path in ([trajectories] if isinstance(trajectories, (str, Path)) else trajectories)]
    parts: list[_Part] = []
    tree = None
    last: float | None = None
    with tqdm(desc="reading", unit=" frames", mininterval=1, disable=None) as bar:
        for path in paths:
            before = last
            offset = 0.0 if before is None or options.frame_interval_ps is None else before + options.frame_interval_ps
            for chunk in read_frames(path, system, options.frame_interval_ps, options.timestep_ps):
                bar.update(len(chunk.time_ps))
                if tree is None:
                    tree = spanning_tree(molecules, chunk.positions_nm[0], chunk.cells_nm[0], str(path))
                time = chunk.time_ps + offset
                numbers = chunk.first + np.arange(len(time))
                keep = _inside(time, options)
                keep[0] &= not (before is not None and chunk.first == 1 and np.isclose(time[0], before, rtol=1e-6, atol=1e-6))
                last = float(time[-1])
                if keep.any():
                    centres = _centres(chunk.positions_nm[keep], chunk.cells_nm[keep], molecules, tree)
                    parts.append(_Part(time[keep], centres, chunk.cells_nm[keep], path, numbers[keep]))
                if options.end_ps is not None and time[-1] > options.end_ps:
                    break
    if not parts:
        raise InputError(f"{paths[0]}: no frame lies between --begin and --end", f"times in ps; frames were read up to {last:g} ps")
    time, chosen = _times(parts, options.stride_ps)
    places, cells = (np.concatenate([part[column] for part in parts]) for column in (1, 2))
    parts.clear()
    if len(chosen) < len(places):
        places, cells = places[chosen], cells[chosen]
    return trajectory_of_places(places, time, cells, molecules.mass_Da)


def _inside(time: Array, options: Reading) -> npt.NDArray[np.bool_]:
    slack = 1e-6 * max(1.0, float(np.abs(time).max()))
    begin = -np.inf if options.begin_ps is None else options.begin_ps
    end = np.inf if options.end_ps is None else options.end_ps
    return np.asarray((time >= begin - slack) & (time <= end + slack))


def _centres(positions: Array, cells: Array, molecules: Molecules, tree: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]) -> Array:
    whole = make_whole(positions[:, molecules.atoms], cells, *tree)
    return np.asarray(np.einsum("fmai,a->fmi", whole, molecules.masses_Da / molecules.mass_Da), dtype=np.float64)


def _times(parts: list[_Part], stride_ps: float | None) -> tuple[Array, npt.NDArray[np.intp]]:
    """Even times, and which of the frames they belong to; where they are not even, InputError names the first frame that breaks them."""
    time = np.concatenate([part.time_ps for part in parts])
    single = 4 * np.finfo(np.float32).eps * np.abs(time).max()  # files store times in single precision
    where = _places_of_frames(parts)
    steps = np.diff(time)
    bad = np.flatnonzero(steps <= 0)
    if len(bad):
        before, name = time[bad[0]], next(x for i, x in enumerate(where) if i == bad[0] + 1)
        what = "a duplicate" if time[bad[0] + 1] == before else "out of order"
        raise InputError(
            f"{name}: {what}: {time[bad[0] + 1]:g} ps follows {before:g} ps; join the files in order, each frame once (gmx trjcat)"
        )
    chosen = np.arange(len(time))
    if stride_ps is not None:
        since = (time - time[0]) / stride_ps
        chosen = np.flatnonzero(np.abs(since - np.rint(since)) * stride_ps <= 1e-3 * stride_ps + single)
        if len(steps) and len(chosen) < 2:
            raise InputError(
                f"{parts[0].file}: --stride {stride_ps:g} ps: the frames are {np.median(steps):g} ps apart; give a multiple of that"
            )
    steps = np.diff(time[chosen])
    if len(steps):
        usual = float(np.median(steps))
        bad = np.flatnonzero(np.abs(steps - usual) > 1e-3 * usual + single)
        if len(bad):
            name = next(x for i, x in enumerate(_places_of_frames(parts)) if i == chosen[bad[0] + 1])
            raise InputError(
                f"{name}: comes {steps[bad[0]]:g} ps after the frame before it, the others {usual:g} ps: even steps are needed; "
                "choose an even stretch by --begin and --end, or a common step by --stride"
            )
        return np.linspace(time[chosen[0]], time[chosen[-1]], len(chosen)), chosen
    return time[chosen], chosen


def _places_of_frames(parts: list[_Part]) -> Iterator[str]:
    return (f"{part.file}: frame {number}" for part in parts for number in part.numbers)
