"""A bad night: whatever happens to a campaign, it ends complete, with the results of one that nothing happened to."""

import json
import os
import re
from collections import Counter

import pandas as pd
import pytest

from tests.slurm.campaign import SlurmCampaign
from tests.slurm.faults import KINDS, Night, plan
from tests.workflow.conftest import Workflow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SEED = int(os.environ.get("MOBCG_SEED", "1"))
SETS = int(os.environ.get("MOBCG_SETS", "28"))
TARGETS = ("atomistic", "database")
NARROW = {
    "bond_constant_kj_per_mol_nm2": [150000.0, 300000.0],
    "bond_length_CC_nm": [0.15, 0.16],
    "bond_length_CH_nm": [0.105, 0.112],
    "angle_constant_kj_per_mol_rad2": [300.0, 500.0],
    "angle_degree": [108.0, 112.0],
    "torsion_kj_per_mol": [-1.0, 1.0],
}
"""Force fields near the real one, which take long steps: what is tested here is not the physics."""

LEAN = {
    "templates": [{"liquid": "neopentane", "parameter_sets": SETS, "ranges": NARROW}],
    "atomistic": {
        "npt_ps": 0.5,
        "nvt_ps": 0.2,
        "production_ps": 3.0,
        "checkpoint_ps": 1.0,
        "short_time_ps": 0.0,
        "hydrogen_mass_Da": 3.0,
        "steps_per_period": 5.0,
    },
    "observables": {"fit_window_ps": [0.3, 1.5], "blocks": 3},
    "coarse_grained": {"equilibration_ps": 1.0, "production_ps": 4.0},
    "inversion": {"maximum_updates": 1, "equilibration_ps": 0.5, "production_ps": 1.0},
    "library": {"runs": 12, "chunk_runs": 2},
    "evaluation": {"liquids": []},
}
POOL = {"kind": "slurm", "workers": 2, "memory_mb": 1500, "walltime_minutes": 10, "partition": "main", "account": "test"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The same campaign on this machine, in as few jobs as there can be."""
    workflow = Workflow(tmp_path_factory.mktemp("undisturbed"))
    few = {
        "atomistic": LEAN["atomistic"] | {"runs_per_job": 100, "runs_at_a_time": 2},
        "inversion": LEAN["inversion"] | {"samples_per_job": 100},
    }
    workflow.configure(**LEAN | few)
    workflow.run(*TARGETS, "--profile", "profiles/local")
    return workflow.folder / "results"


@pytest.fixture(scope="module")
def night(tmp_path_factory, cluster):
    campaign = SlurmCampaign(tmp_path_factory.mktemp("night"), cluster)
    campaign.configure(**LEAN, pool=POOL)
    names = [f"neopentane-{index:05d}" for index in range(SETS)]
    night = Night(campaign, plan(SEED, names), TARGETS)
    night.run(most_starts=4, seconds=5400)
    return night


def test_every_fault_came_about(night):
    assert {fault.kind for fault in night.happened} == set(KINDS)


def test_there_were_sixty_jobs(night):
    logs = "".join(path.read_text(errors="replace") for path in (night.campaign.folder / "drivers").iterdir())
    assert len(set(re.findall(r"submitted with SLURM jobid (\d+)", logs))) >= 2 * SETS + 4


def test_it_is_complete(night):
    assert night.campaign.jobs(*TARGETS) == {}


@pytest.mark.parametrize("stage", ["atomistic", "inversion"])
def test_every_sample_is_as_if_nothing_had_happened(night, undisturbed, stage):
    names = sorted(path.relative_to(undisturbed) for path in undisturbed.glob(f"{stage}/*-[0-9]*/*.*"))
    assert len(names) == 5 * SETS
    for name in names:
        theirs, ours = night.results / name, undisturbed / name
        if name.suffix == ".json":
            assert _lasting(theirs) == _lasting(ours), name
        elif name.name != "history.csv":  # which tells how long each update took
            assert theirs.read_bytes() == ours.read_bytes(), name


def test_the_database_is_as_if_nothing_had_happened(night, undisturbed):
    theirs, ours = (pd.read_parquet(folder / "database/mobility.parquet").drop(columns="wall_s") for folder in (night.results, undisturbed))
    pd.testing.assert_frame_equal(theirs, ours, check_exact=True)


def test_nothing_was_written_twice_but_what_was_damaged(night):
    """Segments, summaries, chunks: each was renamed into its place once, by one job."""
    lines = [json.loads(line) for line in (night.folder / "ledger").read_text().splitlines()]
    written = Counter(path.partition("results/")[2] for _, _, _, path in lines)
    twice = {path for path, count in written.items() if count > 1 and path.endswith((".npz", "summary.json", ".parquet"))}
    again = {f"{stage}/{sample}/summary.json" for stage in ("atomistic", "inversion") for sample in night.damaged}
    cut = [fault.sample for fault in night.faults if fault.kind == "truncated checkpoint"]
    assert {
        path for path in twice - again if not path.startswith(("library", "database", *(f"atomistic/{name}/run" for name in cut)))
    } == set()
    assert sum(path.startswith("library/chunks") for path in twice) <= 1
    assert sum(any(path.startswith(f"atomistic/{name}/run") for name in cut) for path in twice) == len(cut)


def test_nothing_half_written_is_left(night):
    left = [path for path in night.results.rglob(".*") if path.name != ".lease"]
    assert left == []


def _lasting(path):
    return {key: value for key, value in json.loads(path.read_text()).items() if key not in ("wall_s", "checksums")}
