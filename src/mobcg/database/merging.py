"""Joining mobility databases."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.database.rounding import rounded
from mobcg.database.schema import COLUMNS
from mobcg.database.store import Database, Provenance, read, write
from mobcg.files import content_hash
from mobcg.outcomes import InputError

OF_THE_MACHINE = ("wall_s", "versions")
"""Columns in which a repeated run may differ."""


def merge(paths: Sequence[Path | str], out: Path | str) -> Database:
    """Join databases of one grid into `out` and return it. A run that stands in several files with the same values is kept once.

    Raises InputError where grids differ or a run_id names different rows, naming both files.
    """
    if Path(out).is_dir():
        raise InputError(f"merge: {out} is a folder; name the file to write")
    if not paths:
        raise InputError("merge: no database given, at least one is needed")
    databases = [read(path) for path in paths]
    kept: dict[str, tuple[str, Path | str]] = {}
    frames = []
    for path, database in zip(paths, databases, strict=True):
        first = databases[0].r_nm
        if database.r_nm.shape != first.shape or not np.allclose(database.r_nm, first, rtol=0, atol=1e-9):
            raise InputError(
                f"merge: {paths[0]} has the grid {_grid_words(first)}, {path} has {_grid_words(database.r_nm)}; "
                "only files of one grid merge"
            )
        new = []
        for row, (name, digest) in enumerate(zip(database.frame["run_id"], digests(database.frame), strict=True)):
            if name not in kept:
                kept[name] = (digest, path)
                new.append(row)
            elif kept[name][0] != digest:
                raise InputError(
                    f"merge: run_id {name!r} stands in {kept[name][1]} and in {path} with different values; rename or remove one"
                )
        frames.append(database.frame.iloc[new])
    sources: dict[str, Provenance] = {}
    for source in (source for database in databases for source in database.provenance):
        sources.setdefault(content_hash([source.seed, source.config_hash, dict(source.versions)]), source)
    filled = [frame for frame in frames if len(frame)]
    frame = pd.concat([part.astype(object) for part in filled], ignore_index=True) if filled else frames[0]
    write(out, frame, databases[0].r_nm, tuple(sources.values()))
    return read(out)


def digests(frame: pd.DataFrame) -> list[str]:
    """Hash of each row's physics and identity, curves rounded as they are stored; wall time and software of a repeated run may differ."""
    columns = [column for column in COLUMNS if column.name not in OF_THE_MACHINE]
    found = []
    for _, row in frame.iterrows():
        digest = hashlib.sha256()
        for column in columns:
            value = row[column.name]
            if column.kind == "curve" and value is not None and np.ndim(value):
                digest.update(rounded(column, value).tobytes())
            elif pd.isna(value):
                digest.update(b"null")
            else:
                digest.update(repr(str(value) if column.kind == "text" else float(value)).encode())
            digest.update(b"|")
        found.append(digest.hexdigest())
    return found


def _grid_words(r_nm: npt.NDArray[np.float64]) -> str:
    return f"of {len(r_nm)} points from {r_nm[0]:g} to {r_nm[-1]:g} nm"
