"""The same campaign on a cluster and on this machine."""

import json
import re

import pandas as pd
import pytest

from tests.slurm.campaign import POOL, SlurmCampaign

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture(scope="module")
def on_slurm(tmp_path_factory, cluster):
    campaign = SlurmCampaign(tmp_path_factory.mktemp("slurm"), cluster)
    campaign.configure(pool=POOL)
    campaign.run_on_slurm()
    return campaign


@pytest.fixture(scope="module")
def ended(cluster, on_slurm):
    """The jobs of this campaign that came to a good end, by their comments."""
    run = re.search(r"SLURM run ID: (\S+)", next((on_slurm.folder / "drivers").iterdir()).read_text())[1]
    return {job.comment: job for job in cluster.jobs() if job.state == "COMPLETED" and job.name == run}


def test_the_database_is_the_same_bit_for_bit(on_slurm, finished):
    """All but the wall times, which are measured."""
    theirs, ours = (pd.read_parquet(each.folder / "results/database/mobility.parquet") for each in (on_slurm, finished))
    pd.testing.assert_frame_equal(theirs.drop(columns="wall_s"), ours.drop(columns="wall_s"), check_exact=True)


def test_the_atomistic_runs_are_the_same_bit_for_bit(on_slurm, finished):
    names = [path.relative_to(finished.folder) for path in (finished.folder / "results/atomistic").glob("*/*.csv")]
    assert len(names) == 12
    for name in names:
        assert (on_slurm.folder / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_the_models_judge_alike(on_slurm, finished):
    summaries = [json.loads((each.folder / "results/evaluation/benzene/summary.json").read_text()) for each in (on_slurm, finished)]
    methods = [{name: row["structure_error"] for name, row in each["methods"].items()} for each in summaries]
    assert methods[0] == pytest.approx(methods[1])


def test_the_jobs_ran_on_the_cluster_on_more_than_one_node(ended):
    assert sum(comment.startswith("rule_simulate_atomistic") for comment in ended) == 3
    assert len({job.node for job in ended.values()}) > 1


def test_the_workers_of_the_pool_leave_their_logs_with_the_others(on_slurm):
    assert len(list((on_slurm.folder / "results/logs/run_library").glob("*.out"))) >= POOL["workers"]
    assert not list(on_slurm.folder.glob("*.out"))


def test_there_is_nothing_left_to_do(on_slurm):
    assert on_slurm.jobs() == {}
