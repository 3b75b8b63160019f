"""A campaign on the cluster: a copy of the workflow whose profile had its three edits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.slurm.cluster import Cluster
from tests.workflow.conftest import ROOT, Workflow

POOL = {"kind": "slurm", "workers": 2, "memory_mb": 1500, "walltime_minutes": 10, "partition": "main", "account": "test"}
"""The library's workers as jobs of the cluster."""

QUICK = ("--slurm-init-seconds-before-status-checks", "2", "--max-jobs-per-timespan", "10/1s", "--latency-wait", "10")
"""What a test need not wait for: a cluster's patience with its users."""


def edited(profile: str, account: str, partition: str, gpu: str = "") -> str:
    """The profile after its three edits."""
    for key, value in (("slurm_account", account), ("slurm_partition", partition), ("gres", gpu)):
        lines = [line for line in profile.splitlines() if line.strip().startswith(f"{key}:")]
        assert len(lines) == 1, f"{key} stands {len(lines)} times in the profile"
        profile = profile.replace(lines[0], f'{lines[0].partition(key)[0]}{key}: "{value}"')
    return profile


class SlurmCampaign(Workflow):
    """A workflow that runs on a cluster."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        super().__init__(folder)
        self.cluster = cluster
        self.environment = {name: value for name, value in cluster.environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environment["PYTHONPATH"] = str(ROOT / "src")
        profile = folder / "profiles/slurm/config.yaml"
        profile.write_text(edited(profile.read_text(), "test", "main"))

    def command(self, *arguments: str) -> list[str]:
        """What a user types, and what keeps a test short."""
        return [sys.executable, "-m", "snakemake", *arguments, "--profile", "slurm", *QUICK, "--configfile", "tiny.yaml"]

    def start(self, *arguments: str) -> Driver:
        """Start the campaign."""
        return Driver(self.command(*arguments), self.folder, self.environment)

    def run_on_slurm(self, *arguments: str, timeout: float = 1500) -> str:
        """Run the campaign to its end; what it printed."""
        driver = self.start(*arguments)
        try:
            if driver.process.wait(timeout):
                raise AssertionError(f"{' '.join(driver.command)}\n{driver.output[-8000:]}")
        finally:
            driver.kill()
        return driver.output


class Driver:
    """A running snakemake."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.command = command
        logs = folder / "drivers"
        logs.mkdir(exist_ok=True)
        self.log = logs / f"{len(list(logs.iterdir())):03d}.log"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True)

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """kill -9: of the driver, where it runs, and what it started itself. Its jobs live on."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
