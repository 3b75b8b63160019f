import os
import time
from dataclasses import replace

import pytest

from mobcg.driver import CHUNKS, Driver, pool_name
from mobcg.lease import hold
from mobcg.processes import Process
from mobcg.status.state import SILENT, State
from mobcg.status.survey import survey

DEAD = replace(Process.own(), start="1")


def stage(found, name="atomistic"):
    return next(stage for stage in found.stages if stage.name == name)


def drive(folder, process=DEAD, begun="2026-11-25 10:00:00"):
    Driver(process, begun, ("--profile", "slurm", "--configfile", "config/my campaign.yaml"), "run-1").write(folder.results)


def test_every_part_is_counted_once(folder):
    found = survey(folder.campaign)
    atomistic = stage(found)
    assert {state: count for state, count in atomistic.parts.items() if count} == {
        State.DONE: 3,
        State.FAILED: 1,
        State.STOPPED: 1,
        State.MISSING: 3,
    }
    assert [stage.name for stage in found.stages] == ["atomistic", "inversion", "library", "database", "train", "evaluate", "report"]
    assert [stage.total for stage in found.stages] == [8, 7, 2, 1, 2, 2, 1]
    assert not found.finished


def test_physics_and_software_are_apart(folder):
    atomistic = stage(survey(folder.campaign))
    assert atomistic.outcomes == {"ok": 2, "blow-up": 1}
    assert [(item.name, item.outcome, item.reason) for item in atomistic.rejected] == [("n-hexane-00002", "blow-up", "too hot")]
    (failure,) = atomistic.failures
    assert failure.job == "simulate_atomistic n-hexane-00003"
    assert failure.reason == "OSError: [Errno 28] No space left on device"
    assert failure.log == "results/logs/simulate_atomistic/n-hexane-00003.log"


def test_library_and_evaluation_tell_the_outcomes_of_their_runs(folder):
    folder.write("library/runs.parquet", "")
    folder.write("library/summary.json", '{"runs": 9, "outcomes": {"ok": 7, "crystal": 2}}')
    folder.write("evaluation/benzene/summary.json", '{"methods": {"inversion": {"outcome": "glass", "reason": "slow"}}}')
    found = survey(folder.campaign)
    assert stage(found, "library").outcomes == {"ok": 7, "crystal": 2}
    assert [item.name for item in stage(found, "evaluate").rejected] == ["benzene inversion"]


def test_a_damaged_summary_is_a_failure_that_says_what_to_do(folder):
    folder.write("atomistic/n-hexane-00000/summary.json", '{"outcome": "o')
    atomistic = stage(survey(folder.campaign))
    assert atomistic.parts[State.DONE] == 2
    assert "results/atomistic/n-hexane-00000/summary.json cannot be read" in atomistic.failures[0].reason
    assert atomistic.failures[0].reason.endswith("remove it")


def test_what_ended_without_a_word_is_told_in_slurm_s(folder):
    folder.log("invert", "n-hexane-00000", job="41")
    folder.log("invert", "n-hexane-00001", job="42")
    path = folder.place / "results/slurm_logs/rule_invert/n-hexane-00001/42.log"
    path.parent.mkdir(parents=True)
    path.write_text("Building DAG\nslurmstepd: error: *** JOB 42 ON n1 CANCELLED AT 2026-11-25T22:00:00 DUE TO TIME LIMIT ***\n")
    first, second = stage(survey(folder.campaign), "inversion").failures
    assert first.reason == SILENT
    assert "DUE TO TIME LIMIT" in second.reason
    assert "42.log" in second.reason


def test_jobs_in_the_queue_run_or_wait(folder, queue):
    drive(folder)
    queue.add(1, "run-1", comment="rule_simulate_atomistic_wildcards_n-hexane-00005", cores=2, used="30:00")
    queue.add(2, "run-1", "PENDING", comment="rule_invert_wildcards_n-hexane-00000", used="0:00")
    queue.add(77, "run-1", comment="rule_simulate_atomistic_wildcards_of-a-batch")
    queue.add(3, pool_name(folder.results / CHUNKS), comment="(null)", cores=4, used="1:00:00")
    queue.add(4, "another", comment="rule_invert_wildcards_n-hexane-00001")
    folder.log("simulate_atomistic", "n-hexane-00003", job="77")
    found = survey(folder.campaign)
    assert stage(found).parts[State.RUNNING] == 2
    assert (stage(found, "inversion").parts[State.QUEUED], stage(found, "inversion").parts[State.RUNNING]) == (1, 0)
    assert stage(found, "library").cost.used == pytest.approx(4.0)


def test_a_held_run_runs(folder):
    with hold(folder.results / "atomistic/n-hexane-00004/run"):
        assert stage(survey(folder.campaign)).parts[State.RUNNING] == 1
    assert stage(survey(folder.campaign)).parts[State.RUNNING] == 0


def test_jobs_of_a_living_driver_on_this_machine_run(folder):
    folder.log("invert", "n-hexane-00000")
    drive(folder, Process.own(), time.strftime("%Y-%m-%d %H:%M:%S"))
    assert stage(survey(folder.campaign), "inversion").parts[State.RUNNING] == 1
    os.utime(folder.results / "logs/invert/n-hexane-00000.log", (0, 0))
    assert stage(survey(folder.campaign), "inversion").parts[State.FAILED] == 1


def test_a_queue_that_cannot_be_read_is_a_note(folder, queue):
    drive(folder)
    queue.break_down()
    assert "Unable to contact slurm controller" in survey(folder.campaign).notes[0]


def test_cost_is_that_of_what_is_done_and_in_its_mean_of_what_is_to_come(folder):
    """Three runs of an hour on two cores done, four to come, and a table of a minute."""
    found = survey(folder.campaign)
    assert stage(found).cost.used == pytest.approx(6.0)
    assert stage(found).cost.expected == pytest.approx(8.0 + 1 / 60)
    assert stage(found, "inversion").cost.expected is None
    library = folder.campaign.config.library.all_runs * folder.campaign.config.coarse_grained.run_seconds() / 3600
    assert stage(found, "library").cost.expected == pytest.approx(library + 1 / 60)
