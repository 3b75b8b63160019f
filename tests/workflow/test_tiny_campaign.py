"""The real workflow at small scale: everything runs, and what reruns is exactly what a change touches."""

import json

import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LEARNING = {"train_model": 2, "evaluate_liquid": 1, "collect_evaluation": 1, "write_report": 1}
LIBRARY = {"run_library": 1, "build_database": 1, **LEARNING}


@pytest.fixture
def workflow(finished):
    yield finished
    finished.configure()


def test_every_stage_leaves_its_results(finished):
    results = finished.folder / "results"
    for sample in ("n-hexane-00000", "n-hexane-00001", "benzene-reference"):
        atomistic = json.loads((results / "atomistic" / sample / "summary.json").read_text())
        assert {"outcome", "seed", "versions", "config_hash", "diffusion_nm2_per_ns"} <= set(atomistic)
        assert pd.read_csv(results / "atomistic" / sample / "vacf.csv").empty == (atomistic["outcome"] != "ok")
        assert json.loads((results / "inversion" / sample / "summary.json").read_text())["outcome"]
    database = pd.read_parquet(results / "database/mobility.parquet")
    assert len(database) == 8
    assert database["outcome"].notna().all()
    assert set(pd.read_csv(results / "evaluation/table.csv")["method"]) == {"inversion", "mass-scaled", "network", "network+friction"}
    page = (results / "report/index.html").read_text()
    assert "benzene" in page
    assert len(page) > 50_000
    assert list((results / "logs").rglob("*.log"))
    assert list((results / "benchmarks").rglob("*.tsv"))


def test_run_again_nothing_to_be_done(workflow):
    assert workflow.jobs() == {}


@pytest.mark.parametrize(
    ("changes", "jobs"),
    [
        ({"learning": {"epochs": 21}}, LEARNING),
        ({"evaluation": {"liquids": ["benzene"], "replicas": 3}}, {"evaluate_liquid": 1, "collect_evaluation": 1, "write_report": 1}),
        ({"library": {"runs": 9}}, {"plan_library": 1, **LIBRARY}),
        ({"inversion": {"damping": 0.5}}, {"invert": 3, **LIBRARY}),
        ({"draws": {"angle_degree": [80.0, 130.0]}}, {"draw_parameters": 1, "simulate_atomistic": 2, "invert": 2, **LIBRARY}),
        ({"atomistic": {"production_ps": 6.0}}, {"simulate_atomistic": 3, "invert": 3, **LIBRARY}),
        ({"coarse_grained": {"production_ps": 9.0}}, {"invert": 3, **LIBRARY}),
        (
            {"templates": [{"liquid": "n-hexane", "parameter_sets": 3}]},
            {"draw_parameters": 1, "simulate_atomistic": 1, "invert": 1, "plan_library": 1, **LIBRARY},
        ),
        ({"pool": {"workers": 1}, "atomistic": {"threads": 2, "platform": "CPU"}, "library": {"chunk_runs": 2}}, {}),
    ],
    ids=["learning", "evaluation", "library", "inversion", "draws", "atomistic", "coarse-grained", "one more sample", "execution only"],
)
def test_a_changed_key_reruns_exactly_the_stages_that_read_it(workflow, changes, jobs):
    workflow.configure(**changes)
    assert workflow.jobs() == jobs


@pytest.mark.parametrize(
    ("target", "rule", "count"),
    [("train", "train_model", 2), ("inversion", "invert", 3), ("database", "build_database", 1), ("library", "run_library", 1)],
)
def test_a_stage_can_be_rerun_alone(workflow, target, rule, count):
    assert workflow.jobs(target, "--forcerun", rule, "--until", rule) == {rule: count}


def test_a_lost_result_is_made_again_and_nothing_before_it(workflow):
    (workflow.folder / "results/evaluation/table.csv").unlink()
    assert workflow.jobs() == {"collect_evaluation": 1, "write_report": 1}
    workflow.run()
    assert workflow.jobs() == {}


def test_snakemake_s_own_report(workflow):
    workflow.run("--report", "report.html")
    assert (workflow.folder / "report.html").stat().st_size > 100_000
