import os
import signal
import subprocess
import sys
import time

import pytest

from mobcg.outcomes import Interrupted
from mobcg.walltime import RESERVE_S, Deadline, allocation_end


@pytest.fixture(autouse=True)
def outside_of_slurm(monkeypatch):
    for name in ("SLURM_JOB_ID", "SLURM_JOB_END_TIME"):
        monkeypatch.delenv(name, raising=False)
    allocation_end.cache_clear()
    yield
    allocation_end.cache_clear()


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """A squeue that gives one answer."""

    def answer(text, status=0):
        program = tmp_path / "squeue"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\necho "{text}"\nexit {status}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return tmp_path / "calls"

    return answer


def test_outside_of_slurm_there_is_no_limit(squeue):
    calls = squeue("5:00")
    assert allocation_end() is None
    assert not calls.exists()
    deadline = Deadline.of_this_job()
    deadline.learn(1, 1e9)
    for _ in range(3):
        deadline.check(100, "a segment")


def test_the_end_is_what_slurm_says(monkeypatch, squeue):
    calls = squeue("1-02:03:04")
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert allocation_end() == pytest.approx(time.time() + 93784, abs=30)
    assert allocation_end() == allocation_end()
    assert calls.read_text().split() == ["--noheader", "--jobs", "77", "--format", "%L"]
    monkeypatch.setenv("SLURM_JOB_END_TIME", "2000000000")
    allocation_end.cache_clear()
    assert allocation_end() == 2e9


@pytest.mark.parametrize(("text", "status"), [("UNLIMITED", 0), ("INVALID", 0), ("", 0), ("slurm_load_jobs error: Invalid job id", 1)])
def test_an_end_that_nobody_knows_is_no_limit(monkeypatch, squeue, text, status):
    squeue(text, status)
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert allocation_end() is None


def test_no_squeue_is_no_limit(monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert allocation_end() is None


def test_a_piece_that_does_not_fit_is_not_begun():
    deadline = Deadline(time.time() + RESERVE_S + 100)
    deadline.check(10, "the first")
    deadline.learn(10, 50.0)
    deadline.check(10, "the second")
    with pytest.raises(Interrupted, match=r"ends in 3 min and segment 3 would take about 5 min"):
        deadline.check(50, "segment 3")


def test_the_first_piece_is_always_tried():
    deadline = Deadline(time.time() + RESERVE_S + 100)
    deadline.learn(10, 5000.0)
    deadline.check(10, "the first")
    with pytest.raises(Interrupted):
        deadline.check(10, "the second")


def test_sigterm_ends_a_job_with_a_message_and_without_a_traceback(tmp_path):
    """As a job's script is run: told in its log, its files in order (the blocks that it is in end), its status not zero."""
    script = (
        "import sys, time\n"
        "from mobcg.logs import start_log\n"
        f"start_log({str(tmp_path / 'job.log')!r}, 'job')\n"
        "try:\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "except Exception:\n"
        "    print('taken for an error')\n"
        "finally:\n"
        "    print('in order')\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        said, complaint = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == "in order\n"
    for text in (complaint, (tmp_path / "job.log").read_text()):
        assert "stopped: the job was told to end (SIGTERM" in text
        assert "Traceback" not in text


def test_a_second_sigterm_ends_the_process_at_once():
    script = (
        "import time\nfrom mobcg.walltime import interrupt_on_sigterm\ninterrupt_on_sigterm()\n"
        "try:\n    print('ready', flush=True); time.sleep(60)\nfinally:\n    print('cleaning', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        for line in ("ready\n", "cleaning\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
