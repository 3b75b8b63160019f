"""What became of a part that is not done: it runs, waits, was stopped, failed, or was not begun."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from mobcg.driver import Driver
from mobcg.lease import Lease
from mobcg.logs import BEGUN, FAILED, STOPPED
from mobcg.slurm import QueuedJob
from mobcg.status.parts import Part

TAIL_BYTES = 20_000
"""Read from the end of a log."""

LONGEST_REASON = 400

SLURM_LOGS = (Path("results/slurm_logs"), Path(".snakemake/slurm_logs"))
"""Where the Slurm profile, and Snakemake without one, keep what Slurm says of a job."""

SILENT = "it ended without a word: killed, out of memory, or its node was lost"


class State(StrEnum):
    """Of a part of the campaign."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    STOPPED = "stopped"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True)
class Present:
    """What runs now: the campaign's driver, if it lives, and its jobs in Slurm's queue."""

    driver: Driver | None = None
    alive: bool = False
    jobs: Sequence[QueuedJob] = ()
    _pending: dict[str, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for job in self.jobs:
            self._pending[job.number] = self._pending[job.comment] = job.pending

    def state(self, part: Part, results: Path) -> tuple[State, str]:
        """State of a part that is not done, with the reason where it failed."""
        text = _read(results / part.log)
        slurm = re.match(rf"{BEGUN} .* Slurm job (\d+)$", text.partition("\n")[0])
        if slurm and self._pending.get(slurm[1]) is False:
            return State.RUNNING, ""
        if part.comment in self._pending:
            waits = self._pending[part.comment] or part.batch
            return State.QUEUED if waits else State.RUNNING, ""
        lease = Lease.read(results / part.stage / part.name / "run") if part.rule == "simulate_atomistic" else None
        if lease is not None and lease.fresh:
            return State.RUNNING, ""
        if FAILED in text:
            return State.FAILED, reason(text)
        if f" {STOPPED} " in text:
            return State.STOPPED, ""
        if text and not slurm and self._began(results / part.log):
            return State.RUNNING, ""
        if not text:
            return State.MISSING, ""
        return State.FAILED, (_said_by_slurm(part, slurm[1]) if slurm else "") or SILENT

    def _began(self, log: Path) -> bool:
        """Whether the living driver began this log."""
        if not self.alive or self.driver is None:
            return False
        return log.stat().st_mtime >= datetime.strptime(self.driver.begun, "%Y-%m-%d %H:%M:%S").timestamp()


def reason(text: str) -> str:
    """The last error that a log tells: the message below its traceback, on one line."""
    lines = text[text.rindex(FAILED) :].splitlines()[1:]
    message: list[str] = []
    for line in reversed(lines):
        if line.startswith(("  ", "Traceback")):
            break
        message.insert(0, line.strip())
    said = " ".join(filter(None, message)) or "see the log"
    return said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]}..."


def _said_by_slurm(part: Part, job: str) -> str:
    """Slurm's own words on the end of a job: over memory, over time, cancelled, node lost."""
    for folder in SLURM_LOGS:
        for path in folder.glob(f"rule_{part.rule}/**/{job}.log"):
            words = [line for line in _read(path).splitlines() if line.startswith(("slurmstepd: error:", "srun: error:"))]
            if words:
                return f"{words[-1].partition('error: ')[2]} ({path})"
    return ""


def _read(path: Path) -> str:
    """First line and end of a log, "" where there is none."""
    try:
        with path.open("rb") as file:
            first = file.readline()
            size = file.seek(0, 2)
            file.seek(max(len(first), size - TAIL_BYTES))
            return (first + file.read()).decode("utf-8", "replace")
    except OSError:
        return ""
