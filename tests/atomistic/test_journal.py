import pytest

from mobcg.atomistic.journal import NAME, Journal
from mobcg.lease import LeaseLostError, hold
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
    (tmp_path / ".npt-00001.npz.x1.npz").write_text("half")
    (tmp_path / ".lease").write_text("the caller's")
    (tmp_path / "npt-00001.npz").write_text("whole")
    Journal.open(tmp_path, "abc")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lease", "npt-00001.npz", NAME]


def test_who_lost_the_folder_writes_nothing_there(tmp_path):
    with hold(tmp_path) as lease:
        journal = Journal.open(tmp_path, "abc", lease)
        journal.begin(2.5)
        (tmp_path / ".lease").unlink()
        with hold(tmp_path) as other, pytest.raises(LeaseLostError, match="another process works here now"):
            journal.halve("npt")
        assert other.token != lease.token
    assert Journal.open(tmp_path, "abc").halvings == {}
