import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mobcg import orphans
from mobcg.driver import CHUNKS, Driver, pool_name
from mobcg.orphans import dismiss_pool, settle, take_over
from mobcg.outcomes import InputError
from mobcg.processes import Process

DEAD = replace(Process.own(), start="1")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(orphans, "LOOK_S", 0.0)


@pytest.fixture
def results(tmp_path, queue):
    """Of a campaign whose driver was killed: two of its jobs and two workers are in the queue, among those of others."""
    folder = tmp_path / "results"
    folder.mkdir()
    Driver(DEAD, "2026-11-25 22:10:00", ("all",), "run-1").write(folder)
    queue.add(1, "run-1")
    queue.add(2, "run-1", "PENDING")
    queue.add(3, pool_name(folder / CHUNKS))
    queue.add(4, pool_name(folder / CHUNKS), "PENDING")
    queue.add(5, "run-of-another-campaign")
    queue.add(6, pool_name(tmp_path / "results2" / CHUNKS))
    return folder


def test_awaited_jobs_end_by_themselves_and_the_plan_is_made_anew(results, queue):
    said = []
    queue.end_one_at_each_look()
    assert settle(results, "wait", said.append, needs_queue=True) is True
    assert "2 jobs (1 pending) of the campaign's former driver" in said[0]
    assert said[1].endswith("scancel --me --name=run-1")
    assert said[2:4] == ["1 job (1 pending) left", "all have ended"]
    assert not any("run-1" in call for call in queue.calls("scancel"))


def test_workers_are_cancelled_and_never_awaited(results, queue):
    queue.jobs.write_text("".join(line + "\n" for line in queue.jobs.read_text().splitlines() if "run-1" not in line))
    said = []
    assert settle(results, "refuse", said.append, needs_queue=True) is False
    assert queue.numbers == [5, 6]
    assert said == ["2 jobs (1 pending) of the library's former pool are cancelled", "all have ended"]


def test_cancelled_jobs_are_gone_when_the_campaign_goes_on(results, queue):
    said = []
    assert settle(results, "cancel", said.append, needs_queue=True) is False
    assert queue.numbers == [5, 6], "jobs of other campaigns stay"
    assert "are cancelled (orphans: cancel)" in said[0]


def test_refused_with_the_command_that_cancels(results, queue):
    with pytest.raises(InputError, match=r"orphans: refuse(.|\n)*scancel --me --name=run-1"):
        settle(results, "refuse", print, needs_queue=True)
    assert queue.numbers == [1, 2, 3, 4, 5, 6]


def test_a_first_start_does_not_even_ask(tmp_path, queue):
    assert settle(tmp_path, "cancel", print, needs_queue=True) is False
    assert queue.calls("squeue") == []


def test_no_queue_stops_a_campaign_on_slurm_and_no_other(results, queue):
    queue.break_down()
    said = []
    assert settle(results, "cancel", said.append, needs_queue=False) is False
    assert "Unable to contact slurm controller" in said[0]
    with pytest.raises(InputError, match="start again when it can"):
        settle(results, "cancel", print, needs_queue=True)
    assert queue.calls("scancel") == []


def test_a_short_outage_while_waiting_is_sat_out(results, queue, monkeypatch):
    queue.end_one_at_each_look()
    answers, ask = [], orphans.queued

    def outage(names):
        answers.append(names)
        if len(answers) == 2:
            raise orphans.QueueError("squeue did not answer")
        return ask(names)

    monkeypatch.setattr(orphans, "queued", outage)
    said = []
    assert settle(results, "wait", said.append, needs_queue=True) is True
    assert "squeue did not answer; asking again" in said


def test_taking_over_leaves_the_note_of_the_new_driver(results, queue):
    queue.jobs.write_text("")
    assert take_over(results, "wait", print, "run-2", ["all"]) is False
    found = Driver.read(results)
    assert (found.slurm_run, found.process, found.command) == ("run-2", Process.own(), ("all",))


def test_who_waited_plans_anew_and_the_note_stays_until_then(results, queue):
    queue.end_one_at_each_look()
    assert take_over(results, "wait", lambda _: None, "run-2", ["all"]) is True
    assert Driver.read(results).slurm_run == "run-1"
    assert take_over(results, "wait", lambda _: None, "run-3", ["all"]) is False
    assert Driver.read(results).slurm_run == "run-3"


def test_jobs_of_a_driver_that_lives_are_never_touched(results, queue):
    """Two drivers in one folder with targets apart: the second one leaves the first one's jobs and note alone."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        process = replace(Process.own(), number=other.pid, start=_start_of(other.pid))
        Driver(process, "2026-11-25 22:10:00", ("atomistic",), "run-1").write(results)
        assert take_over(results, "cancel", print, "run-2", ["report"]) is False
        other.communicate(b"\n")
    assert queue.numbers == [1, 2, 3, 4, 5, 6]
    assert Driver.read(results).slurm_run == "run-1"


def _start_of(number):
    return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]


def test_former_workers_make_room_for_new_ones(results, queue):
    said = []
    dismiss_pool(pool_name(results / CHUNKS), said.append)
    assert queue.numbers == [1, 2, 5, 6]
    assert said == ["2 jobs (1 pending) of the library's former pool are cancelled"]
    queue.break_down()
    dismiss_pool(pool_name(results / CHUNKS), said.append)
    assert "was not looked at" in said[1]
