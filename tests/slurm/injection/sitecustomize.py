"""Faults from inside a job of a test campaign: Python loads this file in every process that has its folder on PYTHONPATH.

MOBCG_FAULTS names a folder. A file `LABEL.json` in it, {"kind": ..., "after": n}, is a fault for the job whose log has that label. It
happens when the job has written its n-th segment, and once, except for a full disk, which lasts until its file is removed; `worker.json` is
for the first worker of the pool that has done a chunk. What every job renames into place is noted in `ledger`, one line a file: label,
process, Slurm's number of the job, path.
"""

import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from pathlib import Path

MEMORY_MB = 200
"""Of one bite of a job that takes more and more."""


class Watched(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets `mobcg.logs` and `mobcg.files` be loaded as ever; then watches `start_log`, with which every job begins, and what is renamed."""

    def find_spec(self, name, path, target=None):
        if name not in ("mobcg.logs", "mobcg.files"):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        loader, found.loader = found.loader, self
        self.loaders = {**getattr(self, "loaders", {}), name: loader}
        return found

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.loaders[module.__name__].exec_module(module)
        if module.__name__ == "mobcg.logs":
            module.start_log = labelled(module.start_log)
        else:
            os.replace = noted(os.replace)


def labelled(start_log):
    def watched(path, label):
        start_log(path, label)
        job.update(label=label, segments=0)
        strike(label, 0)

    return watched


def noted(replace):
    def watched(source, target, **more):
        if Path(target).parent.name == "chunks":
            strike("worker", 0)
        replace(source, target, **more)
        with (FOLDER / "ledger").open("a") as ledger:
            ledger.write(json.dumps([job["label"], os.getpid(), os.environ.get("SLURM_JOB_ID"), str(target)]) + "\n")
        if str(target).endswith(".npz"):
            job["segments"] += 1
            strike(job["label"], job["segments"], Path(target))

    return watched


def strike(label, segments, target=None):
    path = FOLDER / f"{label}.json"
    try:
        fault = json.loads(path.read_text())
        if segments < fault["after"]:
            return
        if fault["kind"] != "full disk":
            path.rename(path.with_suffix(f".{os.getpid()}.done"))
    except FileNotFoundError:
        return
    if fault["kind"] == "full disk":
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # files end there, in the middle of a write
    elif fault["kind"] == "truncated checkpoint":
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault["kind"] == "worker killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault["kind"] == "over memory":
        taken = []
        while True:
            taken.append(b"x" * (MEMORY_MB * 2**20))
            time.sleep(0.2)
    elif fault["kind"] == "over time":
        time.sleep(600)


if "MOBCG_FAULTS" in os.environ:
    FOLDER = Path(os.environ["MOBCG_FAULTS"])
    job = {"label": "", "segments": 0}
    sys.meta_path.insert(0, Watched())
