"""A bad night by a plan: which faults hit which job of a campaign, and when; everything follows from a seed."""

from __future__ import annotations

import json
import random
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.slurm.campaign import SlurmCampaign

INJECTION = Path(__file__).parent / "injection"
INSIDE = ("truncated checkpoint", "over memory", "over time", "full disk")
"""Faults that a job brings upon itself (see injection/sitecustomize.py)."""

OUTSIDE = ("job cancelled", "node lost", "driver killed", "damaged chunk")
"""Faults that come from outside: to a job, when so many atomistic runs are done, or when the library has its first chunk."""

KINDS = (*INSIDE, *OUTSIDE, "worker killed", "damaged table")
"""All of them; a worker of the pool is killed when its first chunk is done, a table damaged while no driver runs."""

REMEDY = re.compile(r"^\s*(rm -f \S+)$", re.MULTILINE)
"""The command that a message about a damaged file names."""

NODE_IS_BACK_S = 25.0
"""After it was lost; the controller misses it after 15 s."""


@dataclass(frozen=True)
class Fault:
    """kind; sample: whose job it hits, "" for the whole campaign; after: segments (inside) or finished runs (outside)."""

    kind: str
    sample: str = ""
    after: int = 0


def plan(seed: int, samples: Sequence[str], rounds: int = 1) -> list[Fault]:
    """Every kind of fault `rounds` times, each on a sample of its own, at moments that the seed decides."""
    dice = random.Random(seed)
    victims = iter(dice.sample(list(samples), len(samples)))
    faults = []
    for _ in range(rounds):
        faults += [Fault(kind, next(victims), dice.randint(1, 3)) for kind in INSIDE]
        faults += [Fault("job cancelled", next(victims)), Fault("damaged table", next(victims))]
        faults += [
            Fault("node lost", "", dice.randint(1, len(samples) // 2)),
            Fault("driver killed", "", dice.randint(2, len(samples) - 2)),
        ]
    return [*faults, Fault("worker killed"), Fault("damaged chunk")]


@dataclass
class Night:
    """A campaign under a plan of faults, driven to its end by what the documents tell a user to type.

    happened: the faults that came about; commands: what was typed; starts: of the driver; damaged: samples whose table was cut;
    struck: numbers of the jobs that were cancelled, cut short or lost with their node.
    """

    campaign: SlurmCampaign
    faults: Sequence[Fault]
    targets: Sequence[str]
    happened: list[Fault] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    starts: int = 0
    damaged: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folder = self.campaign.folder / "faults"
        self.folder.mkdir()
        self.campaign.environment["MOBCG_FAULTS"] = str(self.folder)
        self.campaign.environment["PYTHONPATH"] += f":{INJECTION}"
        for fault in self.faults:
            if fault.kind in (*INSIDE, "worker killed"):
                content = {"kind": fault.kind, "after": fault.after}
                (self.folder / f"{fault.sample or 'worker'}.json").write_text(json.dumps(content))
        self.results = self.campaign.folder / "results"
        self.waiting = [fault for fault in self.faults if fault.kind in (*OUTSIDE, "over time")]
        self.later: list[tuple[float, Callable[[], None]]] = []

    def run(self, most_starts: int, seconds: float) -> None:
        """Until the campaign is complete. AssertionError after `most_starts` of the driver, or so many seconds."""
        end = time.monotonic() + seconds
        try:
            while self._drive(end):
                assert self.starts < most_starts, f"not complete after {self.starts} starts:\n{self.output[-6000:]}"
                self._mend()
        finally:
            self.driver.kill()
            for _, bring_back in self.later:
                bring_back()
        self._note_inside()

    @property
    def output(self) -> str:
        """What the last driver printed."""
        return self.driver.output

    def _drive(self, end: float) -> bool:
        """One driver to its end, or to when it is killed; whether another one is needed."""
        self.starts += 1
        self.driver = self.campaign.start(*self.targets)
        self.commands.append("the same command" if self.starts > 1 else "the command")
        while self.driver.process.poll() is None:
            assert time.monotonic() < end, f"the night is too long:\n{self.output[-6000:]}"
            for fault in list(self.waiting):
                if self._strike(fault):
                    self.waiting.remove(fault)
                    self.happened.append(fault)
            for due, action in list(self.later):
                if time.monotonic() > due:
                    self.later.remove((due, action))
                    action()
            time.sleep(0.5)
        return self.driver.process.returncode != 0

    def _strike(self, fault: Fault) -> bool:
        """Let a fault happen if its time has come; whether it did."""
        if fault.kind in ("job cancelled", "over time"):
            running = [
                job for job in self.campaign.cluster.jobs() if job.state == "RUNNING" and job.is_of("simulate_atomistic", fault.sample)
            ]
            if not running or (fault.kind == "over time" and fault.sample not in self._struck()):
                return False
            number = running[0].number
            self.struck.add(number)
            if fault.kind == "job cancelled":
                self.campaign.cluster.call("scancel", number, check=False)
            else:  # Slurm knows no shorter limit
                self.campaign.cluster.call("scontrol", "update", f"JobId={number}", "TimeLimit=1", check=False)
            return True
        if fault.kind == "damaged chunk":
            return _cut(next(self.results.glob("library/chunks/[!.]*.parquet"), None))
        if len(list(self.results.glob("atomistic/*/summary.json"))) < fault.after or (fault.kind == "node lost" and self.later):
            return False  # too early, or the node is not back from the last time
        if fault.kind == "node lost":
            self.struck |= self.campaign.cluster.lose("n2")
            self.later.append((time.monotonic() + NODE_IS_BACK_S, self.campaign.cluster.start))
        else:
            self.driver.kill()
        return True

    def _mend(self) -> None:
        """What a user does after a driver ended early: what its messages and the documents say. And what the night does meanwhile."""
        if self.driver.process.returncode < 0:
            self.type(*self.campaign.command(*self.targets), "--unlock")
            self._damage()
            return
        for remedy in dict.fromkeys(REMEDY.findall(self.output)):
            self.type(*shlex.split(remedy))
        for fault in self.faults:
            note = self.folder / f"{fault.sample}.json"
            if fault.kind == "full disk" and note.exists():
                note.unlink()
                self.commands.append("make room")

    def _damage(self) -> None:
        """Cut a finished table, of the sample that was planned or of another one."""
        done = sorted(path.parent for path in self.results.glob("atomistic/*/summary.json"))
        for fault in self.faults:
            if fault.kind == "damaged table" and fault not in self.happened and done:
                chosen = next((folder for folder in done if folder.name == fault.sample), done[0])
                self.damaged.add(chosen.name)
                done.remove(chosen)
                _cut(chosen / "rdf.csv")
                self.happened.append(fault)

    def _struck(self) -> set[str]:
        """Samples, and "worker", whose fault from inside came about."""
        return {path.name.partition(".")[0] for path in self.folder.glob("*.done")}

    def _note_inside(self) -> None:
        done, typed = self._struck(), "make room" in self.commands
        for fault in self.faults:
            inside = (fault.kind in INSIDE and fault.kind != "over time") or fault.kind == "worker killed"
            if inside and ((fault.sample or "worker") in done or (fault.kind == "full disk" and typed)):
                self.happened.append(fault)

    def type(self, *command: str) -> None:
        """A command of the user's."""
        self.commands.append(" ".join(command[:2] if command[0] == "rm" else ["snakemake --unlock"]))
        done = subprocess.run(command, cwd=self.campaign.folder, env=self.campaign.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def _cut(path: Path | None) -> bool:
    """Take the last line, or the last bytes, off a file; whether there was one."""
    if path is None:
        return False
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"\n", 0, len(content) - 1) + 1] if path.suffix == ".csv" else content[:-64])
    return True
