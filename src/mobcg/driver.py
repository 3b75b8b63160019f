"""Who drives a campaign: the Snakemake that submits its jobs leaves a note among the results, for the next one and for `mobcg status`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mobcg.files import content_hash, read_json, write_json
from mobcg.outcomes import InputError
from mobcg.processes import Process

NOTE = "driver.json"
CHUNKS = Path("library/chunks")
"""Where the library's chunks lie, below the results."""

POOL = "mobcg-pool-"
"""Begin of the name that workers of a library's pool have in Slurm."""

LOCKS = Path(".snakemake/locks")
"""Where Snakemake keeps its locks, below its working directory: files with a name of an input or output in each line."""


@dataclass(frozen=True)
class Driver:
    """The last driver of a campaign: its process, its begin, its command line, and the name of its jobs in Slurm ("": none there)."""

    process: Process
    begun: str
    command: tuple[str, ...]
    slurm_run: str = ""

    @staticmethod
    def read(results: Path) -> Driver | None:
        """The note in the folder of the results; None where there is none that can be read."""
        try:
            content: dict[str, Any] = read_json(results / NOTE)
            return Driver(Process(**content["process"]), content["begun"], tuple(content["command"]), content["slurm_run"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, results: Path) -> None:
        """Leave the note."""
        write_json(results / NOTE, asdict(self))

    @property
    def unlock(self) -> str:
        """The command that clears the lock which it left behind."""
        return shlex.join(["snakemake", *self.command, "--unlock"])


def pool_name(chunks: Path) -> str:
    """The name that the library's workers have in Slurm: this campaign's alone, since no other one has its chunks in that folder."""
    return f"{POOL}{content_hash(chunks.resolve())}"


def locked(results: Path | str, directory: Path = LOCKS) -> bool:
    """Whether a Snakemake in this working directory holds, or died with, a lock on files below `results`."""
    prefix = f"{results}/"
    for path in directory.glob("*.lock"):
        try:
            if any(line.startswith(prefix) for line in path.read_text(encoding="utf-8").splitlines()):
                return True
        except OSError:
            continue
    return False


def describe_lock(results: str, arguments: Sequence[str] = ()) -> str:
    """What to do about a lock on the results, "" where there is none. `arguments`: of the Snakemake that asks."""
    if not locked(results) or "--unlock" in arguments:
        return ""
    driver = Driver.read(Path(results))
    if driver is None:
        clear = shlex.join(["snakemake", *arguments, "--unlock"])
        return f"{results} is locked by a Snakemake that left no note. If none runs in this folder any more, clear the lock with\n  {clear}"
    what = f"the campaign in {results} is driven by {driver.process} since {driver.begun}"
    alive = driver.process.alive()
    if alive:
        return f"{what}. It runs: let it, or stop it with Ctrl-C or `kill {driver.process.number}`"
    found = "that process is dead and left its lock behind" if alive is False else "whether it still runs can only be seen there"
    otherwise = "Clear the lock" if alive is False else "If it does not, clear the lock"
    return f"{what}; {found}. {otherwise} with\n  {driver.unlock}\nand start again; jobs that it left in the queue are taken care of then"


def begin_anew() -> None:
    """Replace this process by the same Snakemake from its beginning. Raises InputError where Snakemake runs inside another program."""
    if Path(sys.argv[0]).stem not in ("snakemake", "__main__"):
        raise InputError("the former driver's jobs have ended: start again, so that their results are used")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
