"""The survey of a campaign: how far each stage is, what failed and why, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobcg.campaign import Campaign
from mobcg.driver import CHUNKS, Driver, locked, pool_name
from mobcg.files import read_json
from mobcg.outcomes import Outcome
from mobcg.slurm import QueuedJob, QueueError, queued
from mobcg.status.cost import Cost, core_hours
from mobcg.status.parts import Part, parts
from mobcg.status.state import Present, State


@dataclass(frozen=True)
class Failure:
    """A job that software ended, its reason, and its log."""

    job: str
    reason: str
    log: str


@dataclass(frozen=True)
class Rejection:
    """A result that physics ended: it stands in the tables with its outcome, and out of averages and training."""

    name: str
    outcome: str
    reason: str


@dataclass
class Stage:
    """One stage: parts by state, outcomes of those done (of a library its runs, of an evaluation its methods), cost."""

    name: str
    parts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    outcomes: dict[str, int] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)

    @property
    def total(self) -> int:
        """All parts."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Survey:
    """A campaign's stages, its driver and whether that lives (None: not to be seen from here), its lock, jobs in the queue, and notes."""

    results: str
    stages: tuple[Stage, ...]
    driver: Driver | None
    alive: bool | None
    locked: bool
    jobs: Sequence[QueuedJob]
    notes: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether everything is done."""
        return all(stage.parts[State.DONE] == stage.total for stage in self.stages)


def survey(campaign: Campaign) -> Survey:
    """Look at what the campaign left; nothing is simulated or changed."""
    results, notes = Path(campaign.config.results), []
    driver = Driver.read(results)
    alive = driver.process.alive() if driver else False
    jobs: list[QueuedJob] = []
    if driver and driver.slurm_run:
        try:
            jobs = queued([driver.slurm_run, pool_name(results / CHUNKS)])
        except QueueError as error:
            notes.append(f"Slurm's queue was not looked at: {error}")
    present = Present(driver, bool(alive), jobs)
    stages: dict[str, Stage] = {}
    everything = list(parts(campaign))
    for part in everything:
        stage = stages.setdefault(part.stage, Stage(part.stage))
        if (results / part.mark).exists():
            _finished(part, results, stage)
            continue
        state, reason = present.state(part, results)
        stage.parts[state] += 1
        if state is State.FAILED:
            stage.failures.append(Failure(str(part), reason, str(results / part.log)))
    for name, stage in stages.items():
        stage.cost = core_hours(results, [part for part in everything if part.stage == name], jobs)
    return Survey(str(results), tuple(stages.values()), driver, alive, locked(results), jobs, tuple(notes))


def _finished(part: Part, results: Path, stage: Stage) -> None:
    stage.parts[State.DONE] += 1
    if not part.summary:
        return
    try:
        summary = read_json(results / part.summary)
        found = list(_outcomes(part, summary))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        stage.parts[State.DONE] -= 1
        stage.parts[State.FAILED] += 1
        path = results / part.summary
        stage.failures.append(Failure(str(part), f"{path} cannot be read ({error}): remove it", str(results / part.log)))
        return
    for outcome, count, rejection in found:
        stage.outcomes[outcome] = stage.outcomes.get(outcome, 0) + count
        if rejection and outcome != Outcome.OK:
            stage.rejected.append(rejection)


def _outcomes(part: Part, summary: dict[str, Any]) -> Iterable[tuple[str, int, Rejection | None]]:
    """Outcomes of a part, how many of each, and what was rejected where that is told one by one."""
    if part.rule == "run_library":
        for outcome, count in summary["outcomes"].items():
            yield str(outcome), int(count), None
    elif part.rule == "evaluate_liquid":
        for method, row in summary["methods"].items():
            outcome = str(row["outcome"])
            yield outcome, 1, Rejection(f"{part.name} {method}", outcome, str(row.get("reason") or ""))
    else:
        outcome = str(summary["outcome"])
        yield outcome, 1, Rejection(part.name, outcome, str(summary.get("reason") or ""))
