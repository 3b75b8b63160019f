"""Logging of a job: everything to its log file, progress also to the terminal."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path


def start_log(path: Path | str, label: str) -> None:
    """Send the log of this process to `path` and to the terminal, each line with `label` so that parallel jobs can be told apart."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    line = logging.Formatter(f"%(asctime)s {label}: %(message)s", datefmt="%H:%M:%S")
    handlers: list[logging.Handler] = [logging.FileHandler(path, mode="w"), logging.StreamHandler(sys.stderr)]
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    for handler in handlers:
        handler.setFormatter(line)
        root.addHandler(handler)
    logging.getLogger("mobcg").setLevel(logging.INFO)
    logging.captureWarnings(True)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
