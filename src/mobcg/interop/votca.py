"""VOTCA's tables: `x y flag`, flag i (inside the range), o (outside, extrapolated) or u (undefined). Units nm and kJ/mol.

Potentials (.pot) and target distributions (.dist.tgt) look alike. Source: VOTCA CSG manual, "Table formats".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.files import write_text
from mobcg.interop.table import check_even, finite, potential_of, read_rows
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential

Array = npt.NDArray[np.float64]

FLAGS = ("i", "o", "u")


def write_potential(path: Path | str, potential: PairPotential) -> None:
    """Write U on its own grid. Below its first point VOTCA extrapolates by its own rule, where mobcg goes on in a straight line."""
    _write(path, "r_nm u_kj_per_mol flag", potential.r_nm, potential.u_kj_per_mol)


def read_potential(path: Path | str) -> PairPotential:
    """Read a .pot; points flagged u are left out. Raises InputError naming file and line."""
    lines, (r, u), remark = _read(path)
    return potential_of(path, lines, r, u, remark)


def write_distribution(path: Path | str, rdf: RadialDistribution) -> None:
    """Write g(r); its errors have no place in the format."""
    _write(path, "r_nm g flag", rdf.r_nm, rdf.g)


def read_distribution(path: Path | str) -> RadialDistribution:
    """Read a .dist.tgt; points flagged u are left out, errors are zero. Raises InputError naming file and line."""
    lines, (r, g), remark = _read(path)
    check_even(path, lines, r, remark)
    if np.any(g < 0):
        row = int(np.argmax(g < 0))
        raise InputError(f"{path}: line {lines[row]}: g must not be negative, found {g[row]:.8g}")
    return RadialDistribution(r, g, np.zeros_like(g))


def _write(path: Path | str, columns: str, x: Array, y: Array) -> None:
    rows = [f"{a:.15g} {b:.15g} i" for a, b in zip(x, y, strict=True)]
    write_text(path, "\n".join([f"# written by mobcg: {columns}", *rows, ""]))


def _read(path: Path | str) -> tuple[list[int], Array, str]:
    lines, points, undefined = [], [], 0
    for line, words in read_rows(path, "#@"):
        if len(words) not in (3, 4):
            raise InputError(f"{path}: line {line}: expected x, y, flag (or x, y, error, flag), found {len(words)} columns")
        if words[-1] not in FLAGS:
            raise InputError(f"{path}: line {line}: expected the flag i, o or u at the end, found {words[-1]!r}")
        x = finite(path, line, "x", words[0])
        if words[-1] == "u":
            undefined += 1
            continue
        lines.append(line)
        points.append((x, finite(path, line, "y", words[1])))
    columns = np.array(points, dtype=float).reshape(-1, 2).T
    return lines, columns, f" ({undefined} points flagged u are left out)" if undefined else ""
