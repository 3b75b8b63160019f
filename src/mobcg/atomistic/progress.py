"""Working through one stage: finished segments are read, the others simulated; a stage that blows up is begun anew with half the step."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.atomistic.advance import Bath, Machine
from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.journal import Journal
from mobcg.atomistic.schedule import Pace, Stage, pace
from mobcg.atomistic.segment import COLUMNS, Segment, SegmentStore, Start
from mobcg.config import AtomisticOptions
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.walltime import Deadline

logger = logging.getLogger(__name__)

HALVINGS = 2
"""How often a run may halve its step before it counts as blown up."""

Judge = Callable[[Segment], None]


class Engine(Protocol):
    """What moves the atoms."""

    @property
    def name(self) -> str:
        """For the summary: the OpenMM platform, or GROMACS and its release."""

    def advance(self, stage: Stage, pace: Pace, index: int, start: Start | str, frames: Path | None) -> Segment:
        """Simulate one segment of a stage from its begin or from the state XML at the end of the one before; `frames`: DCD of all atoms."""


@dataclass(frozen=True)
class Work:
    """A run in progress: its folder's journal, the liquid, options, bath, machine of OpenMM, the longest step, the engine, and the time
    that there is for it.
    """

    folder: Path
    journal: Journal
    bulk: Bulk
    options: AtomisticOptions
    bath: Bath
    machine: Machine
    longest_step_fs: float
    engine: Engine
    deadline: Deadline = field(default_factory=Deadline)


@dataclass(frozen=True)
class FinishedStage:
    """A stage's segments and the pace that they were made at."""

    stage: Stage
    pace: Pace
    segments: tuple[Segment, ...]

    @property
    def end(self) -> Start:
        """Where the next stage begins."""
        return Start.from_xml(self.segments[-1].state_xml)

    @property
    def wall_s(self) -> float:
        """Seconds that the segments took."""
        return sum(segment.wall_s for segment in self.segments)

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """One column of the samples."""
        return np.concatenate([segment.rows[:, COLUMNS.index(name)] for segment in self.segments])

    def table(self) -> pd.DataFrame:
        """All samples, with the stage's name; time from the stage's begin."""
        frame = pd.DataFrame({name: self.column(name) for name in COLUMNS})
        frame.insert(0, "stage", self.stage.name)
        return frame


def run_stage(
    work: Work, stage: Stage, start: Callable[[], Start], earlier: tuple[str, ...], judge: Judge | None = None, with_end: bool = False
) -> FinishedStage:
    """Simulate what is missing of a stage. `start` gives its begin where no segment is there; `earlier` names the stages before it.

    with_end: the state at its end is needed too, and made again where a complete stage has lost it (see `end_of`).
    judge: looks at every segment and may raise PhysicalFailure. Raises PhysicalFailure (blow-up) when the step was halved twice already,
    and Interrupted before a segment that would not be done before the work's deadline.
    """
    while True:
        halvings = sum(work.journal.halvings.get(name, 0) for name in (*earlier, stage.name))
        try:
            return _attempt(work, stage, pace(stage, work.options, work.longest_step_fs, halvings), start, judge, with_end)
        except PhysicalFailure as failure:
            if failure.outcome is not Outcome.BLOW_UP:
                raise
            if halvings >= HALVINGS:
                raise PhysicalFailure(Outcome.BLOW_UP, f"{failure.reason}, with the time step halved {halvings} times") from failure
            logger.warning("%s: stage %s begins anew with half the time step", failure.reason, stage.name)
            work.journal.halve(stage.name)
            SegmentStore(work.folder, stage.name).clear()


def end_of(work: Work, finished: FinishedStage, start: Callable[[], Start], earlier: tuple[str, ...], judge: Judge | None = None) -> Start:
    """Where the next stage begins; simulated again, from the last state before it that is there, where it was damaged or removed."""
    if not finished.segments[-1].state_xml:
        finished = run_stage(work, finished.stage, start, earlier, judge, with_end=True)
    return finished.end


def stored_stage(work: Work, stage: Stage, earlier: tuple[str, ...]) -> FinishedStage | None:
    """A stage whose segments all lie in the folder, None otherwise. The states at their ends may be gone, so nothing can go on from it."""
    speed = pace(stage, work.options, work.longest_step_fs, sum(work.journal.halvings.get(name, 0) for name in (*earlier, stage.name)))
    store = SegmentStore(work.folder, stage.name)
    found: list[Segment] = []
    for index in range(speed.segments):
        segment = store.read(index, speed.timestep_fs, speed.samples_of(index))
        if segment is None:
            return None
        found.append(segment)
    return FinishedStage(stage, speed, tuple(found))


def _attempt(work: Work, stage: Stage, speed: Pace, start: Callable[[], Start], judge: Judge | None, with_end: bool) -> FinishedStage:
    store = SegmentStore(work.folder, stage.name)
    done = store.finished(speed.timestep_fs, speed.samples_of, speed.segments, with_end)
    if judge:
        for segment in done:
            judge(segment)
    if done and len(done) < speed.segments:
        logger.info("stage %s goes on after %d of %d segments", stage.name, len(done), speed.segments)
    if done:
        work.deadline.learn(speed.stride * speed.samples_of(len(done) - 1), done[-1].wall_s)
    for index in range(len(done), speed.segments):
        steps = speed.stride * speed.samples_of(index)
        work.deadline.check(steps, f"segment {index + 1} of {speed.segments} of stage {stage.name}")
        begin = done[-1].state_xml if done else start()
        frames = store.path(index, ".dcd") if work.options.store_full_trajectory and stage.friction_per_ps is None else None
        segment = work.engine.advance(stage, speed, index, begin, frames)
        work.journal.check()
        store.write(index, segment)
        work.deadline.learn(steps, segment.wall_s)
        done.append(segment)
        _report(stage, speed, segment)
        if judge:
            judge(segment)
    return FinishedStage(stage, speed, tuple(done))


def _report(stage: Stage, speed: Pace, segment: Segment) -> None:
    rows = segment.rows
    logger.info(
        "%s %.1f / %.1f ps, %.3f ps/s, density %.4f g/cm3, temperature %.1f K",
        stage.name,
        rows[-1, 0],
        speed.samples * speed.interval_ps,
        len(rows) * speed.interval_ps / max(segment.wall_s, 1e-9),
        rows[:, COLUMNS.index("density_g_per_cm3")].mean(),
        rows[:, COLUMNS.index("temperature_K")].mean(),
    )
