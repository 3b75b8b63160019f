"""Several samples a job: the same results, and what is lost or failed is named and made again alone."""

import json
import shutil
from pathlib import Path

import pytest

from tests.workflow.conftest import Workflow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SAMPLES = ("n-hexane-00000", "n-hexane-00001", "benzene-reference")
BATCHES = {"atomistic": {"runs_per_job": 2, "runs_at_a_time": 2}, "inversion": {"samples_per_job": 2}}


@pytest.fixture(scope="module")
def batched(tmp_path_factory, finished) -> Workflow:
    """The tiny campaign less its inversions, one atomistic sample and the end of another's run, made whole in batches."""
    workflow = Workflow(tmp_path_factory.mktemp("batches"))
    results = workflow.folder / "results"
    shutil.copytree(finished.folder / "results/atomistic", results / "atomistic")
    for path in ("n-hexane-00000/summary.json", "n-hexane-00001/rdf.csv", "n-hexane-00001/run/production-segments.zip"):
        (results / "atomistic" / path).unlink()
    workflow.configure(**BATCHES)
    workflow.run("inversion", "--profile", "profiles/local")
    return workflow


def told(folder: Path) -> dict[str, object]:
    """A sample's files, without the seconds that they took (and the checksums, of which one is that of a table with seconds)."""
    summary = json.loads((folder / "summary.json").read_text())
    files = {path.name: path.read_text() for path in folder.glob("*.csv") if path.name != "history.csv"}
    return files | {key: value for key, value in summary.items() if key not in ("wall_s", "checksums")}


def test_results_are_the_same_to_the_last_bit(finished, batched):
    for stage in ("atomistic", "inversion"):
        for sample in SAMPLES:
            assert told(batched.folder / "results" / stage / sample) == told(finished.folder / "results" / stage / sample)
        indexes = sorted((batched.folder / "results" / stage / "batches").iterdir())
        assert [len(json.loads(path.read_text())["samples"]) for path in indexes] == [2, 1]
    assert batched.jobs("inversion") == {}


def test_what_is_finished_is_not_made_again(batched):
    """More samples change the last batch of their template alone; what was lost comes back alone, also in a batch of another size."""
    batched.configure(**BATCHES, templates=[{"liquid": "n-hexane", "parameter_sets": 3}])
    assert batched.jobs("inversion") == {"simulate_atomistic": 1, "invert": 1}
    batched.configure(atomistic={"runs_per_job": 3}, inversion={"samples_per_job": 3})
    lost = batched.folder / "results/atomistic/n-hexane-00001/rdf.csv"
    for path in (lost, batched.folder / "results/atomistic/batches/n-hexane-batch-00000.json"):
        path.unlink()
    before = {path: path.stat().st_mtime_ns for path in (batched.folder / "results").glob("*/*/summary.json")}
    batched.run("atomistic", "inversion", "--profile", "profiles/local")
    made_again = [path for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert lost.exists()
    assert made_again == [lost.with_name("summary.json")]


def test_a_lost_file_stops_its_reader_with_the_command_that_makes_it_again(batched):
    lost, index = "results/atomistic/n-hexane-00001/rdf.csv", "results/atomistic/batches/n-hexane-batch-00000.json"
    (batched.folder / lost).unlink()
    done = batched.run("inversion", "--forcerun", "invert", "--profile", "profiles/local", check=False)
    assert done.returncode
    assert f"{lost}: lost" in done.stderr
    assert f"rm {index}; then the campaign's own command" in done.stderr
