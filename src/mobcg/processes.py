"""Whether a process that wrote its name into a file still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process for good: numbers are given again, so its start is kept too; `space` tells containers of one host apart."""

    host: str
    number: int
    start: str
    space: str

    @staticmethod
    def own() -> Process:
        """The process that asks."""
        return Process(socket.gethostname(), os.getpid(), _start(os.getpid()), _space())

    def alive(self) -> bool | None:
        """Whether it lives; None for one on another host or in another container, which cannot be looked at from here."""
        if (self.host, self.space) != (socket.gethostname(), _space()):
            return None
        try:
            os.kill(self.number, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return _start(self.number) == self.start

    def __str__(self) -> str:
        return f"process {self.number} on {self.host}"


def processor_seconds(number: int) -> float | None:
    """Processor time that a process has used; None where there is no /proc."""
    fields = _fields(number)
    return None if fields is None else (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _start(number: int) -> str:
    """Clock ticks from the machine's start to the process', "" where there is no /proc or no such process."""
    fields = _fields(number)
    if fields is None:
        return ""
    return "zombie" if fields[0] == "Z" else fields[19]


def _fields(number: int) -> list[str] | None:
    """What /proc/NUMBER/stat says behind the process' name, its state first."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
