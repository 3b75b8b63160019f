"""One process at a time in a run's folder: the one that works there holds a lease, a second one waits until that has ended."""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mobcg.files import read_json
from mobcg.processes import Process

logger = logging.getLogger(__name__)

NAME = ".lease"
BEAT_S = 20.0
"""Between two signs of life of the holder: the file's time."""

STALE_S = 240.0
"""A lease without a sign of life for so long, as its watcher's own clock has it, was left behind."""

LOOK_S = 5.0
"""Between two looks at a lease that another process holds."""


class LeaseLostError(RuntimeError):
    """Another process works in the folder now."""


@dataclass(frozen=True)
class Lease:
    """Who works in a folder: the process, its Slurm job ("": none), and a word that tells two leases of one process apart."""

    folder: Path
    process: Process
    job: str
    token: str

    @staticmethod
    def read(folder: Path) -> Lease | None:
        """The lease that lies in `folder`; None where there is none, or one that cannot be read."""
        try:
            content: dict[str, Any] = read_json(folder / NAME)
            return Lease(folder, Process(**content["process"]), content["job"], content["token"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def fresh(self) -> bool:
        """Whether its holder seems to live: known on its own host, else told by the last sign of life."""
        alive = self.process.alive()
        if alive is not None:
            return alive
        with suppress(OSError):
            return time.time() - (self.folder / NAME).stat().st_mtime < STALE_S
        return False

    def check(self) -> None:
        """Raise LeaseLostError unless the lease is still this one: to be asked before anything is written."""
        found = Lease.read(self.folder)
        if found is None or found.token != self.token:
            now = "" if found is None else f": {found}"
            raise LeaseLostError(f"{self.folder}: another process works here now{now}; this one was away for too long and ends")

    def __str__(self) -> str:
        return f"{self.process}" + (f" (Slurm job {self.job})" if self.job else "")


@contextmanager
def hold(folder: Path) -> Iterator[Lease]:
    """Hold the lease of `folder` (made where it is not there) in this block; waits while another living process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    lease = Lease(folder, Process.own(), os.environ.get("SLURM_JOB_ID", ""), secrets.token_hex(8))
    while not _written(lease):
        _await(folder)
    done = threading.Event()
    beat = threading.Thread(target=_beat, args=(lease, done), daemon=True, name="lease")
    beat.start()
    try:
        yield lease
    finally:
        done.set()
        beat.join()
        with suppress(OSError, LeaseLostError):
            lease.check()
            (folder / NAME).unlink()


def _written(lease: Lease) -> bool:
    """Write the lease where there is none; whether that went well."""
    try:
        handle = os.open(lease.folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"process": asdict(lease.process), "job": lease.job, "token": lease.token}, file)
    return True


def _await(folder: Path) -> None:
    """Return when the lease in `folder` was given back; one that was left behind is removed."""
    path, told, stamp, seen = folder / NAME, False, -1, time.monotonic()
    while True:
        found = Lease.read(folder)
        try:
            now = path.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if now != stamp:
            stamp, seen = now, time.monotonic()
        if (found is not None and found.process.alive() is False) or time.monotonic() - seen > STALE_S:
            logger.info("%s: its former process (%s) is gone", folder, found or "unknown")
            path.unlink(missing_ok=True)
            return
        if not told:
            logger.warning("%s is in use by %s: waiting until that has ended", folder, found or "another process")
            told = True
        time.sleep(LOOK_S)


def _beat(lease: Lease, done: threading.Event) -> None:
    while not done.wait(BEAT_S):
        with suppress(OSError):
            os.utime(lease.folder / NAME)
