"""Frames of trajectory files, chunk by chunk, with every fault named by file and frame."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mobcg.observables.lammps import read_dump
from mobcg.observables.topology import Topology
from mobcg.outcomes import CHECK_PATH, InputError, absence

log = logging.getLogger(__name__)

Array = npt.NDArray[np.float64]

FORMATS = (".xtc", ".trr", ".dcd", ".nc", ".ncdf", ".netcdf", ".gro", ".pdb", ".pdb.gz", ".h5", ".dtr", ".mdcrd", ".crd", ".gsd", ".arc")
DUMPS = (".lammpstrj", ".dump", ".lammpsdump")
TIMELESS = (".dcd", ".pdb", ".pdb.gz", ".mdcrd", ".crd", ".arc", ".gsd")

CHUNK_ATOMS = 500_000
"""Atoms times frames read at once: some 60 MB with all copies."""

SMALLEST_VOLUME_NM3 = 1e-3
"""Volume an atom has at least: below, the box is a placeholder (PDB writes 1 x 1 x 1 Angstrom). Liquid water: 0.01 nm3."""


class Chunk(NamedTuple):
    """Consecutive frames: number of the first (from 1), times in ps (frames,), positions in nm (frames, atoms, 3), cells (frames, 3, 3)."""

    first: int
    time_ps: Array
    positions_nm: Array
    cells_nm: Array


def read_frames(
    path: Path, topology: Topology, frame_interval_ps: float | None = None, timestep_ps: float | None = None
) -> Iterator[Chunk]:
    """Yield the frames of one trajectory file.

    Times come from the file; `frame_interval_ps` replaces them by frame number times interval; a LAMMPS dump's steps times `timestep_ps`.
    Raises InputError naming the file (and frame) where it is absent, of an unknown kind, cut short, of other atoms, without box or time.
    """
    if not path.is_file() and not path.name.endswith(".dtr"):
        raise InputError(f"{path}: {absence(path)}", CHECK_PATH)
    source = _dump_chunks if _is_dump(path) else _mdtraj_chunks
    for chunk in source(path, topology, frame_interval_ps, timestep_ps):
        _check_cells(path, chunk)
        bad = np.flatnonzero(~np.isfinite(chunk.positions_nm).all(axis=(1, 2)))
        if len(bad):
            raise InputError(f"{path}: frame {chunk.first + bad[0]}: a position is not a finite number; --end can leave the frame out")
        if frame_interval_ps is not None:
            if chunk.first == 1:
                _tell_other_times(path, chunk.time_ps, frame_interval_ps)
            numbers = chunk.first - 1 + np.arange(len(chunk.time_ps), dtype=np.float64)
            chunk = chunk._replace(time_ps=frame_interval_ps * numbers)
        yield chunk


def _is_dump(path: Path) -> bool:
    if path.suffix.lower() in DUMPS:
        return True
    if path.name.lower().endswith(FORMATS):
        return False
    with path.open("rb") as content:
        if content.read(14) == b"ITEM: TIMESTEP":
            return True
    raise InputError(f"{path}: not a trajectory that can be read; allowed: {', '.join(FORMATS)} and LAMMPS text dumps")


def _dump_chunks(path: Path, topology: Topology, frame_interval_ps: float | None, timestep_ps: float | None) -> Iterator[Chunk]:
    if frame_interval_ps is None and timestep_ps is None:
        raise InputError(
            f"{path}: a LAMMPS dump tells steps, no times: give the run's time step by --timestep-ps (timestep 1.0 in units real: 0.001)"
        )
    first = 1
    frames = read_dump(path)
    while some := list(islice(frames, _chunk_frames(topology))):
        for number, frame in enumerate(some, start=first):
            _check_atoms(path, number, len(frame.positions_nm), topology)
        time = np.array([frame.step for frame in some]) * (timestep_ps or 0.0)
        yield Chunk(first, time, np.array([frame.positions_nm for frame in some]), np.array([frame.cell_nm for frame in some]))
        first += len(some)
    if first == 1:
        raise InputError(f"{path}: holds no frames")


def _mdtraj_chunks(path: Path, topology: Topology, frame_interval_ps: float | None, timestep_ps: float | None) -> Iterator[Chunk]:
    if frame_interval_ps is None and not _has_time(path):
        raise InputError(f"{path}: {path.suffix} files tell no times: give the time between frames by --frame-interval-ps")
    if topology.mdtraj is None:
        raise InputError(
            f"{path}: a LAMMPS data file goes with a LAMMPS text dump; give a .gro, .pdb or .psf as topology of a {path.suffix} file"
        )
    _check_atoms(path, 1, _atoms_in(path, topology), topology)
    _check_length(path)
    first = 1
    for read in _read(path, topology):
        if read.unitcell_vectors is None:
            raise InputError(
                f"{path}: holds no box; g(r) and density need one: write the trajectory with its box (a DCD, XTC or TRR has room for it)"
            )
        _check_atoms(path, first, read.n_atoms, topology)
        yield Chunk(first, read.time.astype(float), read.xyz.astype(float), read.unitcell_vectors.astype(float))
        first += len(read)
    if first == 1:
        raise InputError(f"{path}: holds no frames")


def _read(path: Path, topology: Topology) -> Iterator[Any]:
    """Mdtraj's chunks; where one cannot be read, its frames one by one up to the broken one."""
    import mdtraj

    done = 0
    size = _chunk_frames(topology)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for read in mdtraj.iterload(str(path), top=topology.mdtraj, chunk=size):
                yield read
                done += len(read)
        return
    except GeneratorExit:
        raise
    except Exception as error:  # whatever a broken file makes a parser raise
        fault = error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for read in mdtraj.iterload(str(path), top=topology.mdtraj, chunk=1, skip=done):
                yield read
                done += len(read)
    except GeneratorExit:
        raise
    except Exception:
        pass
    raise InputError(
        f"{path}: frame {done + 1} cannot be read, the file is cut short or damaged ({type(fault).__name__}: {fault}); "
        + ("--end at an earlier time uses the frames before it" if done else "write it anew")
    ) from fault


