"""What the next Snakemake does about a driver that was killed."""

from dataclasses import replace

import pytest

from mobcg.driver import Driver
from mobcg.processes import Process

TARGET = "results/draws.parquet"
DEAD = replace(Process.own(), start="1")


@pytest.fixture
def killed(fresh, queue):
    """A campaign whose driver was killed, with a job in the queue."""
    (fresh.folder / "results").mkdir()
    Driver(DEAD, "2026-11-25 22:10:00", ("--profile", "slurm", "--configfile", "tiny.yaml"), "run-1").write(fresh.folder / "results")
    queue.add(1, "run-1")
    queue.add(2, "run-of-another-campaign")
    return fresh


def test_a_dead_driver_s_lock_is_refused_with_the_command_that_clears_it(killed, queue):
    locks = killed.folder / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text(f"{TARGET}\n")
    done = killed.run(TARGET, check=False)
    assert done.returncode
    assert "snakemake --profile slurm --configfile tiny.yaml --unlock" in done.stderr
    assert queue.calls("squeue") == [], "under a lock nobody's jobs are touched"
    assert "left its lock behind" not in killed.run(TARGET, "--unlock").stderr


def test_a_dry_run_touches_no_job(killed, queue):
    killed.run(TARGET, "-n", "--config", "orphans=cancel")
    assert queue.numbers == [1, 2]
    assert Driver.read(killed.folder / "results").slurm_run == "run-1"


def test_left_jobs_are_a_reason_to_refuse_where_the_config_says_so(killed, queue):
    done = killed.run(TARGET, "--config", "orphans=refuse", check=False)
    assert done.returncode
    assert "scancel --me --name=run-1" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (killed.folder / TARGET).exists()
    assert not list((killed.folder / ".snakemake/locks").glob("*"))


def test_left_jobs_are_awaited_and_the_campaign_is_planned_anew(killed, queue):
    """The job ends at the second look: Snakemake begins again, and only then submits."""
    queue.end_one_at_each_look()
    done = killed.run(TARGET)
    assert "they are awaited (orphans: wait)" in done.stderr
    assert done.stderr.count("Building DAG of jobs") == 2
    assert (killed.folder / TARGET).exists()
    assert not any("run-1" in call for call in queue.calls("scancel"))
