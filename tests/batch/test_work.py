from pathlib import Path

import pytest

from mobcg.batch.processes import Piece
from mobcg.batch.work import Task, make_batch
from mobcg.files import read_json
from tests.batch.work import make


def tasks(root: Path, **behaviour: str) -> list[Task]:
    made = []
    for sample in ("a-00000", "a-00001", "a-00002"):
        folder = root / "inversion" / sample
        folder.mkdir(parents=True, exist_ok=True)
        piece = Piece(sample, make, (folder, behaviour.get(sample.replace("-", "_"), "")), root / f"logs/{sample}.log")
        made.append(Task(piece, folder, sample))
    return made


def test_a_failed_sample_and_a_dead_one_stop_no_other_and_are_alone_made_again(tmp_path):
    index = tmp_path / "inversion/batches/a-batch-00000.json"
    with pytest.raises(RuntimeError) as raised:
        make_batch(tasks(tmp_path, a_00000="raise", a_00001="die"), "inversion", index, at_a_time=2)
    told = str(raised.value)
    assert "2 of 3 samples failed, the others are kept" in told
    assert f"a-00000 (inversion): ValueError: no such liquid; log: {tmp_path}/logs/a-00000.log" in told
    assert "a-00001 (inversion): its process was ended by SIGKILL" in told
    assert "Traceback" in (tmp_path / "logs/a-00000.log").read_text()
    assert not index.exists()
    kept = (tmp_path / "inversion/a-00002/summary.json").stat()
    make_batch(tasks(tmp_path, a_00002="raise"), "inversion", index)
    assert list(read_json(index)["samples"]) == ["a-00000", "a-00001", "a-00002"]
    assert (tmp_path / "inversion/a-00002/summary.json").stat().st_mtime_ns == kept.st_mtime_ns


def test_a_batch_that_is_there_only_gets_its_index(tmp_path):
    index = tmp_path / "inversion/batches/a-batch-00000.json"
    make_batch(tasks(tmp_path), "inversion", index, at_a_time=3)
    before = index.read_bytes()
    index.unlink()
    failing = dict.fromkeys(("a_00000", "a_00001", "a_00002"), "raise")
    make_batch(tasks(tmp_path, **failing), "inversion", index)
    assert index.read_bytes() == before


def test_a_sample_without_an_index_is_made_anew_in_this_process(tmp_path):
    make_batch(tasks(tmp_path)[:1], "inversion", None)
    with pytest.raises(ValueError, match="no such liquid"):
        make_batch(tasks(tmp_path, a_00000="raise")[:1], "inversion", None)
