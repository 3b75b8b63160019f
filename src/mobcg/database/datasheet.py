"""The datasheet of a mobility database, written from the file itself.

Its questions follow Gebru et al., Datasheets for Datasets, Commun. ACM 64, 86 (2021).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mobcg.database.information import info
from mobcg.database.schema import BY_NAME, COLUMNS, SCHEMA_VERSION
from mobcg.library.synthetic import CORE_KT, KIND

KIND_WORDS = {
    "drawn": "inverted from an atomistic liquid of a template molecule with random bonded parameters",
    "reference": "inverted from a real liquid with its own force field",
    KIND: "drawn from scratch: Mie's form in reduced units",
}

REDUCED_WORDS = {
    "x_core": f"core, x where U/kT last falls through {CORE_KT:g}, x = r rho^(1/3)",
    "depth_kT": "depth of the well, -min U/kT",
    "diffusion": "D* = D rho^(1/3) sqrt(m/kT)",
    "friction": "gamma* = gamma sqrt(m/kT) rho^(-1/3)",
}


def datasheet(path: Path | str) -> str:
    """The datasheet in Markdown. Raises InputError where the file is no database."""
    summary = info(path)
    sections = {
        "Motivation": _MOTIVATION,
        "Composition": _composition(summary),
        "How it was collected": _collection(summary),
        "Rounding": _rounding(),
        "Known limits": _LIMITS,
        "Uses": _USES,
        "Distribution": _distribution(Path(path), summary),
    }
    head = [
        "# Datasheet of the mobility database",
        "",
        "Written by `mobcg database datasheet` from the file itself; the questions follow Gebru et al., Datasheets for Datasets,",
        "Commun. ACM 64, 86 (2021). The columns are explained in docs/reference/database.md.",
    ]
    return "\n".join([*head, *(f"\n## {title}\n\n{text}" for title, text in sections.items())]) + "\n"


_MOTIVATION = """\
A coarse-grained liquid, one bead a molecule, moves too fast. What potential and friction give a liquid both its structure and its
diffusion is an inverse problem; this table holds the forward answers to learn from: pair potential, mass, state and friction in, radial
distribution function and self-diffusion out. The runs come from random force fields and random potentials, so that a model trained on
them is not bound to the liquids that exist."""

_LIMITS = """\
- One component, one bead a molecule, no charges, no anisotropy.
- Drawn parents are hydrocarbons with random bonded parameters and the non-bonded parameters of their force field; synthetic ones have a
  single well before their random smooth change.
- Friction is Langevin's, which does not conserve momentum: diffusion holds, hydrodynamics and viscosity do not.
- D is that of the finite box, without the correction to infinite size.
- Liquids that froze, evaporated or fell apart are rows with that outcome and without values: they are few and tell where liquids end,
  not how fast.
- Rows of one parent are alike. Split by `parent`, never by row."""

_USES = """\
Made for training and testing models of (g, D, mass) -> (U, friction), and of the forward map. Also fit for the statistics of simple
liquids: entropy scaling, structure and pressure of soft potentials. In reduced units mass, temperature and density drop out, so rows
speak for other states too. Not fit for mixtures, for charged or anisotropic molecules, or as reference data of real substances: no row
is one."""


_COLLECTION = """\
Every number follows from the campaign's config and seed: drawn parents from atomistic runs and their inversion, synthetic ones from
random streams of their own. Each row draws mass, friction and the changes of its parent's potential, and keeps them with its seed, the
hash of its options (`config_hash`) and the software (`versions`). Structure and diffusion are measured on one trajectory, with a global
thermostat where there is no friction; errors come from its blocks."""


def _composition(summary: Mapping[str, Any]) -> str:
    grid = summary["r_nm"]
    units = {name: BY_NAME[name].unit or "-" for name in summary["ranges"]}
    parts = [
        f"{summary['rows']} rows, one a coarse-grained run, failed runs too, from {summary['parents']} parent potentials "
        f"({summary['parents_ok']} with an ok run).\nCurves stand on {grid['points']} points, "
        f"r = {grid['first']:g} to {grid['last']:g} nm.",
        _listed(("outcome", "rows"), summary["outcomes"].items()),
        _listed(
            ("parents", "rows", "ok", "meaning"),
            ((kind, count, summary["kinds_ok"].get(kind, 0), KIND_WORDS[kind]) for kind, count in summary["kinds"].items()),
        ),
        _listed(("template", "rows"), summary["templates"].items()),
        "Ranges of the ok rows:",
        _listed(
            ("column", "unit", "from", "to"),
            ((f"`{name}`", units[name], f"{low:.5g}", f"{high:.5g}") for name, (low, high) in summary["ranges"].items()),
        ),
        "The same in reduced units (rho: number density):",
        _listed(
            ("quantity", "from", "to"),
            ((REDUCED_WORDS[name], f"{low:.4g}", f"{high:.4g}") for name, (low, high) in summary["reduced"].items()),
        ),
        "Nothing in it is personal or confidential.",
    ]
    return "\n\n".join(part for part in parts if part)


def _collection(summary: Mapping[str, Any]) -> str:
    engines = ", ".join(f"{name} ({count} rows)" for name, count in summary["engines"].items())
    campaigns = [
        (source["seed"], source["config_hash"], ", ".join(f"{name} {version}" for name, version in source["versions"].items()))
        for source in summary["provenance"]
    ]
    parts = [
        f"By molecular dynamics with mobcg; engine: {engines}.\n{_COLLECTION}",
        _listed(("campaign's seed", "config hash", "software"), campaigns),
        "`mobcg database rerun` repeats rows and compares them with the stored ones.",
    ]
    return "\n\n".join(part for part in parts if part)


def _rounding() -> str:
    lines = [f"- `{column.name}` {column.rounding}" for column in COLUMNS if column.rounding]
    return "\n".join(["Curves are stored in single precision and rounded, far below their statistical error:", "", *lines, "", _REST])


_REST = "All other columns are kept in full."


def _distribution(path: Path, summary: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            f"- File: {path.name}, {summary['bytes'] / 1e6:.1f} MB, Parquet, schema version {SCHEMA_VERSION}",
            f"- SHA-256: `{summary['sha256']}`",
            "- Licence: MIT, that of the repository (LICENSE)",
            "- Reading: `pandas.read_parquet`; extending and rerunning: data/README.md",
            "- Maintenance: rows stay as they are, `mobcg database merge` adds more; a new meaning of a column raises the schema version",
        ]
    )


def _listed(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A Markdown table, empty where there are no rows."""
    names, lines = list(names), [[str(value) for value in row] for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [names, ["---"] * len(names), *lines])
