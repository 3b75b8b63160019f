"""Segments: the pieces that a run is computed and saved in.

Every segment starts in a new OpenMM context from a saved state and with its own random stream, whether or not the process was killed
before it. So a run that was interrupted gives the same numbers as one that was not; on the CPU with one thread, bit for bit.
"""

from __future__ import annotations

import hashlib
import time
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import openmm

from mobcg.files import temporary_name, write_text

Array = npt.NDArray[np.float64]

UNREADABLE = (OSError, KeyError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, tokenize.TokenError)
"""What numpy's archives raise where some of their bytes are wrong; each array has a checksum of its own."""

PACK = "-segments.zip"
"""End of the name of a file that holds the samples of all of a stage's segments."""

COLUMNS = ("time_ps", "temperature_K", "potential_energy_kj_per_mol", "density_g_per_cm3", "pressure_bar")


@dataclass(frozen=True)
class Start:
    """Where a stage begins: positions (atoms, 3) nm, velocities (atoms, 3) nm/ps, edge of the cubic box in nm."""

    positions_nm: Array
    velocities_nm_per_ps: Array
    edge_nm: float

    @staticmethod
    def of(state: openmm.State) -> Start:
        """Positions, velocities and box of an OpenMM state."""
        return Start(
            np.asarray(state.getPositions(asNumpy=True)._value, dtype=float),
            np.asarray(state.getVelocities(asNumpy=True)._value, dtype=float),
            float(state.getPeriodicBoxVectors(asNumpy=True)._value[0][0]),
        )

    @staticmethod
    def from_xml(text: str) -> Start:
        """Positions, velocities and box of a serialized OpenMM state."""
        return Start.of(openmm.XmlSerializer.deserialize(text))

    def to_xml(self) -> str:
        """Write the state as OpenMM serializes one."""
        system = openmm.System()
        for _ in self.positions_nm:
            system.addParticle(1.0)
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), openmm.Platform.getPlatformByName("Reference"))
        context.setPeriodicBoxVectors(*np.diag([self.edge_nm] * 3))
        context.setPositions(self.positions_nm)
        context.setVelocities(self.velocities_nm_per_ps)
        return str(openmm.XmlSerializer.serialize(context.getState(positions=True, velocities=True)))


@dataclass(frozen=True)
class Segment:
    """A finished segment.

    rows: (samples, len(COLUMNS)); centres_nm: (samples, molecules, 3) unwrapped, single precision, empty before production;
    state_xml: the OpenMM state at its end with the integrator's own variables (the Nose-Hoover chain), "" where it was not kept.
    """

    timestep_fs: float
    rows: Array
    centres_nm: npt.NDArray[np.float32]
    state_xml: str
    wall_s: float


@dataclass(frozen=True)
class SegmentStore:
    """The segments of one stage in a folder: `stage-00012.npz` (samples) and `stage-00012.xml` (state at the end).

    The state is written first, the samples, which hold its checksum, last: where they can be read the segment is finished.
    Old states are removed; the last two stay. Of a finished run the samples of all segments are in one file, `stage-segments.zip`.
    """

    folder: Path
    stage: str

    def path(self, index: int, suffix: str) -> Path:
        """File of one segment."""
        return self.folder / f"{self.stage}-{index:05d}{suffix}"

    def write(self, index: int, segment: Segment) -> None:
        """Save a segment, all or nothing."""
        write_text(self.path(index, ".xml"), segment.state_xml)
        with temporary_name(self.path(index, ".npz")) as temporary:
            np.savez_compressed(
                temporary,
                timestep_fs=segment.timestep_fs,
                rows=segment.rows,
                centres_nm=segment.centres_nm,
                wall_s=segment.wall_s,
                state_digest=_digest(segment.state_xml),
            )
        self.path(index - 2, ".xml").unlink(missing_ok=True)

    def read(self, index: int, timestep_fs: float, samples: int) -> Segment | None:
        """One segment; None where it is missing, damaged, or was made with another step or length."""
        try:
            with self._open(index) as file, np.load(file) as data:
                rows, centres = data["rows"], data["centres_nm"]
                step, wall, digest = float(data["timestep_fs"]), float(data["wall_s"]), str(data["state_digest"])
        except UNREADABLE:
            return None
        if step != timestep_fs or rows.shape != (samples, len(COLUMNS)) or len(centres) not in (0, samples):
            return None
        try:
            state = self.path(index, ".xml").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            state = ""
        return Segment(step, rows, centres, state if _digest(state) == digest else "", wall)

    def finished(self, timestep_fs: float, samples_of: Callable[[int], int], segments: int, with_end: bool = True) -> list[Segment]:
        """The longest run of good segments from the first on whose last one still has its state, so that work can go on from it.

        with_end: False where nothing goes on from the stage's end; where all its segments are good, their states are then not needed.
        """
        found: list[Segment] = []
        for index in range(segments):
            segment = self.read(index, timestep_fs, samples_of(index))
            if segment is None:
                break
            found.append(segment)
        while found and not found[-1].state_xml and (with_end or len(found) < segments):
            found.pop()
        return found

    def samples(self) -> Array:
        """Rows of all readable segments, whatever their step, shape (samples, len(COLUMNS)): for a look at a run that failed."""
        found = [np.empty((0, len(COLUMNS)))]
        for index in self._indices():
            try:
                with self._open(index) as file, np.load(file) as data:
                    found.append(data["rows"])
            except UNREADABLE:
                continue
        return np.concatenate(found)

    def pack(self) -> None:
        """Put the samples of all segments into one file, and keep the last state alone: a shared file system suffers from many files.

        The stage is read, and gone on from, as before.
        """
        loose = [index for index in self._indices() if self.path(index, ".npz").exists()]
        if not loose:
            return
        with temporary_name(self._pack) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for index in self._indices():
                with suppress(*UNREADABLE), self._open(index) as file:
                    archive.writestr(self.path(index, ".npz").name, file.read())
        for index in loose:
            self.path(index, ".npz").unlink()
        for path in sorted(self.folder.glob(f"{self.stage}-[0-9][0-9][0-9][0-9][0-9].xml"))[:-1]:
            path.unlink()

    @property
    def _pack(self) -> Path:
        return self.folder / f"{self.stage}{PACK}"

    def _open(self, index: int) -> BinaryIO:
        """The samples' file of one segment, as it lies there or out of the pack. Raises one of UNREADABLE where there is none."""
        path = self.path(index, ".npz")
        if path.exists() or not self._pack.exists():
            return path.open("rb")
        with zipfile.ZipFile(self._pack) as archive:
            return BytesIO(archive.read(path.name))

    def _indices(self) -> list[int]:
        """Segments that are there, by their numbers."""
        names = {path.name for path in self.folder.glob(f"{self.stage}-[0-9][0-9][0-9][0-9][0-9].npz")}
        with suppress(*UNREADABLE), zipfile.ZipFile(self._pack) as archive:
            names |= set(archive.namelist())
        return sorted(int(name.removesuffix(".npz").rpartition("-")[2]) for name in names)

    def clear(self) -> None:
        """Remove all of the stage's files."""
        self._pack.unlink(missing_ok=True)
        for path in self.folder.glob(f"{self.stage}-[0-9]*"):
            path.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Clock:
    """Wall time since it was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self._start
