"""Work that the tests of batches do in other processes."""

import os
import signal
import time
from pathlib import Path

from mobcg.files import write_json


def make(folder: Path, behaviour: str) -> None:
    """Leave a sample's files, or fail as told."""
    if behaviour == "raise":
        raise ValueError("no such liquid")
    if behaviour == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "wait":
        (folder / "began").touch()
        signal.pause()
    for name in ("potential.csv", "history.csv", "rdf.csv", "msd.csv"):
        (folder / name).write_text(f"{name} of {folder.name}")
    write_json(folder / "summary.json", {"outcome": "ok", "inputs_hash": folder.name})


def meet(folder: Path, others: int) -> None:
    """End once `others` pieces are at work at the same time."""
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < others:
        time.sleep(0.01)
