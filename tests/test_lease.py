import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace

import pytest

from mobcg import lease as module
from mobcg.lease import NAME, Lease, LeaseLostError, hold
from mobcg.processes import Process

HOLDER = """
import sys
from pathlib import Path
from mobcg.lease import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(module, "LOOK_S", 0.01)


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lease."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"SLURM_JOB_ID": "77"},
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def leave(folder, process):
    (folder / NAME).write_text(json.dumps({"process": asdict(process), "job": "", "token": "theirs"}))


def test_a_lease_is_given_back(tmp_path):
    with hold(tmp_path / "run") as lease:
        lease.check()
        assert Lease.read(tmp_path / "run") == lease
        assert lease.fresh
    assert list((tmp_path / "run").iterdir()) == []


def test_it_is_given_back_also_where_the_work_fails(tmp_path):
    with pytest.raises(ValueError, match="broken"), hold(tmp_path):
        raise ValueError("broken")
    assert Lease.read(tmp_path) is None


def test_a_second_process_waits_until_the_first_one_ends(tmp_path, holder, caplog, monkeypatch):
    looks = []

    def look(seconds):
        looks.append(seconds)
        if len(looks) == 5:
            holder.communicate("\n", timeout=60)

    monkeypatch.setattr(module.time, "sleep", look)
    with hold(tmp_path) as lease:
        assert len(looks) >= 5
        lease.check()
    assert f"is in use by process {holder.pid} on" in caplog.text
    assert "(Slurm job 77)" in caplog.text
    assert caplog.text.count("in use") == 1


def test_the_lease_of_a_killed_process_is_taken_over_at_once(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert not Lease.read(tmp_path).fresh
    begun = time.monotonic()
    with hold(tmp_path) as lease:
        assert Lease.read(tmp_path) == lease
    assert time.monotonic() - begun < 5


def test_of_another_host_a_lease_without_a_sign_of_life_is_taken_over(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STALE_S", 0.2)
    leave(tmp_path, replace(Process.own(), host="n7"))
    begun = time.monotonic()
    with hold(tmp_path):
        assert time.monotonic() - begun >= 0.2


def test_of_another_host_a_sign_of_life_keeps_it(tmp_path, monkeypatch):
    """The other one's file changes ten times, then no more."""
    monkeypatch.setattr(module, "STALE_S", 0.2)
    leave(tmp_path, replace(Process.own(), host="n7"))
    beats = iter(range(10))

    def look(seconds, sleep=time.sleep):
        sleep(0.05)
        if next(beats, None) is not None:
            os.utime(tmp_path / NAME)

    monkeypatch.setattr(module.time, "sleep", look)
    begun = time.monotonic()
    assert Lease.read(tmp_path).fresh
    with hold(tmp_path):
        assert time.monotonic() - begun >= 0.6


def test_the_holder_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BEAT_S", 0.01)
    with hold(tmp_path):
        os.utime(tmp_path / NAME, (0, 0))
        end = time.monotonic() + 30
        while (tmp_path / NAME).stat().st_mtime == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert (tmp_path / NAME).stat().st_mtime > 0


def test_a_robbed_holder_notices_and_leaves_the_other_s_lease(tmp_path):
    with hold(tmp_path) as lease:
        leave(tmp_path, replace(Process.own(), host="n7"))
        with pytest.raises(LeaseLostError, match="on n7"):
            lease.check()
    assert Lease.read(tmp_path).token == "theirs"


def test_a_damaged_lease_is_waited_for_and_then_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STALE_S", 0.05)
    (tmp_path / NAME).write_text("{")
    with hold(tmp_path) as lease:
        lease.check()
