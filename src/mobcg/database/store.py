"""Reading, writing, checking and merging the mobility database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mobcg.database.schema import COLUMNS, SCHEMA_VERSION, Column
from mobcg.database.validation import grid_problems, problem_count, row_problems
from mobcg.files import content_hash, temporary_name, versions
from mobcg.outcomes import InputError, Outcome

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Provenance:
    """Where rows come from: the campaign's seed, the hash of its configuration, the software."""

    seed: int | None = None
    config_hash: str | None = None
    versions: Mapping[str, str] = field(default_factory=versions)


@dataclass(frozen=True)
class Database:
    """A table of runs with its grid: frame (one row a run, `mobcg.database.schema`), r_nm (points,), one provenance a campaign."""

    frame: pd.DataFrame
    r_nm: Array
    provenance: tuple[Provenance, ...] = ()

    def curves(self, column: str, rows: npt.NDArray[np.bool_] | None = None) -> Array:
        """Stack a curve column ("g", "g_error", "u_kj_per_mol") of the chosen rows into an array (rows, points); a missing curve is NaN."""
        values = self.frame[column] if rows is None else self.frame.loc[rows, column]
        empty = np.full(len(self.r_nm), np.nan)
        return np.array([empty if value is None or np.ndim(value) == 0 else np.asarray(value, float) for value in values]).reshape(
            -1, len(self.r_nm)
        )

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """Which rows have the outcome ok."""
        return np.asarray(self.frame["outcome"] == Outcome.OK.value, dtype=bool)


