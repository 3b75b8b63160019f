import os
import time

import pytest

from mobcg.atomistic.journal import NAME, Journal
from mobcg.outcomes import InputError, Outcome, PhysicalFailure


def test_journal_is_remembered(tmp_path):
    journal = Journal.open(tmp_path / "run", "abc")
    assert journal.begin(2.5) == 2.5
    journal.halve("npt")
    journal.fail(PhysicalFailure(Outcome.EVAPORATED, "gone"))
    again = Journal.open(tmp_path / "run", "abc")
    assert again == journal
    assert again.begin(3.0) == 2.5


def test_other_identity_begins_anew(tmp_path):
    Journal.open(tmp_path, "abc").begin(2.5)
    for name in ("npt-00000.npz", "npt-00000.xml", "production-00000.dcd", "start.xml"):
        (tmp_path / name).write_text("old")
    (tmp_path / "notes.txt").write_text("the user's own")
    assert Journal.open(tmp_path, "def").timestep_fs is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", NAME]


def test_damaged_journal_begins_anew(tmp_path):
    Journal.open(tmp_path, "abc").begin(2.5)
    (tmp_path / NAME).write_text('{"identity": "ab')
    assert Journal.open(tmp_path, "abc").timestep_fs is None


def test_foreign_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not the folder of a run"):
        Journal.open(tmp_path, "abc")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_leftovers_of_killed_attempts_are_swept(tmp_path):
    Journal.open(tmp_path, "abc")
    old, young = tmp_path / ".npt-00001.npz.x1.npz", tmp_path / ".npt-00001.npz.x2.npz"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (time.time() - 7200,) * 2)
    Journal.open(tmp_path, "abc")
    assert (old.exists(), young.exists()) == (False, True)


def test_abandoned_folder_of_a_segment_is_removed(tmp_path):
    """One that a killed attempt left goes, one that may still be in use stays."""
    Journal.open(tmp_path, "abc")
    for name, age in ((".gromacs-old", 7200), (".gromacs-young", 0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "segment.trr").write_text("frames")
        for path in (tmp_path / name / "segment.trr", tmp_path / name):
            os.utime(path, (time.time() - age,) * 2)
    Journal.open(tmp_path, "abc")
    assert [path.name for path in tmp_path.glob(".gromacs-*")] == [".gromacs-young"]