def _chunk_frames(topology: Topology) -> int:
    return max(1, CHUNK_ATOMS // topology.atoms)


def _tell_other_times(path: Path, told_ps: Array, frame_interval_ps: float) -> None:
    """Warn where the file has times of its own, and they are others."""
    told = float(told_ps[1] - told_ps[0]) if len(told_ps) > 1 and _has_time(path) else 0.0
    if told > 0 and abs(told - frame_interval_ps) > 1e-3 * told:
        log.warning(
            "%s: tells a frame every %g ps; --frame-interval-ps makes it %g ps, which changes D by as much", path, told, frame_interval_ps
        )


def _has_time(path: Path) -> bool:
    if path.name.lower().endswith(".gro"):
        with path.open(errors="replace") as lines:
            return "t=" in lines.readline()
    return not path.name.lower().endswith(TIMELESS)


def _atoms_in(path: Path, topology: Topology) -> int:
    """Atoms of the first frame, without a topology; a file that cannot be opened is left to the reading itself."""
    import mdtraj

    if path.name.lower().endswith((".mdcrd", ".crd", ".pdb", ".pdb.gz", ".gsd", ".arc")):
        return topology.atoms
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with mdtraj.open(str(path)) as content:
                found = content.read(n_frames=1)
        return int((found[0] if isinstance(found, tuple) else found.coordinates).shape[1])
    except Exception:  # whatever a broken file makes a parser raise
        return topology.atoms


def _check_atoms(path: Path, frame: int, found: int, topology: Topology) -> None:
    if found != topology.atoms:
        raise InputError(
            f"{path}: frame {frame} holds {found} atoms, {topology.source} {topology.atoms}: they must be of the same system",
            "the topology that belongs to this trajectory, with the same atoms in it",
        )


def _check_length(path: Path) -> None:
    """A DCD tells in its head how many frames it should hold."""
    if path.suffix.lower() != ".dcd":
        return
    import mdtraj

    with path.open("rb") as file:
        head = file.read(12)
    try:
        with mdtraj.open(str(path)) as content:
            held = len(content)
        claimed = struct.unpack("<i", head[8:12])[0]
    except Exception:  # whatever a broken file makes a parser raise
        return
    if 0 < held < claimed < 1 << 24:
        raise InputError(f"{path}: is cut short: its head tells {claimed} frames, {held} are there; write it anew (mdconvert, catdcd)")


def _check_cells(path: Path, chunk: Chunk) -> None:
    volumes = np.linalg.det(chunk.cells_nm)
    bad = np.flatnonzero(~(volumes > SMALLEST_VOLUME_NM3 * chunk.positions_nm.shape[1]))
    if len(bad):
        raise InputError(
            f"{path}: frame {chunk.first + bad[0]}: a box of {volumes[bad[0]]:.3g} nm3 cannot hold {chunk.positions_nm.shape[1]} atoms: "
            "no box, a placeholder, or lengths in another unit"
        )
