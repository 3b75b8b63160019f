import pytest

from mobcg.lease import hold
from mobcg.status.cleaning import clean


@pytest.fixture
def runs(folder):
    """Work folders of three finished runs, a stopped one and none."""
    for index in range(5):
        for name in (
            "run.json",
            "start.xml",
            "nvt-00000.npz",
            "nvt-00000.xml",
            "production-00000.npz",
            "production-00000.xml",
            ".x.npz.tmp",
        ):
            folder.write(f"atomistic/n-hexane-0000{index}/run/{name}", "x" * 1000)
    (folder.results / "atomistic/n-hexane-00003/run/.mobcg-gromacs-x").mkdir()
    (folder.results / "atomistic/n-hexane-00000/run/.mobcg-gromacs-x").mkdir()
    folder.write("atomistic/n-hexane-00000/run/.mobcg-gromacs-x/segment.trr", "x" * 1000)
    return folder


def names(folder, index):
    place = folder.results / f"atomistic/n-hexane-0000{index}/run"
    return sorted(path.name for path in place.iterdir()) if place.exists() else None


READABLE = ["nvt-00000.npz", "production-00000.npz", "run.json", "start.xml"]


def test_finished_runs_lose_what_they_would_go_on_from(runs):
    before = [names(runs, index) for index in (3, 4)]
    freed = clean(runs.campaign)
    assert [names(runs, index) for index in range(3)] == [READABLE] * 3
    assert [names(runs, index) for index in (3, 4)] == before, "unfinished runs keep all"
    assert (freed.samples, freed.files, freed.size, freed.kept) == (3, 10, 10_000, 2)
    again = clean(runs.campaign)
    assert (again.samples, again.files, again.kept) == (0, 0, 2)


def test_whole_runs_go_where_that_is_asked_for(runs):
    runs.write("library/chunks/a.parquet", "x")
    assert clean(runs.campaign, whole=True).samples == 3
    assert [names(runs, index) for index in range(3)] == [None] * 3
    assert names(runs, 3) is not None
    assert (runs.results / "atomistic/n-hexane-00000/summary.json").exists()
    assert (runs.results / "library/chunks/a.parquet").exists(), "the library is not done"
    runs.write("library/runs.parquet", "")
    assert clean(runs.campaign, whole=True).files == 1
    assert not (runs.results / "library/chunks").exists()


def test_a_run_that_is_being_worked_on_is_left_alone(runs):
    with hold(runs.results / "atomistic/n-hexane-00000/run"):
        assert clean(runs.campaign).kept == 3
        assert "nvt-00000.xml" in names(runs, 0)


def test_a_run_with_a_damaged_summary_is_not_finished(runs):
    runs.write("atomistic/n-hexane-00000/summary.json", "{")
    assert clean(runs.campaign).kept == 3


def test_a_folder_that_is_no_run_s_is_left_alone(runs):
    (runs.results / "atomistic/n-hexane-00000/run/run.json").unlink()
    before = names(runs, 0)
    clean(runs.campaign, whole=True)
    assert names(runs, 0) == before
