"""Reading, writing and checking the mobility database."""

from __future__ import annotations

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

from mobcg.database.rounding import rounded
from mobcg.database.schema import COLUMNS, SCHEMA_VERSION, Column
from mobcg.database.validation import grid_problems, row_problems
from mobcg.files import temporary_name, versions
from mobcg.outcomes import CHECK_PATH, InputError, Outcome

Array = npt.NDArray[np.float64]

MAGIC = b"PAR1"
"""The first bytes of a Parquet file."""

STORAGE: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 19,
    "write_page_checksum": True,
    "use_dictionary": ["g_error.list.element", *(column.name for column in COLUMNS if column.kind == "text")],
    "use_byte_stream_split": ["g.list.element", "u_kj_per_mol.list.element"],
}
"""How Parquet packs the columns: the smallest of those tried on 600 runs, 9 MB for 4,600 runs on 400 points against 39 MB unrounded."""


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
    """Write rows as one Parquet file, all or nothing; curves are rounded. Absent columns become null: optional ones, and measured ones
    where no run is ok.

    Raises InputError, listing the problems, where a row breaks the schema; nothing is written then.
    """
    grid = np.asarray(r_nm, dtype=float)
    frame = _completed(rows.reset_index(drop=True) if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows)))
    problems = grid_problems(grid) or row_problems(frame, grid)
    if problems:
        raise InputError(f"{path}: not written, the rows break the database's schema:\n  " + "\n  ".join(problems))
    sources = (provenance,) if isinstance(provenance, Provenance) else tuple(provenance)
    metadata = {
        "mobcg.schema_version": json.dumps(SCHEMA_VERSION),
        "mobcg.r_nm": json.dumps(grid.tolist()),
        "mobcg.provenance": json.dumps([{**asdict(source), "versions": dict(source.versions)} for source in sources], sort_keys=True),
    }
    with temporary_name(path) as temporary:
        pq.write_table(_table(frame, metadata), temporary, **STORAGE)


def stored(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as they would be read after they were written: all columns, curves rounded."""
    frame: pd.DataFrame = _table(_completed(pd.DataFrame(list(rows))), {}).to_pandas()
    return frame


def read(path: Path | str) -> Database:
    """Read a database. Raises InputError where the file is missing, damaged, of another schema version, or breaks the schema."""
    database = open_database(path)
    problems = row_problems(database.frame, database.r_nm)
    if problems:
        raise InputError(f"{path}: the rows break the database's schema:\n  " + "\n  ".join(problems))
    return database


def validate(path: Path | str) -> list[str]:
    """Every problem of the file in words (row, column, value, what is allowed); empty where it is valid."""
    try:
        database = open_database(path)
    except InputError as error:
        return [str(error)]
    return row_problems(database.frame, database.r_nm)


def open_database(path: Path | str) -> Database:
    """Read a database without checking its rows. Raises InputError where the file is missing, damaged or of another schema version."""
    if Path(path).is_dir():
        raise InputError(f"{path} is a folder; name a database (a Parquet file) in it")
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such database", CHECK_PATH) from error
    except (pa.ArrowException, OSError) as error:
        if _is_other_file(Path(path)):
            raise InputError(
                f"{path}: not a readable Parquet file, it begins as another kind of file does",
                "name a database, such as data/mobility.parquet",
            ) from error
        raise InputError(
            f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})", "copy or download it again: its checksum tells"
        ) from error
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
        raise InputError(
            f"{path}: schema version {version}, this program reads version {SCHEMA_VERSION}",
            "a mobcg of the version that wrote it, or the database made anew",
        )
    problems = grid_problems(grid)
    if problems:
        raise InputError(f"{path}: {problems[0]}")
    return Database(table.to_pandas(), grid, sources)


def _is_other_file(path: Path) -> bool:
    """Whether it is a file that is not Parquet, not even a damaged one."""
    with path.open("rb") as content:
        return content.read(len(MAGIC)) != MAGIC


def _completed(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with null in absent columns that may be absent."""
    measured = "outcome" in frame and bool((frame["outcome"] == Outcome.OK.value).any())
    may_lack = ("optional",) if measured else ("optional", "ok")
    absent = {column.name: [None] * len(frame) for column in COLUMNS if column.presence in may_lack and column.name not in frame}
    if len(frame) == 0:
        return pd.DataFrame({column.name: [] for column in COLUMNS})
    return pd.concat([frame, pd.DataFrame(absent, index=frame.index, dtype=object)], axis=1) if absent else frame


def _table(frame: pd.DataFrame, metadata: Mapping[str, str]) -> pa.Table:
    schema = pa.schema([column.field for column in COLUMNS], metadata=dict(metadata))
    return pa.Table.from_arrays([_array(column, frame[column.name]) for column in COLUMNS], schema=schema)


def _array(column: Column, values: pd.Series[Any]) -> pa.Array:
    kind = column.field.type
    if column.kind == "curve":
        lists = [None if value is None or np.ndim(value) == 0 else rounded(column, value) for value in values]
        return pa.array(lists, type=kind)
    plain = [None if pd.isna(value) else value for value in values]
    if column.kind == "text":
        return pa.array([None if value is None else str(value) for value in plain], type=kind)
    convert = int if column.kind == "integer" else float
    return pa.array([None if value is None else convert(value) for value in plain], type=kind)
