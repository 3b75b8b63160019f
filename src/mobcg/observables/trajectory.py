"""Centre-of-mass trajectories of a one-component liquid in a periodic cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from mobcg.files import temporary_name
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """Unwrapped centres of mass at evenly spaced times.

    positions_nm: (frames, molecules, 3), unwrapped; time_ps: (frames,), evenly spaced; box_nm: edge of the cubic box, or the cube root of
    the mean volume; mass_Da: of one molecule. A cell that is no constant cube comes as cells_nm (frames, 3, 3), its rows the vectors a, b,
    c; where it fluctuates, unwrapped places do not lie on the cell's images, and wrapped_nm (frames, molecules, 3) tells where the
    molecules are.
    """

    positions_nm: Array
    time_ps: Array
    box_nm: float
    mass_Da: float
    cells_nm: Array | None = None
    wrapped_nm: Array | None = None

    def __post_init__(self) -> None:
        shape = self.positions_nm.shape
        if len(shape) != 3 or shape[2] != 3 or shape[0] != len(self.time_ps):
            raise ValueError(
                f"positions must have shape (frames, molecules, 3) with one time a frame, found {shape} and {len(self.time_ps)} times"
            )
        if len(self.time_ps) > 1 and not np.allclose(np.diff(self.time_ps), self.interval_ps, rtol=1e-3):
            raise ValueError("the frames must be evenly spaced in time")
        if self.cells_nm is not None and self.cells_nm.shape != (shape[0], 3, 3):
            raise ValueError(f"the cells must have shape (frames, 3, 3), found {self.cells_nm.shape}")
        if self.wrapped_nm is not None and self.wrapped_nm.shape != shape:
            raise ValueError(f"the wrapped positions must have shape {shape}, found {self.wrapped_nm.shape}")

    @property
    def places_nm(self) -> Array:
        """Where the molecules are, modulo each frame's cell, shape (frames, molecules, 3): for everything but displacements."""
        return self.positions_nm if self.wrapped_nm is None else self.wrapped_nm

    @property
    def volumes_nm3(self) -> Array:
        """Volume of each frame's cell in nm3, shape (frames,)."""
        return np.full(self.frames, self.box_nm**3) if self.cells_nm is None else np.abs(np.linalg.det(self.cells_nm))

    @property
    def reach_nm(self) -> float:
        """Radius in nm of the largest sphere that fits every frame's cell: half the smallest height."""
        return self.box_nm / 2 if self.cells_nm is None else float(heights(self.cells_nm).min()) / 2

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
        """Number density in 1/nm3, of the mean volume."""
        return self.molecules / self.box_nm**3

    def save(self, path: Path | str) -> None:
        """Write as compressed npz (positions in single precision: 1e-6 nm at 10 nm)."""
        optional = {
            "cells_nm": self.cells_nm,
            "wrapped_nm": None if self.wrapped_nm is None else self.wrapped_nm.astype(np.float32),
        }
        given: dict[str, Any] = {name: values for name, values in optional.items() if values is not None}
        with temporary_name(path) as temporary:
            np.savez_compressed(
                temporary,
                positions_nm=self.positions_nm.astype(np.float32),
                time_ps=self.time_ps,
                box_nm=self.box_nm,
                mass_Da=self.mass_Da,
                **given,
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
                    *(data[name].astype(np.float64) if name in data else None for name in ("cells_nm", "wrapped_nm")),
                )
        except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
            raise InputError(f"{path}: not a complete centre-of-mass trajectory ({error})") from error


def heights(cells_nm: Array) -> Array:
    """Distances between opposite faces of cells (..., 3, 3) with rows a, b, c: V/|b x c|, V/|c x a|, V/|a x b|, shape (..., 3)."""
    return np.asarray(1 / np.linalg.norm(np.linalg.inv(cells_nm), axis=-2))
