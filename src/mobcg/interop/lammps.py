"""Files of LAMMPS' `pair_style table`: a keyword, `N n R lo hi`, then rows of number, r, energy, force.

Source: LAMMPS documentation, pair_style table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mobcg.files import write_text
from mobcg.interop.table import Row, aligned_grid, check_force, finite, potential_of, read_text, sampled
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from mobcg.units import AVOGADRO, KJ_PER_KCAL

KEYWORD = "BEAD_BEAD"

SUBDIVISIONS = 4
"""Rows a step of the potential's grid. LAMMPS splines the forces by themselves, so their error falls with the rows."""


@dataclass(frozen=True)
class UnitStyle:
    """One unit of a LAMMPS unit style in nm, kJ/mol, ps and Da."""

    length_nm: float
    energy_kj_per_mol: float
    time_ps: float
    mass_Da: float

    def pair_friction(self, mass_Da: float, friction_per_ps: float) -> float:
        """LAMMPS' gamma of dpd/tstat, a force over a velocity: mass x friction, in the style's energy x time / length2."""
        return mass_Da * friction_per_ps * self.length_nm**2 / (self.energy_kj_per_mol * self.time_ps)


UNIT_STYLES = {
    "real": UnitStyle(0.1, KJ_PER_KCAL, 1e-3, 1.0),
    "metal": UnitStyle(0.1, 1.602176634e-19 * AVOGADRO / 1000, 1.0, 1.0),
    "nano": UnitStyle(1.0, 1e-21 * AVOGADRO / 1000, 1e3, 1e-18 * AVOGADRO),
}
"""The unit styles that tables are written and read in. Source: LAMMPS documentation, units."""


def unit_style(name: str) -> UnitStyle:
    """The unit style of that name. Raises InputError."""
    try:
        return UNIT_STYLES[name]
    except KeyError:
        raise InputError(f"LAMMPS units {name!r} are not known here; allowed: {', '.join(UNIT_STYLES)}") from None


def write_potential(path: Path | str, potential: PairPotential, units: str = "real", keyword: str = KEYWORD) -> None:
    """Write the potential down to a step's fraction from r = 0: below its table LAMMPS stops with an error."""
    style = unit_style(units)
    grid = aligned_grid(potential, SUBDIVISIONS)
    r = grid[grid > 1e-3 * potential.spacing_nm]
    u, f = sampled(potential, r)
    columns = (r / style.length_nm, u / style.energy_kj_per_mol, f * style.length_nm / style.energy_kj_per_mol)
    rows = [f"{row} {a:.14g} {b:.14g} {c:.14g}" for row, (a, b, c) in enumerate(zip(*columns, strict=True), 1)]
    lengths = f"{columns[0][0]:.14g} {columns[0][-1]:.14g}"
    head = [f"# UNITS: {units} CONTRIBUTOR: mobcg", "# number, r, energy, force", "", keyword, f"N {len(r)} R {lengths}", ""]
    write_text(path, "\n".join([*head, *rows, ""]))


def read_potential(path: Path | str, units: str | None = None, keyword: str | None = None) -> PairPotential:
    """Read one section of a table file.

    `units`: of the file; by default what its tag UNITS says. `keyword`: the section; not needed where there is one. R and FPRIME are
    understood, RSQ and BITMAP (uneven in r) are refused. The force column is only compared. Raises InputError naming file and line.
    """
    text = read_text(path)
    rows = [
        (number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")
    ]
    sections = _sections(path, rows)
    if keyword is None:
        if len(sections) != 1:
            raise InputError(f"{path}: the file has {len(sections)} sections; name one of {', '.join(sections) or 'none'} as keyword")
        keyword = next(iter(sections))
    if keyword not in sections:
        raise InputError(f"{path}: there is no section {keyword!r}; found: {', '.join(sections)}")
    style = unit_style(_units(path, text, units))
    parameters, body = sections[keyword]
    names = ("number", "r", "energy", "force")
    values = np.array([[finite(path, line, name, word) for name, word in zip(names, words, strict=True)] for line, words in body])
    r, u, f = values[:, 1:].T
    if "R" in parameters:
        r = np.linspace(*parameters["R"], len(r))
    potential = potential_of(path, [line for line, _ in body], r * style.length_nm, u * style.energy_kj_per_mol)
    check_force(path, potential, f * style.energy_kj_per_mol / style.length_nm)
    return potential


def _units(path: Path | str, text: str, asked: str | None) -> str:
    words = text.split("\n", 1)[0].split()
    tagged = words[words.index("UNITS:") + 1] if "UNITS:" in words[:-1] else None
    if asked and tagged and asked != tagged:
        raise InputError(f"{path}: its first line says UNITS: {tagged}, but {asked} was asked for")
    if not (asked or tagged):
        raise InputError(f"{path}: its first line has no UNITS: tag, so name its LAMMPS units; allowed: {', '.join(UNIT_STYLES)}")
    return str(asked or tagged)


def _sections(path: Path | str, rows: list[Row]) -> dict[str, tuple[dict[str, tuple[float, float]], list[Row]]]:
    if not rows:
        raise InputError(f"{path}: the file holds no section: a keyword, `N n R lo hi`, then rows of number, r, energy, force")
    sections = {}
    at = 0
    while at < len(rows):
        line, words = rows[at]
        if words[0][0].isdigit():
            raise InputError(f"{path}: line {line}: expected a section's keyword, found {' '.join(words)!r}")
        if at + 1 == len(rows):
            raise InputError(f"{path}: line {line}: the section {words[0]!r} ends before its line `N n R lo hi`")
        points, parameters = _parameters(path, *rows[at + 1])
        body = rows[at + 2 : at + 2 + points]
        for number, row in body:
            if len(row) != 4:
                raise InputError(f"{path}: line {number}: expected number, r, energy, force, found {len(row)} columns")
        if len(body) < points:
            raise InputError(f"{path}: the section {words[0]!r} should have N = {points} rows, the file ends after {len(body)}")
        sections[words[0]] = (parameters, body)
        at += 2 + points
    return sections


def _parameters(path: Path | str, line: int, words: list[str]) -> tuple[int, dict[str, tuple[float, float]]]:
    points, parameters = 0, {}
    remaining = list(words)
    while remaining:
        name = remaining.pop(0)
        if name in ("RSQ", "BITMAP"):
            raise InputError(f"{path}: line {line}: tables spaced by {name} are uneven in r; write it anew with `pair_write ... r`")
        wanted = {"N": 1, "R": 2, "FPRIME": 2}.get(name)
        if wanted is None or len(remaining) < wanted:
            raise InputError(f"{path}: line {line}: expected `N n`, `R lo hi` or `FPRIME a b`, found {' '.join(words)!r}")
        values = [finite(path, line, name, remaining.pop(0)) for _ in range(wanted)]
        if name == "N":
            points = int(values[0])
        else:
            parameters[name] = (values[0], values[1])
    if points < 1:
        raise InputError(f"{path}: line {line}: expected the number of rows, `N n`, found {' '.join(words)!r}")
    if "R" in parameters and not 0 < parameters["R"][0] < parameters["R"][1]:
        raise InputError(f"{path}: line {line}: R needs 0 < lo < hi, found {parameters['R'][0]:g} and {parameters['R'][1]:g}")
    return points, parameters
