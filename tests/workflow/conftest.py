"""A copy of the workflow with a tiny campaign, run once for all tests here."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

ROOT = Path(__file__).parents[2]

TINY = {
    "results": "results",
    "templates": [{"liquid": "n-hexane", "parameter_sets": 2}],
    "atomistic": {
        "molecules": 27,
        "cutoff_nm": 0.6,
        "electrostatics": "reaction-field",
        "hydrogen_mass_Da": 2.0,
        "steps_per_period": 6.0,
        "npt_ps": 8.0,
        "nvt_ps": 0.5,
        "production_ps": 5.0,
        "sample_interval_ps": 0.1,
        "checkpoint_ps": 2.5,
        "short_time_ps": 1.0,
    },
    "observables": {"bin_width_nm": 0.02, "fit_window_ps": [0.5, 2.4]},
    "coarse_grained": {"beads": 64, "equilibration_ps": 2.0, "production_ps": 8.0, "sample_interval_ps": 0.1},
    "inversion": {
        "cutoff_nm": 0.8,
        "maximum_updates": 2,
        "structure_error": 0.9,
        "equilibration_ps": 1.0,
        "production_ps": 4.0,
        "smoothing_nm": 0.05,
    },
    "library": {"runs": 8, "chunk_runs": 4, "r_max_nm": 1.3, "scale": [0.7, 1.0]},
    "pool": {"workers": 2},
    "learning": {
        "epochs": 20,
        "members": 1,
        "components": 3,
        "x_max": 1.3,
        "r_max_nm": 0.7,
        "test_fraction": 0.4,
        "threads": 1,
    },
    "evaluation": {"liquids": ["benzene"], "methods": ["inversion", "mass-scaled", "network", "network+friction"], "replicas": 2},
}


class Workflow:
    """The workflow in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Snakefile", folder)
        for name in ("workflow", "config", "scripts", "envs", "profiles"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "slurm").symlink_to("profiles/slurm")
        self.configure()

    def configure(self, **changes) -> None:
        """Write tiny.yaml: the tiny campaign with sections changed."""
        content = {key: value | changes.get(key, {}) if isinstance(value, dict) else changes.get(key, value) for key, value in TINY.items()}
        content |= {key: value for key, value in changes.items() if key not in content}
        (self.folder / "tiny.yaml").write_text(yaml.safe_dump(content))

    def run(self, *arguments: str, check: bool = True, config: str = "tiny.yaml") -> subprocess.CompletedProcess:
        """Run snakemake with the tiny campaign, or another config."""
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "2", "--configfile", config]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=800)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
        return done

    def jobs(self, *arguments: str) -> dict[str, int]:
        """The jobs that a dry run shows, by rule, without the collecting target."""
        done = self.run(*arguments, "-n", "--quiet", "rules")
        table = (done.stdout + done.stderr).partition("Job stats:")[2].partition("total")[0]
        found = {name: int(count) for name, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.MULTILINE)}
        return {
            name: count
            for name, count in found.items()
            if name not in ("all", "train", "report", "evaluate", "library", "inversion", "atomistic")
        }


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Workflow:
    """The tiny campaign, run to its end: once for all of pytest's workers, each with a copy of its own."""
    workflow = Workflow(tmp_path_factory.mktemp("campaign"))
    if worker_id == "master":
        workflow.run("--profile", "profiles/local")
        return workflow
    shared = tmp_path_factory.getbasetemp().parent / "finished-campaign"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            workflow.run("--profile", "profiles/local")
            shutil.copytree(workflow.folder, shared, symlinks=True)
            return workflow
    for name in ("results", ".snakemake"):
        shutil.copytree(shared / name, workflow.folder / name, symlinks=True)
    return workflow


@pytest.fixture
def fresh(tmp_path) -> Workflow:
    """The workflow before anything ran."""
    return Workflow(tmp_path)
