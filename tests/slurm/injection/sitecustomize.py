"""Faults from inside a job of a test campaign: Python loads this file in every process that has its folder on PYTHONPATH.

MOBCG_FAULTS names a folder. A file `LABEL.json` in it, {"kind": ..., "after": n}, is a fault for the job whose log has that label: it happens
when the job has written its n-th segment, and once, except for a full disk, which lasts until its file is removed. What every job renames
into place is noted in `ledger`, one line a file: label, process, Slurm's number of the job, path.
"""

import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from pathlib import Path

FOLDER = os.environ.get("MOBCG_FAULTS")
MEMORY_MB = 200
"""Of one bite of a job that takes more and more."""


class Watched(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets `mobcg.logs` be loaded as ever, and watches its `start_log`, with which every job begins."""

    def find_spec(self, name, path, target=None):
        if name != "mobcg.logs":
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        self.loader = found.loader
        found.loader = self
        return found

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        start_log = module.start_log

        def watched(path, label):
            start_log(path, label)
            watch(Path(FOLDER), label)

        module.start_log = watched


def watch(folder, label):
    replace, segments = os.replace, 0

    def watched(source, target, **more):
        nonlocal segments
        replace(source, target, **more)
        line = json.dumps([label, os.getpid(), os.environ.get("SLURM_JOB_ID"), str(target)])
        with (folder / "ledger").open("a") as ledger:
            ledger.write(line + "\n")
        if str(target).endswith(".npz"):
            segments += 1
            strike(folder / f"{label}.json", segments, Path(target))

    os.replace = watched
    strike(folder / f"{label}.json", 0, None)


def strike(path, segments, target):
    try:
        fault = json.loads(path.read_text())
    except FileNotFoundError:
        return
    if segments < fault["after"]:
        return
    if fault["kind"] == "full disk":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # files end there, in the middle of a write
        return
    path.rename(path.with_suffix(f".{os.getpid()}.done"))
    if fault["kind"] == "truncated checkpoint":
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault["kind"] == "over memory":
        taken = []
        while True:
            taken.append(b"x" * (MEMORY_MB * 2**20))
            time.sleep(0.2)
    elif fault["kind"] == "over time":
        time.sleep(600)


if FOLDER:
    sys.meta_path.insert(0, Watched())
