"""Reading single files of a results folder without ever raising: trouble is noted in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


class Reader:
    """Reads files below one folder and notes every trouble."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing: list[str] = []
        self.others: dict[str, int] = {}
        self.hashes: dict[tuple[str, str], int] = {}
        self.versions: dict[str, set[str]] = {}

    def json(self, name: str, *, required: bool = True) -> dict[str, Any]:
        """A JSON object, empty where there is none."""
        try:
            content = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            if required:
                self.missing.append(f"{name} is not there")
            return {}
        except (OSError, ValueError) as error:
            self.missing.append(f"{name} cannot be read: {error}")
            return {}
        if not isinstance(content, dict):
            self.missing.append(f"{name} cannot be read: not a JSON object")
            return {}
        return content

    def table(self, name: str, columns: Iterable[str] = (), *, required: bool = True) -> pd.DataFrame:
        """A CSV or Parquet table, empty where there is none or where one of `columns` lacks."""
        path = self.folder / name
        try:
            table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        except FileNotFoundError:
            if required:
                self.missing.append(f"{name} is not there")
            return pd.DataFrame()
        except (OSError, ValueError) as error:
            self.missing.append(f"{name} cannot be read: {error}")
            return pd.DataFrame()
        lacking = [column for column in columns if column not in table.columns]
        if lacking:
            self.missing.append(f"{name} has no column {', '.join(lacking)}")
            return pd.DataFrame()
        return table

    def present(self, stage: str, name: str, expected: Sequence[str] | None) -> list[str]:
        """Subfolders of `stage` that hold the file `name`: those of `expected` (None: all); the others are counted."""
        found = sorted(path.parent.name for path in (self.folder / stage).glob(f"*/{name}"))
        if expected is None:
            return found
        own = sorted(set(found) & set(expected))
        if len(found) > len(own):
            self.others[stage] = len(found) - len(own)
        return own

    def summaries(self, stage: str, expected: Sequence[str] | None, numbers: Sequence[str], tables: Sequence[str]) -> pd.DataFrame:
        """One row per sample of `expected` (None: any) that `stage` has a summary of; samples without one are stated."""
        present = self.present(stage, "summary.json", expected)
        lacking = sorted(set(expected or ()) - set(present))
        if expected and lacking:
            self.missing.append(f"{stage}: {len(lacking)} of {len(expected)} planned samples have no summary.json (first: {lacking[0]})")
        rows = []
        for sample in present:
            summary = self.json(f"{stage}/{sample}/summary.json")
            if not summary:
                continue
            rows.append({"sample": sample, **summary})
            self.note_origin(stage, summary)
            if summary.get("outcome") == "ok":
                place = self.folder / stage / sample
                self.missing += [f"{stage}/{sample}/{name} is not there" for name in tables if not (place / name).exists()]
        frame = pd.DataFrame([{key: value for key, value in row.items() if not isinstance(value, dict | list)} for row in rows])
        return completed(frame, ("sample", "liquid", "template", "outcome", "reason"), numbers)

    def note_origin(self, stage: str, summary: dict[str, Any]) -> None:
        """Count the stage's configuration hash and collect the software versions."""
        if summary.get("config_hash"):
            key = (stage, str(summary["config_hash"]))
            self.hashes[key] = self.hashes.get(key, 0) + 1
        versions = summary.get("versions")
        for name, version in versions.items() if isinstance(versions, dict) else ():
            self.versions.setdefault(str(name), set()).add(str(version))


def completed(frame: pd.DataFrame, text: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """`frame` with every named column present: text columns as strings ("" where unknown), the others as floats (nan where unknown)."""
    frame = frame.copy()
    for name in text:
        frame[name] = frame[name].fillna("").astype(str) if name in frame else ""
    for name in numbers:
        frame[name] = pd.to_numeric(frame[name], errors="coerce") if name in frame else np.nan
    frame["outcome"] = frame["outcome"].replace("", "unknown") if len(frame) else frame["outcome"]
    return frame