def write(
    path: Path | str,
    rows: pd.DataFrame | Iterable[Mapping[str, Any]],
    r_nm: npt.ArrayLike,
    provenance: Provenance | Sequence[Provenance] = (),
) -> None:
    """Write rows as one Parquet file, all or nothing. Absent columns become null: optional ones, and measured ones where no run is ok.

    Raises InputError, listing the problems, where a row breaks the schema; nothing is written then.
    """
    frame = rows.reset_index(drop=True) if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    grid = np.asarray(r_nm, dtype=float)
    measured = "outcome" in frame and bool((frame["outcome"] == Outcome.OK.value).any())
    may_lack = ("optional",) if measured else ("optional", "ok")
    absent = {column.name: [None] * len(frame) for column in COLUMNS if column.presence in may_lack and column.name not in frame}
    if len(frame) == 0:
        frame = pd.DataFrame({column.name: [] for column in COLUMNS})
    elif absent:
        frame = pd.concat([frame, pd.DataFrame(absent, index=frame.index, dtype=object)], axis=1)
    problems = grid_problems(grid) or row_problems(frame, grid)
    if problems:
        raise InputError(f"{path}: not written, the rows break the database's schema:\n  " + "\n  ".join(problems))
    sources = (provenance,) if isinstance(provenance, Provenance) else tuple(provenance)
    metadata = {
        "mobcg.schema_version": json.dumps(SCHEMA_VERSION),
        "mobcg.r_nm": json.dumps(grid.tolist()),
        "mobcg.provenance": json.dumps([{**asdict(source), "versions": dict(source.versions)} for source in sources], sort_keys=True),
    }
    schema = pa.schema([column.field for column in COLUMNS], metadata=metadata)
    table = pa.Table.from_arrays([_array(column, frame[column.name]) for column in COLUMNS], schema=schema)
    with temporary_name(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read(path: Path | str) -> Database:
    """Read a database. Raises InputError where the file is missing, damaged, of another schema version, or breaks the schema."""
    database = _open(path)
    problems = row_problems(database.frame, database.r_nm)
    if problems:
        raise InputError(f"{path}: the rows break the database's schema:\n  " + "\n  ".join(problems))
    return database


def validate(path: Path | str) -> list[str]:
    """Every problem of the file in words (row, column, value, what is allowed); empty where it is valid."""
    try:
        database = _open(path)
    except InputError as error:
        return [str(error)]
    return row_problems(database.frame, database.r_nm)


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
        for row, (name, digest) in enumerate(zip(database.frame["run_id"], _digests(database.frame), strict=True)):
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


def info(path: Path | str) -> dict[str, Any]:
    """Summary of a database: rows by outcome and template, parents, grid, ranges of the ok rows, provenance."""
    database = _open(path)
    frame, good = database.frame, database.frame[database.ok]
    ranges = {
        name: [float(good[name].min()), float(good[name].max())]
        for name in (
            "mass_Da",
            "temperature_K",
            "density_per_nm3",
            "friction_per_ps",
            "diffusion_nm2_per_ns",
            "pressure_bar",
            "cutoff_nm",
            "beads",
        )
        if name in good and good[name].notna().any()
    }
    return {
        "path": str(path),
        "rows": len(frame),
        "outcomes": _counts(frame["outcome"]),
        "templates": _counts(frame["template"].fillna("(none)")),
        "parents": int(frame["parent"].nunique()),
        "parents_ok": int(good["parent"].nunique()),
        "r_nm": {"first": float(database.r_nm[0]), "last": float(database.r_nm[-1]), "points": len(database.r_nm)},
        "ranges": ranges,
        "provenance": [{**asdict(source), "versions": dict(source.versions)} for source in database.provenance],
    }


def info_text(path: Path | str) -> str:
    """The summary of `info` as lines for a terminal, the last one the number of problems where the file is not valid."""
    summary, database = info(path), _open(path)
    problems = problem_count(database.frame, database.r_nm)
    grid = summary["r_nm"]
    lines = [
        f"{path}: {summary['rows']} runs from {summary['parents']} parents ({summary['parents_ok']} with an ok run)",
        "outcomes   " + ", ".join(f"{name} {count}" for name, count in summary["outcomes"].items()),
        "templates  " + ", ".join(f"{name} {count}" for name, count in summary["templates"].items()),
        f"grid       {grid['points']} points, r = {grid['first']:g} to {grid['last']:g} nm",
        *(f"{name:<27}{low:.6g} to {high:.6g}" for name, (low, high) in summary["ranges"].items()),
        *(f"campaign   seed {source['seed']}, config {source['config_hash']}" for source in summary["provenance"]),
    ]
    if problems:
        lines.append(f"{problems} problem{'s' * (problems > 1)}: see mobcg database validate {path}")
    return "\n".join(lines)


def _open(path: Path | str) -> Database:
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder; name a database (a Parquet file) in it")
    try:
        table = pq.read_table(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such database") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from error
    metadata = table.schema.metadata or {}
    try:
        version = json.loads(metadata[b"mobcg.schema_version"])
        grid = np.asarray(json.loads(metadata[b"mobcg.r_nm"]), dtype=float)
        sources = tuple(Provenance(**source) for source in json.loads(metadata[b"mobcg.provenance"]))
    except KeyError as error:
        raise InputError(f"{path}: not a mobility database, the table's metadata lack {error.args[0].decode()}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: not a mobility database, the table's metadata are damaged ({error})") from error
    if version != SCHEMA_VERSION:
        raise InputError(f"{path}: schema version {version}, this program reads version {SCHEMA_VERSION}")
    problems = grid_problems(grid)
    if problems:
        raise InputError(f"{path}: {problems[0]}")
    return Database(table.to_pandas(), grid, sources)


def _array(column: Column, values: pd.Series[Any]) -> pa.Array:
    kind = column.field.type
    if column.kind == "curve":
        lists = [None if value is None or np.ndim(value) == 0 else np.asarray(value, float).tolist() for value in values]
        return pa.array(lists, type=kind)
    plain = [None if pd.isna(value) else value for value in values]
    if column.kind == "text":
        return pa.array([None if value is None else str(value) for value in plain], type=kind)
    convert = int if column.kind == "integer" else float
    return pa.array([None if value is None else convert(value) for value in plain], type=kind)


def _digests(frame: pd.DataFrame) -> list[str]:
    """Hash of each row's physics and identity; the wall time and software of a repeated run may differ."""
    columns = [column for column in COLUMNS if column.name not in ("wall_s", "versions")]
    digests = []
    for _, row in frame.iterrows():
        digest = hashlib.sha256()
        for column in columns:
            value = row[column.name]
            if column.kind == "curve" and value is not None and np.ndim(value):
                digest.update(np.asarray(value, float).tobytes())
            elif pd.isna(value):
                digest.update(b"null")
            else:
                digest.update(repr(str(value) if column.kind == "text" else float(value)).encode())
            digest.update(b"|")
        digests.append(digest.hexdigest())
    return digests


def _counts(values: pd.Series[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in values.value_counts().sort_index().items()}


def _grid_words(r_nm: Array) -> str:
    return f"of {len(r_nm)} points from {r_nm[0]:g} to {r_nm[-1]:g} nm"
