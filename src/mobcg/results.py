"""Result folders: a summary that vouches for the files beside it, so that a damaged one is told and not used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.files import read_json, write_json
from mobcg.outcomes import InputError

SUMMARY = "summary.json"
CHECKSUMS = "checksums"
"""Key of the summary: name and checksum of each file that it vouches for."""


def write_result(folder: Path, summary: Mapping[str, Any], names: Iterable[str]) -> None:
    """Write the folder's summary, last of all its files, with the checksums of those named."""
    write_json(folder / SUMMARY, {**summary, CHECKSUMS: {name: checksum_of(folder / name) for name in sorted(names)}})


def read_result(folder: Path, *names: str) -> dict[str, Any]:
    """The folder's summary, after a look at the files `names` beside it, which the caller is about to read.

    Raises InputError naming the first one that is missing or not the one that the summary vouches for, and the command after which the
    campaign makes it again.
    """
    try:
        summary = read_json(folder / SUMMARY)
    except (OSError, ValueError) as error:
        raise damaged(folder / SUMMARY, str(error)) from error
    checksums = summary.get(CHECKSUMS, {})
    for name in checksums.keys() & set(names):
        try:
            found = checksum_of(folder / name)
        except OSError as error:
            raise damaged(folder / name, str(error)) from error
        if found != checksums[name]:
            raise damaged(folder / name, f"not the file that {SUMMARY} was written for")
    return summary


def read_parquet(path: Path | str) -> pd.DataFrame:
    """A table that a job of the campaign left. Raises InputError, as `read_result` does, where it cannot be read."""
    try:
        return pd.read_parquet(path, page_checksum_verification=True)
    except Exception as error:  # a damaged Parquet file raises errors of many kinds
        raise damaged(path, str(error)) from error


def damaged(path: Path | str, why: str) -> InputError:
    """What to say, and to do, about a file of the campaign that is not as it was written."""
    line = " ".join(why.split())
    return InputError(f"{path}: damaged ({line}); have it made again with\n  rm -f {path}\nand the same command")


def checksum_of(path: Path) -> str:
    """Sixteen hexadecimal digits that tell a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
