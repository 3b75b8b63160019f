import time
from dataclasses import replace

import numpy as np
import pytest

from mobcg.atomistic.advance import Bath
from mobcg.atomistic.journal import Journal
from mobcg.atomistic.progress import Work, run_stage
from mobcg.atomistic.schedule import stages
from mobcg.atomistic.segment import COLUMNS, Segment
from mobcg.config import AtomisticOptions
from mobcg.outcomes import Interrupted, Outcome, PhysicalFailure
from mobcg.walltime import RESERVE_S, Deadline

OPTIONS = AtomisticOptions(production_ps=10, checkpoint_ps=2, sample_interval_ps=0.5)
STAGE = stages(OPTIONS, 1.0)["production"]


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path, Journal.open(tmp_path, "abc"), None, OPTIONS, Bath(300.0, 1.0, 1), None, 2.0, None)


class Fake:
    """Stands for the dynamics: notes what is asked of it."""

    name = "fake"

    def __init__(self, steps, fails=lambda step, index: None):
        self.steps, self.fails = steps, fails

    def advance(self, stage, pace, index, start, frames):
        self.steps.append((pace.timestep_fs, index, start))
        failure = self.fails(pace.timestep_fs, index)
        if failure:
            raise failure
        rows = np.full((pace.samples_of(index), len(COLUMNS)), float(index))
        return Segment(pace.timestep_fs, rows, np.zeros((len(rows), 2, 3), np.float32), f"<end of {index}/>", 1.0)


def test_each_segment_starts_where_the_last_one_ended(work):
    steps = []
    work = replace(work, engine=Fake(steps))
    finished = run_stage(work, STAGE, lambda: "begin", ())
    assert [start for _, _, start in steps] == ["begin", *[f"<end of {index}/>" for index in range(4)]]
    assert len(finished.table()) == 20
    assert finished.wall_s == 5.0


def test_finished_stage_is_only_read(work):
    work = replace(work, engine=Fake([]))
    first = run_stage(work, STAGE, lambda: "begin", ())
    steps = []
    work = replace(work, engine=Fake(steps))
    again = run_stage(work, STAGE, lambda: pytest.fail("the begin is not needed"), ())
    assert steps == []
    np.testing.assert_array_equal(again.table().to_numpy(), first.table().to_numpy())


def test_blow_up_begins_the_stage_anew_with_half_the_step(work):
    steps = []
    blow_up = PhysicalFailure(Outcome.BLOW_UP, "too hot")
    work = replace(work, engine=Fake(steps, lambda step, index: blow_up if step > 1.5 and index == 2 else None))
    finished = run_stage(work, STAGE, lambda: "begin", ())
    assert [(step, index) for step, index, _ in steps] == [(2.0, 0), (2.0, 1), (2.0, 2), *[(1.0, index) for index in range(5)]]
    assert finished.pace.timestep_fs == 1.0
    assert Journal.open(work.folder, "abc").halvings == {"production": 1}


def test_halved_step_holds_for_later_stages(work):
    steps = []
    work.journal.halve("npt")
    work = replace(work, engine=Fake(steps))
    run_stage(work, STAGE, lambda: "begin", ("soft", "npt"))
    assert {step for step, _, _ in steps} == {1.0}


def test_third_blow_up_is_final(work):
    steps = []
    work = replace(work, engine=Fake(steps, lambda step, index: PhysicalFailure(Outcome.BLOW_UP, "too hot")))
    with pytest.raises(PhysicalFailure, match="too hot, with the time step halved 2 times"):
        run_stage(work, STAGE, lambda: "begin", ())
    assert [step for step, _, _ in steps] == [2.0, 1.0, 0.5]


def test_software_error_escapes(work):
    work = replace(work, engine=Fake([], lambda step, index: RuntimeError("driver")))
    with pytest.raises(RuntimeError, match="driver"):
        run_stage(work, STAGE, lambda: "begin", ())
    assert work.journal.halvings == {}


def test_judge_sees_every_segment_also_those_read(work):
    work = replace(work, engine=Fake([]))
    seen = []
    for _ in range(2):
        run_stage(work, STAGE, lambda: "begin", (), lambda segment: seen.append(segment.rows[0, 0]))
    assert seen == [0, 1, 2, 3, 4] * 2


def test_a_segment_that_would_not_be_done_in_time_is_left_to_the_next_job(work):
    """Segments of 1 s each: the job has time for one, the next one for the rest."""
    steps = []
    first = replace(work, engine=Fake(steps), deadline=Deadline(time.time() + RESERVE_S + 1.0))
    with pytest.raises(Interrupted, match="segment 2 of 5 of stage production would take about 1 s"):
        run_stage(first, STAGE, lambda: "begin", ())
    assert [index for _, index, _ in steps] == [0]
    assert Journal.open(work.folder, "abc").failure is None
    rest = replace(work, engine=Fake(steps), deadline=Deadline(time.time() + RESERVE_S + 100.0))
    assert len(run_stage(rest, STAGE, lambda: "begin", ()).segments) == 5
    assert [index for _, index, _ in steps] == [0, 1, 2, 3, 4]


def test_every_job_makes_headway(work):
    """Where a checkpoint interval is as long as the job, each job tries one: a slow node's speed does not stop the run for ever."""
    steps = []
    for _ in range(5):
        tight = replace(work, engine=Fake(steps), deadline=Deadline(time.time()))
        try:
            run_stage(tight, STAGE, lambda: "begin", ())
        except Interrupted:
            continue
    assert [index for _, index, _ in steps] == [0, 1, 2, 3, 4]
