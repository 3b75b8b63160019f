"""GROMACS' tables of nonbonded pairs, table_*.xvg: r, f, -f', g, -g', h, -h' with V = q f + C6 g + C12 h. Units nm and kJ/mol.

The potential stands in h, the repulsion, as VOTCA does it: the topology says C6 = 0 and C12 = 1. GROMACS since 2020 cannot run such tables
(release notes of 2020, "Removed functionality"). Source: GROMACS 2019 manual, "Tabulated interaction functions".
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobcg.files import write_text
from mobcg.interop.table import check_force, finite, potential_of, read_rows, read_text, sampled
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential

Array = npt.NDArray[np.float64]

SPACING_NM = 0.002
"""Widest spacing that GROMACS' manual advises, for builds in single precision."""

EXTENSION_NM = 1.0
"""How far the table goes on beyond the cutoff: GROMACS' default of table-extension."""

LIMITS = "GROMACS since 2020 cannot run tabulated nonbonded pairs: this table serves GROMACS up to 2019 and VOTCA"

COLUMNS = ("r", "f", "-f'", "g", "-g'", "h", "-h'")
TERMS = {"coulomb f": 1, "dispersion g": 3, "repulsion h": 5}


def write_potential(path: Path | str, potential: PairPotential, extension_nm: float = EXTENSION_NM) -> None:
    """Write the table from r = 0 to cutoff + `extension_nm`, the cutoff on its grid, zero beyond it."""
    points = int(np.ceil(potential.cutoff_nm / min(SPACING_NM, potential.spacing_nm) - 1e-6))
    spacing = potential.cutoff_nm / points
    r = np.asarray(spacing * np.arange(points + int(np.ceil(extension_nm / spacing - 1e-6)) + 1), dtype=np.float64)
    u, force = sampled(potential, r)
    head = [
        f"# {LIMITS}.",
        "# Columns: r, f, -f', g, -g', h, -h'. The potential stands in h (repulsion): C6 = 0, C12 = 1 in the topology.",
        f"# cutoff_nm {potential.cutoff_nm:.12g}",
    ]
    rows = [f"{a:.10e} 0 0 0 0 {b:.10e} {c:.10e}" for a, b, c in zip(r, u, force, strict=True)]
    write_text(path, "\n".join([*head, *rows, ""]))


def read_potential(path: Path | str) -> PairPotential:
    """Read the one term of a table that is not zero, from its first value that is not zero to the zeros at its end.

    Raises InputError naming file and line, and where more than one term is used: the topology, not the table, says how they are weighted.
    """
    rows = read_rows(path, "#@")
    for line, words in rows:
        if len(words) != len(COLUMNS):
            raise InputError(f"{path}: line {line}: expected 7 columns, {' '.join(COLUMNS)}, found {len(words)}")
    values = np.array([[finite(path, line, name, word) for name, word in zip(COLUMNS, words, strict=True)] for line, words in rows])
    used = [name for name, column in TERMS.items() if np.any(values[:, column])]
    if len(used) != 1:
        raise InputError(f"{path}: the potential must stand in one term, found {' and '.join(used) or 'zeros alone'}")
    column = TERMS[used[0]]
    u = values[:, column]
    taken = np.flatnonzero(u)
    part = slice(taken[0], _end(path, values[:, 0], u, values[:, column + 1]) + 1)
    lines = [line for line, _ in rows][part]
    potential = potential_of(path, lines, values[part, 0], u[part])
    check_force(path, potential, values[part, column + 1])
    return potential


def _end(path: Path | str, r_nm: Array, u: Array, force: Array) -> int:
    """Row of the cutoff: the one that a comment of ours names, else the first where U stays zero."""
    if stated := re.search(r"^# cutoff_nm (\S+)$", read_text(path), re.MULTILINE):
        return int(np.argmin(np.abs(r_nm - float(stated[1]))))
    last = int(np.flatnonzero((u != 0) | (force != 0))[-1])
    return min(last + 1, len(u) - 1) if u[last] != 0 else last
