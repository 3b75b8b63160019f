"""What a night did to a campaign's results: nothing, if all of these are empty."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from tests.slurm.faults import Night

MEASURED = ("wall_s", "checksums")
"""Keys of a summary that differ between two runs of the same."""

TIMED = ("history.csv",)
"""Tables that tell how long something took."""


def different(results: Path, undisturbed: Path) -> list[str]:
    """Results, of samples and in the database, that are missing or not as in the campaign that nothing happened to."""
    found = []
    for ours in sorted(path for stage in ("atomistic", "inversion") for path in undisturbed.glob(f"{stage}/*-[0-9]*/*.*")):
        theirs = results / ours.relative_to(undisturbed)
        if ours.name not in TIMED and (not theirs.exists() or _lasting(theirs) != _lasting(ours)):
            found.append(str(ours.relative_to(undisturbed)))
    theirs, ours = (pd.read_parquet(folder / "database/mobility.parquet").drop(columns="wall_s") for folder in (results, undisturbed))
    return found if theirs.equals(ours) else [*found, "database/mobility.parquet"]


def written_twice(night: Night) -> list[str]:
    """Segments, summaries and tables that more than one job put into their place, although no fault had damaged the first one.

    The summary of a job that is struck before it has ended does not count: Snakemake takes away what a failed job had written.
    """
    lines = [json.loads(line) for line in (night.folder / "ledger").read_text().splitlines()]
    kept = [path for _, _, job, path in lines if not (path.endswith("summary.json") and job in night.struck)]
    written = Counter(path.partition("results/")[2] for path in kept)
    cut = [fault.sample for fault in night.happened if fault.kind == "truncated checkpoint"]
    excused = [f"atomistic/{name}/run/" for name in cut]
    excused += [f"{stage}/{name}/summary.json" for stage in ("atomistic", "inversion") for name in night.damaged]
    excused += ["library/", "database/"] if any(fault.kind in ("damaged chunk", "damaged table") for fault in night.happened) else []
    return sorted(
        path
        for path, count in written.items()
        if count > 1 and path.endswith((".npz", "summary.json", ".parquet")) and not path.startswith(tuple(excused))
    )


def left_behind(results: Path) -> list[str]:
    """Files that were never given their name."""
    return sorted(str(path.relative_to(results)) for path in results.rglob(".*") if path.name != ".lease")


def submitted(night: Night) -> int:
    """Jobs that its drivers submitted."""
    logs = "".join(path.read_text(errors="replace") for path in (night.campaign.folder / "drivers").iterdir())
    return len(set(re.findall(r"submitted with SLURM jobid (\d+)", logs)))


def _lasting(path: Path) -> Any:
    if path.suffix != ".json":
        return path.read_bytes()
    return {key: value for key, value in json.loads(path.read_text()).items() if key not in MEASURED}
