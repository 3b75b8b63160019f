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

from mobcg.outcomes import InputError, Interrupted
from mobcg.processes import Process
from mobcg.walltime import interrupt_on_sigterm

BEGUN, STOPPED, FAILED = "begun", "stopped:", "the job failed"
"""What a log's first line begins with, and how the end of a job that did not finish is told in it."""


def start_log(path: Path | str, label: str) -> None:
    """Send the log of this process to `path` and to the terminal, each line with `label` so that parallel jobs can be told apart.

    A job that is told to end by SIGTERM says so there.
    """
    line = logging.Formatter(f"%(asctime)s {label}: %(message)s", datefmt="%H:%M:%S")
    handlers: list[logging.Handler] = [logging.FileHandler(_begun(Path(path))), logging.StreamHandler(sys.stderr)]
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


def _begun(path: Path) -> Path:
    """A new log with a first line that says who writes it; a former process that should still live keeps a file that nobody reads."""
    path.unlink(missing_ok=True)
    job = os.environ.get("SLURM_JOB_ID")
    begin = f"{BEGUN} {time.strftime('%Y-%m-%d %H:%M:%S')} by {Process.own()}{f', Slurm job {job}' if job else ''}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(begin, encoding="utf-8")
    return path


def _failure(
    path: Path | str, label: str, to_file: logging.Handler
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """What to do with an error that ends the job: the traceback goes to the log, one line that says where to look to the terminal."""

    def report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, Interrupted):
            logging.getLogger().warning("%s %s; a retry, or the same command again, takes it up", STOPPED, error)
            return
        record = logging.LogRecord("mobcg", logging.ERROR, str(path), 0, FAILED, (), (kind, error, traceback))
        to_file.emit(record)
        name = "" if issubclass(kind, InputError) else f"{kind.__name__}: "
        sys.stderr.write(
            f"error in {label}: {name}{error}\n  log: {path}\n  the same command continues the campaign once the cause is mended\n"
        )

    return report
