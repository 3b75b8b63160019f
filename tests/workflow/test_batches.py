"""Several samples a job: the same results, and what is lost or failed is named and made again alone."""

import json
import shutil
from pathlib import Path

import pytest

from tests.workflow.conftest import Workflow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SAMPLES = ("n-hexane-00000", "n-hexane-00001", "benzene-reference")
BATCHES = {"atomistic": {"runs_per_job": 2, "runs_at_a_time": 2}, "inversion": {"samples_per_job": 3}}


@pytest.fixture(scope="module")
def batched(tmp_path_factory, finished) -> Workflow:
    """The tiny campaign's inversions, several samples a job."""
    workflow = Workflow(tmp_path_factory.mktemp("batches"))
    workflow.configure(**BATCHES)
    workflow.run("inversion", "--profile", "profiles/local")
    return workflow


def told(folder: Path) -> dict[str, object]:
    """A sample's files, without the seconds that they took."""
    summary = json.loads((folder / "summary.json").read_text())
    files = {path.name: path.read_text() for path in folder.glob("*.csv") if path.name != "history.csv"}
    return files | {key: value for key, value in summary.items() if key != "wall_s"}


def test_results_are_the_same_to_the_last_bit(finished, batched):
    for stage in ("atomistic", "inversion"):
        for sample in SAMPLES:
            assert told(batched.folder / "results" / stage / sample) == told(finished.folder / "results" / stage / sample)
    assert len(list((batched.folder / "results/atomistic/batches").iterdir())) == 2


def test_more_samples_and_other_sizes_make_no_sample_again(batched):
    assert batched.jobs("inversion") == {}
    batched.configure(**BATCHES, templates=[{"liquid": "n-hexane", "parameter_sets": 3}])
    assert batched.jobs("inversion") == {"draw_parameters": 1, "simulate_atomistic": 1, "invert": 1}
    batched.configure(atomistic={"runs_per_job": 3}, inversion={"samples_per_job": 2})
    before = {path: path.stat().st_mtime_ns for path in (batched.folder / "results").glob("*/*/summary.json")}
    shutil.rmtree(batched.folder / "results/atomistic/n-hexane-00000/run")
    batched.run("inversion", "--profile", "profiles/local")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_lost_file_stops_its_reader_with_the_command_that_makes_it_again(batched):
    batched.configure(**BATCHES)
    batched.run("inversion", "--profile", "profiles/local")
    (batched.folder / "results/atomistic/n-hexane-00001/rdf.csv").unlink()
    index = "results/atomistic/batches/n-hexane-batch-00000.json"
    done = batched.run("inversion", "--forcerun", "invert", "--profile", "profiles/local", check=False)
    assert done.returncode
    assert "results/atomistic/n-hexane-00001/rdf.csv: lost" in done.stderr
    assert f"rm {index}; then the campaign's own command" in done.stderr
    (batched.folder / index).unlink()
    batched.run("inversion", "--profile", "profiles/local")
    assert (batched.folder / "results/atomistic/n-hexane-00001/rdf.csv").exists()
    assert batched.jobs("inversion") == {}
