"""The time this job still has: when its Slurm allocation ends, and how work stops before that, or at a signal, without losing anything."""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass
from functools import cache
from types import FrameType

from mobcg.outcomes import Interrupted
from mobcg.slurm import QueueError, time_left_s

logger = logging.getLogger(__name__)

RESERVE_S = 60.0
"""Seconds before the end of the allocation that no work is planned for: files are written, the file system may be slow."""

VARIATION = 1.2
"""A piece of work may take this many times as long as the one before it."""


@dataclass
class Deadline:
    """Whether the next piece of work still fits before `end` (seconds since the epoch, None: no limit), judged by the speed of the last.

    The first piece is always tried, whatever the speed of an earlier job lets expect: a job that is given time makes use of it.
    """

    end: float | None = None
    seconds_per_step: float = 0.0
    _begun: bool = False

    @staticmethod
    def of_this_job() -> Deadline:
        """The end of the Slurm allocation that this process runs in; no limit outside of one."""
        return Deadline(allocation_end())

    def learn(self, steps: int, wall_s: float) -> None:
        """Remember the speed of a piece of `steps` steps."""
        self.seconds_per_step = wall_s / steps

    def check(self, steps: int, piece: str) -> None:
        """Raise Interrupted where `steps` steps, named `piece`, would not be done in time."""
        needed = VARIATION * self.seconds_per_step * steps
        if self._begun and self.end is not None and time.time() + needed > self.end - RESERVE_S:
            left = max(0.0, self.end - time.time())
            raise Interrupted(f"the job's time ends in {_minutes(left)} and {piece} would take about {_minutes(needed)}")
        self._begun = True


@cache
def allocation_end() -> float | None:
    """When this process' Slurm job reaches its time limit, in seconds since the epoch; None outside of a job and where nobody knows."""
    job = os.environ.get("SLURM_JOB_ID")
    if job is None:
        return None
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    if end.isdecimal():
        return float(end)
    try:
        left = time_left_s(job)
    except QueueError as error:
        logger.warning("nobody says when this job ends (%s): it runs until it is stopped", error)
        return None
    return None if left is None else time.time() + left


def interrupt_on_sigterm() -> None:
    """From now on SIGTERM (the time limit, scancel, kill) raises Interrupted in the main thread; a second one ends the process at once."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Interrupted("the job was told to end (SIGTERM: time limit, scancel or kill)")

    signal.signal(signal.SIGTERM, interrupt)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
