"""What a mobility database holds, in numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.database.reduced import reduced
from mobcg.database.store import Database, open_database
from mobcg.database.validation import problem_count
from mobcg.library.synthetic import KIND

RANGES = (
    "mass_Da",
    "temperature_K",
    "density_per_nm3",
    "friction_per_ps",
    "diffusion_nm2_per_ns",
    "pressure_bar",
    "cutoff_nm",
    "beads",
    "scale",
    "blend",
    "perturbation_kT",
    "density_factor",
    "reduced_friction",
)
"""Columns whose ranges are told."""

KINDS = ("drawn", "reference", KIND)
"""Kinds of parents: a template with drawn parameters, a liquid with its own force field, a potential drawn from scratch."""


def info(path: Path | str) -> dict[str, Any]:
    """Summary of a database: rows by outcome, template and kind of parent, grid, ranges of the ok rows, provenance, size, SHA-256."""
    database = open_database(path)
    frame, good = database.frame, database.frame[database.ok]
    scaled = reduced(database).drop(columns="run_id")
    return {
        "path": str(path),
        "bytes": Path(path).stat().st_size,
        "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        "rows": len(frame),
        "outcomes": _counts(frame["outcome"]),
        "templates": _counts(frame["template"].fillna("(none)")),
        "kinds": _counts(kinds(frame)),
        "kinds_ok": _counts(kinds(good)),
        "synthetic_share": float((frame["liquid"] == KIND).mean()) if len(frame) else 0.0,
        "parents": parent_keys(database).nunique(),
        "parents_ok": parent_keys(database)[database.ok].nunique(),
        "engines": _counts(frame["engine"].fillna("(unknown)")),
        "r_nm": {"first": float(database.r_nm[0]), "last": float(database.r_nm[-1]), "points": len(database.r_nm)},
        "ranges": _ranges(good[list(RANGES)]),
        "reduced": _ranges(scaled),
        "provenance": [{**asdict(source), "versions": dict(source.versions)} for source in database.provenance],
        "problems": problem_count(frame, database.r_nm),
    }


def info_text(path: Path | str) -> str:
    """The summary of `info` as lines for a terminal, the last one the number of problems where the file is not valid."""
    return text_of(info(path))


def text_of(summary: Mapping[str, Any]) -> str:
    """A summary that `info` made as lines for a terminal."""
    path = summary["path"]
    grid, problems = summary["r_nm"], summary["problems"]
    lines = [
        f"{path}: {summary['rows']} runs from {summary['parents']} parents ({summary['parents_ok']} with an ok run)",
        "outcomes   " + _words(summary["outcomes"]),
        "templates  " + _words(summary["templates"]),
        f"parents    {_words(summary['kinds'])} ({100 * summary['synthetic_share']:.3g} % of the runs synthetic)",
        f"grid       {grid['points']} points, r = {grid['first']:g} to {grid['last']:g} nm",
        *(f"{name:<27}{low:.6g} to {high:.6g}" for name, (low, high) in summary["ranges"].items()),
        *(f"{'reduced ' + name:<27}{low:.4g} to {high:.4g}" for name, (low, high) in summary["reduced"].items()),
        *(f"campaign   seed {source['seed']}, config {source['config_hash']}" for source in summary["provenance"]),
        f"file       {summary['bytes'] / 1e6:.3g} MB, SHA-256 {summary['sha256']}",
    ]
    if problems:
        lines.append(f"{problems} problem{'s' * (problems > 1)}: see mobcg database validate {path}")
    return "\n".join(lines)


def kinds(frame: pd.DataFrame) -> pd.Series[Any]:
    """The kind of each row's parent, one of `KINDS`."""
    kind = pd.Series("reference", index=frame.index, dtype=object)
    return kind.mask(frame["template"].notna(), "drawn").mask(frame["liquid"] == KIND, KIND)


def parent_keys(database: Database) -> pd.Series[Any]:
    """Each row's parent by name, a synthetic one by its campaign's seed too: campaigns of other seeds have other potentials of one name."""
    frame = database.frame
    seeds = frame["config_hash"].map({source.config_hash: str(source.seed) for source in database.provenance}).fillna("")
    return frame["parent"].mask(frame["liquid"] == KIND, frame["parent"] + " of seed " + seeds)


def _ranges(frame: pd.DataFrame) -> dict[str, list[float]]:
    return {str(name): [float(values.min()), float(values.max())] for name, values in frame.items() if values.notna().any()}


def _counts(values: pd.Series[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().sort_index().items()}


def _words(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
