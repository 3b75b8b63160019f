"""Positions, velocities and box in GROMACS' g96 format, nine decimals: no digit of single precision is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.atomistic.segment import Start

Array = npt.NDArray[np.float64]


def write_structure(path: Path, state: Start) -> None:
    """Write a state without the atoms' names, which the topology has."""
    blocks = ["TITLE\nliquid\nEND"]
    for name, values in (("POSITIONRED", state.positions_nm), ("VELOCITYRED", state.velocities_nm_per_ps)):
        blocks.append("\n".join([name, *(f"{x:15.9f}{y:15.9f}{z:15.9f}" for x, y, z in values.tolist()), "END"]))
    blocks.append(f"BOX\n{state.edge_nm:15.9f}{state.edge_nm:15.9f}{state.edge_nm:15.9f}\nEND\n")
    path.write_text("\n".join(blocks), encoding="ascii")


def read_structure(path: Path) -> Start:
    """Read a state that mdrun wrote."""
    blocks: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        if line == "END":
            name = ""
        elif not name:
            name = line.strip()
            blocks[name] = []
        else:
            blocks[name].append(line)
    return Start(_vectors(blocks["POSITION"]), _vectors(blocks["VELOCITY"]), float(blocks["BOX"][0].split()[0]))


def _vectors(lines: list[str]) -> Array:
    return np.array([(line[24:39], line[39:54], line[54:69]) for line in lines]).astype(np.float64)
