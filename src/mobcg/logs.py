"""Logging of a job: everything to its log file, progress also to the terminal."""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from mobcg.files import write_text
from mobcg.outcomes import InputError, Interrupted
from mobcg.processes import Process
from mobcg.walltime import interrupt_on_sigterm

ATTEMPT = "=== attempt of "
"""Begin of the first line of each attempt in a log."""


def start_log(path: Path | str, label: str) -> None:
    """Send the log of this process to `path` and to the terminal, each line with `label` so that parallel jobs can be told apart.

    The file keeps what earlier attempts told, and is a new one: a former process that should still live writes into none that anybody
    reads. A job that is told to end by SIGTERM says so there.
    """
    line = logging.Formatter(f"%(asctime)s {label}: %(message)s", datefmt="%H:%M:%S")
    handlers: list[logging.Handler] = [logging.FileHandler(_begun(path)), logging.StreamHandler(sys.stderr)]
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    for handler in handlers:
        handler.setFormatter(line)
        root.addHandler(handler)
    logging.getLogger("mobcg").setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _failure(path, label, handlers[0])
    interrupt_on_sigterm()
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def last_attempt(text: str) -> str:
    """What the last attempt of a job told, of the text of its log."""
    return text[max(0, text.rfind(ATTEMPT)) :]


def _begun(path: Path | str) -> Path:
    """The log with a first line for this attempt; it replaces the former file."""
    path, job = Path(path), os.environ.get("SLURM_JOB_ID")
    earlier = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    begin = f"{ATTEMPT}{time.strftime('%Y-%m-%d %H:%M:%S')}, {Process.own()}{f', Slurm job {job}' if job else ''}"
    write_text(path, f"{earlier}{begin}\n")
    return path


def log_to_console() -> None:
    """Send the progress that mobcg reports to the terminal, plain, for a command that a person watches."""
    logger = logging.getLogger("mobcg")
    if not logger.handlers and not logging.getLogger().handlers:
        logger.addHandler(logging.StreamHandler(sys.stderr))
    logger.setLevel(logging.INFO)


def _failure(
    path: Path | str, label: str, to_file: logging.Handler
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """What to do with an error that ends the job: the traceback goes to the log, one line that says where to look to the terminal."""

    def report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, Interrupted):
            logging.getLogger().warning("stopped: %s; a retry, or the same command again, takes it up", error)
            return
        record = logging.LogRecord("mobcg", logging.ERROR, str(path), 0, "the job failed", (), (kind, error, traceback))
        to_file.emit(record)
        name = "" if issubclass(kind, InputError) else f"{kind.__name__}: "
        sys.stderr.write(
            f"error in {label}: {name}{error}\n  log: {path}\n  the same command continues the campaign once the cause is mended\n"
        )

    return report
