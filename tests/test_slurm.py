import pytest

from mobcg import slurm
from mobcg.slurm import QueuedJob, QueueError, cancel, queued, seconds


def test_only_jobs_of_the_names_asked_for(queue):
    queue.add(1, "ours", comment="rule_simulate_atomistic_wildcards_n-hexane-00001", cores=4, used="1-00:00:10")
    queue.add(2, "theirs")
    queue.add(3, "also", "PENDING", comment="(null)", used="0:00")
    first, second = queued(["ours", "also"])
    assert first == QueuedJob("1", "RUNNING", 4, 86410.0, "ours", "rule_simulate_atomistic_wildcards_n-hexane-00001")
    assert (second.pending, second.comment, second.elapsed_s) == (True, "", 0.0)
    assert "--me" in queue.calls("squeue")[0]


def test_without_a_name_nothing_is_asked(queue):
    queue.add(1, "")
    assert queued([]) == []
    assert queue.calls("squeue") == []


def test_cancelling_is_by_name_and_of_this_user(queue):
    queue.add(1, "ours")
    queue.add(2, "theirs")
    cancel(["ours"])
    assert queue.numbers == [2]
    assert queue.calls("scancel") == ["scancel --me --name=ours"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("5:00", 300), ("12", 12), ("01:00:00", 3600), ("2-00:00:00", 172800), ("UNLIMITED", None), ("NOT_SET", None), ("", None)],
)
def test_times(text, wanted):
    assert seconds(text) == wanted


def test_a_queue_that_cannot_be_read_says_why(queue, monkeypatch, tmp_path):
    queue.break_down()
    with pytest.raises(QueueError, match="Unable to contact slurm controller"):
        queued(["ours"])
    (queue.folder / "squeue").write_text("#!/bin/sh\nexec sleep 5\n")
    monkeypatch.setattr(slurm, "PATIENCE_S", 0.05)
    with pytest.raises(QueueError, match="did not answer"):
        queued(["ours"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(QueueError, match="not on the PATH"):
        queued(["ours"])
