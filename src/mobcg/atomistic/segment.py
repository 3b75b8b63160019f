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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openmm

from mobcg.files import temporary_name, write_text

Array = npt.NDArray[np.float64]

UNREADABLE = (OSError, KeyError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, tokenize.TokenError)
"""What numpy's archives raise where some of their bytes are wrong; each array has a checksum of its own."""

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
    Old states are removed; the last two stay.
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
            with np.load(self.path(index, ".npz")) as data:
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
        for path in sorted(self.folder.glob(f"{self.stage}-[0-9]*.npz")):
            try:
                with np.load(path) as data:
                    found.append(data["rows"])
            except UNREADABLE:
                continue
        return np.concatenate(found)

    def clear(self) -> None:
        """Remove all of the stage's files."""
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
