"""What is in Slurm's queue, and taking jobs out of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

PATIENCE_S = 30.0
"""For the answer of a command of Slurm."""

FIELDS = "%i|%T|%C|%M|%j|%k"
"""Of squeue: job, state, processor cores, time used, name, comment."""


class QueueError(RuntimeError):
    """A command of Slurm is missing, failed, or did not answer."""


@dataclass(frozen=True)
class QueuedJob:
    """A job in the queue, waiting or running; comment: of Snakemake's plugin, rule and wildcards; elapsed_s: since it began."""

    number: str
    state: str
    cores: int
    elapsed_s: float
    name: str
    comment: str

    @property
    def pending(self) -> bool:
        """Whether it has not begun."""
        return self.state in ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT")


def queued(names: Iterable[str]) -> list[QueuedJob]:
    """Jobs of this user with one of `names` that are in the queue. Raises QueueError."""
    wanted = ",".join(names)
    lines = _ask("squeue", "--noheader", "--me", "--name", wanted, "--format", FIELDS).splitlines() if wanted else []
    found = []
    for line in lines:
        number, state, cores, used, name, comment = line.split("|", maxsplit=5)
        found.append(QueuedJob(number, state, int(cores), seconds(used) or 0.0, name, "" if comment == "(null)" else comment))
    return found


def time_left_s(job: str) -> float | None:
    """Seconds until a job reaches its time limit; None where it has none. Raises QueueError."""
    return seconds(_ask("squeue", "--noheader", "--jobs", job, "--format", "%L").strip())


def cancel(names: Iterable[str]) -> None:
    """Take this user's jobs with one of `names` out of the queue. Raises QueueError."""
    for name in names:
        _ask(*cancel_command(name))


def cancel_command(name: str) -> list[str]:
    """The command that takes this user's jobs named so out of the queue."""
    return ["scancel", "--me", f"--name={name}"]


def seconds(text: str) -> float | None:
    """Seconds of [days-][[hours:]minutes:]seconds, None for anything else (UNLIMITED, NOT_SET, INVALID)."""
    days, _, clock = text.rpartition("-")
    try:
        numbers = [int(part) for part in clock.split(":")]
        return 86400.0 * int(days or 0) + sum(number * 60.0**power for power, number in enumerate(reversed(numbers)))
    except ValueError:
        return None


def _ask(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except FileNotFoundError as error:
        raise QueueError(f"{command[0]} is not on the PATH") from error
    except subprocess.TimeoutExpired as error:
        raise QueueError(f"{command[0]} did not answer within {PATIENCE_S:g} s") from error
    except OSError as error:
        raise QueueError(f"{command[0]}: {error}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise QueueError(f"{command[0]} failed: {said[-1]}")
    return done.stdout
