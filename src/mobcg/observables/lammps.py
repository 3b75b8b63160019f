"""LAMMPS' own text files: the data file (topology) and the dump (trajectory), lengths in Angstrom as in units real and metal."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

NM_PER_ANGSTROM = 0.1

COLUMNS = {"full": (1, 2), "molecular": (1, 2), "bond": (1, 2), "angle": (1, 2), "atomic": (None, 1), "charge": (None, 1)}
"""Columns of the molecule and the type in the section Atoms, by atom_style."""

SECTION = re.compile(r"^\s*(Masses|Atoms|Velocities|Bonds|Angles|Dihedrals|Impropers|[A-Z][A-Za-z]+ Coeffs)\s*(?:#\s*(\w+).*)?$")


@dataclass(frozen=True)
class DataFile:
    """Atoms in the order of their ids: type and molecule (atoms,), mass in Da (nan: not given), bonds (bonds, 2) by index."""

    types: npt.NDArray[np.intp]
    molecules: npt.NDArray[np.intp]
    masses_Da: Array
    bonds: npt.NDArray[np.intp]


def is_data_file(path: Path) -> bool:
    """Whether a line `N atoms` stands in the first lines, as in every LAMMPS data file."""
    with path.open(errors="replace") as lines:
        return any(re.match(r"^\s*\d+\s+atoms\s*(#.*)?$", line) for line in islice(lines, 1, 12))


def read_data(path: Path) -> DataFile:
    """Read masses, atoms and bonds of a LAMMPS data file; the atom style stands behind `Atoms #` (write_data writes it).

    Raises InputError where a section is missing or the atom style is not one of COLUMNS.
    """
    sections = _sections(path)
    if "Atoms" not in sections:
        raise InputError(f"{path}: a LAMMPS data file without a section Atoms")
    style, rows = sections["Atoms"]
    if style not in COLUMNS:
        raise InputError(
            f"{path}: section Atoms: the atom style must stand behind it, as in 'Atoms # full'; found {style!r}, allowed: "
            f"{', '.join(COLUMNS)}"
        )
    molecule, kind = COLUMNS[style]
    atoms = np.array([row[:4] for row in rows]).astype(float).astype(np.intp)
    atoms = atoms[np.argsort(atoms[:, 0])]
    masses = {int(row[0]): float(row[1]) for row in sections.get("Masses", ("", []))[1]}
    types = atoms[:, kind]
    bonds = np.array([row[2:4] for row in sections.get("Bonds", ("", []))[1]], dtype=np.intp).reshape(-1, 2)
    return DataFile(
        types,
        atoms[:, molecule] if molecule is not None else atoms[:, 0],
        np.array([masses.get(int(one), np.nan) for one in types]),
        np.searchsorted(atoms[:, 0], bonds),
    )


def _sections(path: Path) -> dict[str, tuple[str | None, list[list[str]]]]:
    found: dict[str, tuple[str | None, list[list[str]]]] = {}
    current: list[list[str]] = []
    with path.open(errors="replace") as lines:
        for line in islice(lines, 1, None):
            if head := SECTION.match(line):
                current = []
                found[head[1]] = (head[2], current)
            elif words := line.split("#")[0].split():
                current.append(words)
    return found


class DumpFrame(NamedTuple):
    """One frame: step, positions in nm (atoms, 3) in the order of the ids, cell in nm (3, 3) with rows a, b, c."""

    step: int
    positions_nm: Array
    cell_nm: Array


def read_dump(path: Path) -> Iterator[DumpFrame]:
    """Yield the frames of a LAMMPS text dump with columns id and x y z, xu yu zu, xs ys zs or xsu ysu zsu.

    Raises InputError naming file and frame where the dump is cut short or lacks a column.
    """
    with path.open(errors="replace") as lines:
        for number, head in enumerate(iter(lines.readline, ""), start=1):
            if not head.strip():
                return
            try:
                yield _frame(lines, head, f"{path}: frame {number}")
            except (ValueError, IndexError) as error:
                if isinstance(error, InputError):
                    raise
                raise InputError(f"{path}: frame {number} is broken or cut short ({error}); --end can leave it out") from error


def _frame(lines: io.TextIOBase, head: str, where: str) -> DumpFrame:
    if not head.startswith("ITEM: TIMESTEP"):
        raise InputError(f"{where}: a LAMMPS text dump was expected, its frames begin with 'ITEM: TIMESTEP'; found {head.strip()[:40]!r}")
    step = int(lines.readline())
    lines.readline()
    atoms = int(lines.readline())
    bounds = lines.readline()
    if not bounds.startswith("ITEM: BOX BOUNDS"):
        raise ValueError("no ITEM: BOX BOUNDS")
    origin, cell = _cell(np.array([lines.readline().split() for _ in range(3)], dtype=float))
    columns = lines.readline().split()[2:]
    styles = [prefix for prefix in ("", "u", "s", "su") if {f"{axis}{prefix}" for axis in "xyz"} <= set(columns)]
    if "id" not in columns or not styles:
        raise InputError(
            f"{where}: needs the columns id and x y z (or xu yu zu, xs ys zs); found {' '.join(columns)}: use dump ... "
            "custom N FILE id x y z"
        )
    text = list(islice(lines, atoms))
    if len(text) < atoms:
        raise ValueError(f"{len(text)} of {atoms} atoms")
    wanted = [columns.index(name) for name in ("id", *(f"{axis}{styles[0]}" for axis in "xyz"))]
    table = np.loadtxt(text, usecols=wanted, ndmin=2)
    places = table[np.argsort(table[:, 0]), 1:]
    places = places @ cell if styles[0].startswith("s") else places - origin
    return DumpFrame(step, places * NM_PER_ANGSTROM, cell * NM_PER_ANGSTROM)


def _cell(bounds: Array) -> tuple[Array, Array]:
    """Origin and cell vectors from BOX BOUNDS; with tilts the bounds are those of the bounding box (LAMMPS manual, Howto triclinic)."""
    if bounds.shape == (3, 2):
        return bounds[:, 0], np.diag(bounds[:, 1] - bounds[:, 0])
    xy, xz, yz = bounds[:, 2]
    low = bounds[:, 0] - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = bounds[:, 1] - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    x, y, z = high - low
    return low, np.array([[x, 0, 0], [xy, y, 0], [xz, yz, z]])
