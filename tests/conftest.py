import os

import numpy as np
import pytest
from xdist.scheduler import LoadFileScheduling

from mobcg.potential.pair import PairPotential


def pytest_xdist_auto_num_workers():
    """One more than there are cores: tests on Slurm wait for it most of the time."""
    return len(os.sched_getaffinity(0)) + 1


class OneSlurm(LoadFileScheduling):
    """A file goes to one worker, and all files of tests/slurm to the same one: they share a cluster."""

    def _split_scope(self, nodeid):
        return "tests/slurm" if nodeid.startswith("tests/slurm/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return OneSlurm(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    """Slurm's tests first, as they wait; then files with slow tests, so that no core is idle at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: 2 if item.path not in slow else 1 if "slurm" not in item.path.parts else 0)


def lennard_jones(sigma_nm, epsilon_kj_per_mol, cutoff_nm, spacing_nm=0.002, shift=True):
    r = np.arange(0.75 * sigma_nm, cutoff_nm + spacing_nm / 2, spacing_nm)
    r = np.linspace(r[0], cutoff_nm, len(r))
    u = 4 * epsilon_kj_per_mol * ((sigma_nm / r) ** 12 - (sigma_nm / r) ** 6)
    return PairPotential(r, u - u[-1] if shift else u)


@pytest.fixture(scope="session")
def soft():
    """A soft well of 0.6 kT at 298 K, like the inverted potentials of small alkanes."""
    r = np.linspace(0.3, 1.2, 91)
    core = 60.0 * np.exp(-(r - 0.3) / 0.05)
    well = -1.5 * np.exp(-(((r - 0.62) / 0.12) ** 2))
    tail = 1 - np.clip((r - 1.0) / 0.2, 0, 1) ** 2
    u = (core + well) * tail
    return PairPotential(r, u - u[-1])


class Queue:
    """Slurm's queue of a test: a file of jobs that the commands squeue and scancel on the PATH read and change."""

    SQUEUE = """#!/bin/sh
echo "squeue $*" >> "$0.calls"
[ -e "$0.broken" ] && { echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1; }
awk -F'|' -v names=",$4," 'index(names, "," $5 ",")' "{jobs}"
if [ -e "$0.ending" ]; then sed -i 1d "{jobs}"; fi
"""
    SCANCEL = """#!/bin/sh
echo "scancel $*" >> "$0.calls"
awk -F'|' -v option="$2" 'option != "--name=" $5' "{jobs}" > "{jobs}.left"; mv "{jobs}.left" "{jobs}"
"""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = folder / "jobs"
        self.jobs.touch()
        for name, script in (("squeue", self.SQUEUE), ("scancel", self.SCANCEL)):
            program = folder / name
            program.write_text(script.replace("{jobs}", str(self.jobs)))
            program.chmod(0o755)

    def add(self, number, name, state="RUNNING", comment="rule_invert_wildcards_a-00000", cores=2, used="1:00"):
        with self.jobs.open("a") as file:
            file.write(f"{number}|{state}|{cores}|{used}|{name}|{comment}\n")

    @property
    def numbers(self):
        return [int(line.split("|")[0]) for line in self.jobs.read_text().splitlines()]

    def end_one_at_each_look(self):
        (self.folder / "squeue.ending").touch()

    def break_down(self):
        (self.folder / "squeue.broken").touch()

    def calls(self, command):
        path = self.folder / f"{command}.calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def queue(tmp_path, monkeypatch):
    folder = tmp_path / "queue-of-slurm"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Queue(folder)
