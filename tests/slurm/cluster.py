"""A real Slurm of several nodes on loopback, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "slurmdbd", "mariadbd", "mariadb", "mariadb-install-db")
NODES = ("n1", "n2", "n3")
COMMENT = "rule_{}_wildcards_{}"
"""What Snakemake's plugin writes into the comment of a job."""


def missing() -> str:
    """Why there can be no cluster here, "" where there can."""
    if os.geteuid() != 0:
        return "a Slurm of its own needs root"
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"no {', '.join(absent)}: tests/slurm/install.sh installs them" if absent else ""


def wait_until(condition: Callable[[], object], seconds: float, what: str, interval: float = 0.2) -> None:
    """Return as soon as `condition` holds; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(interval)


@dataclass(frozen=True)
class Job:
    """A job as squeue tells of it: number, state, node, its comment and name."""

    number: str
    state: str
    node: str
    comment: str
    name: str

    @property
    def alive(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED")

    def is_of(self, rule: str, sample: str | None = None) -> bool:
        """Whether it is a job of that rule, and sample."""
        return self.comment == (f"rule_{rule}" if sample is None else COMMENT.format(rule, sample))


class Cluster:
    """A running cluster: what an administrator, and a bad night, do to it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.environment = os.environ | {
            "SLURM_CONF": f"{folder}/slurm.conf",
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "DASK_JOBQUEUE__SLURM__INTERFACE": "lo",
        }

    def call(self, *command: str, check: bool = True, timeout: float = 60) -> str:
        """What a command of Slurm prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def jobs(self) -> list[Job]:
        """All jobs that the controller remembers, also finished ones."""
        lines = self.call("squeue", "--noheader", "--states=all", "--format=%i|%T|%N|%k|%j").splitlines()
        return [Job(*(part.strip() for part in line.split("|"))) for line in lines]

    def cancel_all(self) -> None:
        """Cancel every job and wait until none is left."""
        self.call("scancel", "--user", "root", check=False)
        wait_until(lambda: not any(job.alive for job in self.jobs()), 30, "jobs to be cancelled")

    def pid(self, daemon: str) -> int:
        """The recorded process of a daemon."""
        return int((self.folder / "pid" / daemon).read_text())

    def kill(self, daemon: str) -> None:
        """Kill a daemon outright: slurmctld, slurmdbd, or slurmd.n1, as a node that loses its power."""
        os.kill(self.pid(daemon), signal.SIGKILL)

    def lose(self, node: str) -> set[str]:
        """A node loses its power: its daemon, its jobs and what watches over them die at once. The jobs' numbers."""
        numbers = set(self.call("squeue", "--noheader", "--nodelist", node, "--states", "RUNNING", "--format", "%i").split())
        self.kill(f"slurmd.{node}")
        for pid in self._processes(numbers):
            with _gone():
                os.kill(pid, signal.SIGKILL)
        return numbers

    def _processes(self, jobs: set[str]) -> set[int]:
        """All processes of these jobs of this cluster, told by their environment, and Slurm's that started them."""
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with _gone():
                environment = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                settings = dict(line.partition("=")[::2] for line in environment)
                if settings.get("SLURM_JOB_ID") in jobs and f"{self.folder}/bin" in settings.get("PATH", ""):
                    parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                    found.add(int(folder.name))
                    if Path(f"/proc/{parent}/cmdline").read_text().startswith("slurmstepd"):
                        found.add(int(parent))
        return found

    def start(self) -> None:
        """Start what does not run; a node that was down comes back."""
        command = [str(HERE / "start.sh"), str(self.folder)]
        settings = {"NODES": str(len(NODES)), "PORT": str(self.port), "OWNER": str(os.getpid())}
        done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise AssertionError(f"{done.stdout}\n{done.stderr}")

    def stop(self) -> None:
        """Stop all of it and remove its folder."""
        subprocess.run([str(HERE / "stop.sh"), str(self.folder), "--wipe"], check=False, capture_output=True, timeout=120)


@contextmanager
def _gone() -> Iterator[None]:
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        yield


def _free_ports() -> int:
    """The first of a stretch of free ports, as many as a cluster takes; another one for each process that asks at the same time."""
    stretches = range(21000, 32000, 400)
    first = os.getpid() % len(stretches)
    for port in [*stretches[first:], *stretches[:first]]:
        try:
            for number in range(port, port + 301):
                with closing(socket.socket()) as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError("no free ports for a cluster")


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster for the block; it is stopped at its end, and when this process dies."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="slurm-")), _free_ports())
    try:
        try:
            cluster.start()
        except AssertionError:  # a daemon that did not come up in time on a busy machine; once more, from nothing
            cluster.stop()
            cluster = Cluster(Path(tempfile.mkdtemp(prefix="slurm-")), _free_ports())
            cluster.start()
        yield cluster
    finally:
        cluster.stop()
