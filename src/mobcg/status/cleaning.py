"""Freeing disk space: the checkpoints of finished atomistic runs, never those of unfinished ones."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mobcg.atomistic import journal
from mobcg.campaign import Campaign
from mobcg.driver import CHUNKS, Driver
from mobcg.files import read_json
from mobcg.lease import NAME as LEASE
from mobcg.lease import Lease, hold

STATES = "*-[0-9][0-9][0-9][0-9][0-9].xml"
"""State files of a run's segments."""


@dataclass
class Freed:
    """What was removed, from how many samples; `kept`: samples that are not finished or in use."""

    samples: int = 0
    files: int = 0
    size: int = 0
    kept: int = 0

    def remove(self, path: Path) -> None:
        """Remove a file or a folder with all in it, and count it."""
        files = [path] if path.is_file() else [item for item in path.rglob("*") if item.is_file()]
        self.files += len(files)
        self.size += sum(item.stat().st_size for item in files)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def clean(campaign: Campaign, whole: bool = False) -> Freed:
    """Free what finished atomistic runs no longer need: the states from which they would go on, and leftovers of killed attempts.

    They can still be read, and so be measured anew with other `observables`; a longer production or a finely sampled stretch has its run
    simulated again from its begin. whole: the runs' whole folders, and the library's chunks where the library is done; then other
    observables, too, have their runs simulated again, and more library runs all of them.
    """
    results, freed = Path(campaign.config.results), Freed()
    for sample in campaign.samples:
        folder = results / "atomistic" / sample
        run = folder / "run"
        if not (run / journal.NAME).exists():
            continue
        lease = Lease.read(run)
        if not _readable(folder / "summary.json") or (lease is not None and lease.fresh):
            freed.kept += 1
            continue
        with hold(run):
            unneeded = list(run.iterdir()) if whole else [*run.glob(STATES), *run.glob(".*")]
            unneeded = [path for path in unneeded if path.name != LEASE]
            freed.samples += bool(unneeded)
            for path in unneeded:
                freed.remove(path)
        if whole:
            run.rmdir()
    driver = Driver.read(results)
    idle = driver is None or not driver.process.alive()
    if whole and idle and (results / "library/runs.parquet").exists() and (results / CHUNKS).exists():
        freed.remove(results / CHUNKS)
    return freed


def _readable(summary: Path) -> bool:
    try:
        return "outcome" in read_json(summary)
    except (OSError, ValueError):
        return False
