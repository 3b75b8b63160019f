from dataclasses import replace

import pytest

from mobcg.report.cost import spent


def test_without_benchmarks_the_runs_own_times_count(finished, collected):
    config = finished[1]
    found = spent(collected, config)
    assert list(found) == ["atomistic", "inversion", "evaluate"]
    assert found["atomistic"] == pytest.approx(15 * 1.5 * config.atomistic.threads)
    assert found["inversion"] == pytest.approx(12 * 95 / 3600)


def test_benchmarks_of_jobs_come_first(finished, collected, tmp_path):
    folder = tmp_path / "benchmarks" / "invert"
    folder.mkdir(parents=True)
    for name, seconds in (("benzene-reference", 3600), ("mesitylene-reference", 1800)):
        (folder / f"{name}.tsv").write_text(f"s\th:m:s\n{seconds}\t-\n")
    found = spent(replace(collected, folder=tmp_path), finished[1])
    assert found["inversion"] == pytest.approx(1.5)
    assert found["evaluate"] == pytest.approx(30 * 210 / 3600)
