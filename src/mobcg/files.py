"""Writing results: under a temporary name first, then renamed, so that a killed job leaves nothing that looks finished."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PACKAGES = ("mobcg", "openmm", "numba", "numpy", "freud-analysis", "rdkit", "torch")


@contextmanager
def temporary_name(path: Path | str) -> Iterator[Path]:
    """Yield a name beside `path`, unique to this attempt; rename it to `path` when the block ends well, remove it otherwise.

    The content is on the disk before the name is: a node that loses its power leaves no empty file that looks finished.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    os.chmod(name, 0o644)
    temporary = Path(name)
    try:
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` to `path`, all or nothing."""
    with temporary_name(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, content: Mapping[str, Any]) -> None:
    """Write `content` as JSON; numpy values become plain ones, not-a-number becomes null (JSON has none)."""
    write_text(path, json.dumps(plain(content), indent=2) + "\n")


def write_summary(path: Path | str, seed: int, settings: Any, values: Mapping[str, Any]) -> None:
    """Write a result folder's summary.json: `values` with the seed, the versions and the hash of the settings that decided them."""
    write_json(path, {**values, "seed": seed, "versions": versions(), "config_hash": content_hash(settings)})


def read_json(path: Path | str) -> dict[str, Any]:
    """Read a JSON object."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a JSON object, found {type(content).__name__}")
    return content


def write_csv(path: Path | str, columns: Mapping[str, Any] | pd.DataFrame) -> None:
    """Write columns (names carry the units) as comma-separated values with ten digits."""
    frame = columns if isinstance(columns, pd.DataFrame) else pd.DataFrame(dict(columns))
    with temporary_name(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.10g")


def write_parquet(path: Path | str, frame: pd.DataFrame) -> None:
    """Write a table as Parquet, all or nothing, with checksums of its pages."""
    with temporary_name(path) as temporary:
        frame.to_parquet(temporary, index=False, write_page_checksum=True)


def content_hash(content: Any) -> str:
    """Sixteen hexadecimal digits that name `content` (anything JSON can hold, with numpy values and paths)."""
    text = json.dumps(plain(content), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of the packages that results depend on."""
    return dict(_versions())


@functools.cache
def _versions() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: numpy values and paths become plain ones, not-a-number becomes None."""
    converters: list[tuple[Any, Callable[[Any], Any]]] = [
        (Mapping, lambda v: {str(key): plain(item) for key, item in v.items()}),
        ((list, tuple), lambda v: [plain(item) for item in v]),
        (np.ndarray, lambda v: v.tolist() if v.dtype.kind == "f" and np.isfinite(v).all() else plain(v.tolist())),
        (np.generic, lambda v: plain(v.item())),
        (Path, str),
        (float, lambda v: v if math.isfinite(v) else None),
    ]
    for kind, convert in converters:
        if isinstance(value, kind):
            return convert(value)
    return value
