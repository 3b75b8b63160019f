"""Centre-of-mass trajectories of a one-component liquid in a cubic box."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from mobcg.files import temporary_name
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """Unwrapped centres of mass at evenly spaced times.

    positions_nm: (frames, molecules, 3), unwrapped; time_ps: (frames,), evenly spaced; box_nm: edge of the cubic box;
    mass_Da: of one molecule.
    """

    positions_nm: Array
    time_ps: Array
    box_nm: float
    mass_Da: float

    def __post_init__(self) -> None:
        shape = self.positions_nm.shape
        if len(shape) != 3 or shape[2] != 3 or shape[0] != len(self.time_ps):
            raise ValueError(
                f"positions must have shape (frames, molecules, 3) with one time a frame, found {shape} and {len(self.time_ps)} times"
            )
        if len(self.time_ps) > 1 and not np.allclose(np.diff(self.time_ps), self.interval_ps, rtol=1e-3):
            raise ValueError("the frames must be evenly spaced in time")

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.positions_nm.shape[0])

    @property
    def molecules(self) -> int:
        """Number of molecules."""
        return int(self.positions_nm.shape[1])

    @property
    def interval_ps(self) -> float:
        """Time between frames in ps."""
        return float(self.time_ps[-1] - self.time_ps[0]) / (len(self.time_ps) - 1) if len(self.time_ps) > 1 else float("nan")

    @property
    def density_per_nm3(self) -> float:
        """Number density in 1/nm3."""
        return self.molecules / self.box_nm**3

    def save(self, path: Path | str) -> None:
        """Write as compressed npz (positions in single precision: 1e-6 nm at 10 nm)."""
        with temporary_name(path) as temporary:
            np.savez_compressed(
                temporary,
                positions_nm=self.positions_nm.astype(np.float32),
                time_ps=self.time_ps,
                box_nm=self.box_nm,
                mass_Da=self.mass_Da,
            )

    @staticmethod
    def load(path: Path | str) -> Trajectory:
        """Read what `save` wrote. Raises InputError where the file is damaged."""
        try:
            with np.load(path) as data:
                return Trajectory(
                    data["positions_nm"].astype(np.float64),
                    data["time_ps"].astype(np.float64),
                    float(data["box_nm"]),
                    float(data["mass_Da"]),
                )
        except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
            raise InputError(f"{path}: not a complete centre-of-mass trajectory ({error})") from error
