import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.driver import Driver
from mobcg.processes import Process

ROOT = Path(__file__).parents[2]


@pytest.fixture
def campaign(tmp_path, monkeypatch):
    """The demo campaign with one sample done and one failed."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "config", "config")
    results = tmp_path / "results/demo"
    run = results / "atomistic/3-methylpentane-00000/run"
    run.mkdir(parents=True)
    (run.parent / "summary.json").write_text('{"outcome": "evaporated", "reason": "too hot"}')
    for name in ("run.json", "nvt-00000.xml", "nvt-00000.npz"):
        (run / name).write_text("x" * 1000)
    log = results / "logs/simulate_atomistic/benzene-reference.log"
    log.parent.mkdir(parents=True)
    log.write_text("begun 2026-11-25 10:00:00 by process 1 on n1\n10:00 b: the job failed\nTraceback\n  x\nOSError: disk full\n")
    return results


def status(*arguments):
    done = CliRunner().invoke(app, ["status", "--config", "config/demo.yaml", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_person_reads_what_is_done_what_failed_and_how_to_go_on(campaign):
    text = status()
    assert "rejected by physics, atomistic: 1 of 1" in text
    assert "1 evaporated, such as 3-methylpentane-00000: too hot" in text
    assert (
        "simulate_atomistic benzene-reference: OSError: disk full\n    results/demo/logs/simulate_atomistic/benzene-reference.log" in text
    )
    assert text.endswith("to continue:\n  snakemake --profile profiles/local --configfile config/demo.yaml\n")
    row = next(line for line in text.splitlines() if line.startswith("atomistic"))
    assert row.split()[:8] == ["atomistic", "1", ".", ".", ".", "1", "5", "7"]


def test_the_driver_s_own_command_goes_on_after_its_lock_was_cleared(campaign):
    Driver(Process("elsewhere", 7, "1", ""), "2026-11-25 10:00:00", ("--profile", "slurm", "--configfile", "a b.yaml"), "").write(campaign)
    locks = Path(".snakemake/locks")
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/demo/draws.parquet\n")
    text = status()
    assert "driven by process 7 on elsewhere" in text
    assert "  snakemake --profile slurm --configfile 'a b.yaml' --unlock\n  snakemake --profile slurm --configfile 'a b.yaml'\n" in text


def test_programs_read_json(campaign):
    content = json.loads(status("--json"))
    atomistic = content["stages"][0]
    assert atomistic["parts"] == {"done": 1, "running": 0, "queued": 0, "stopped": 0, "failed": 1, "missing": 5}
    assert atomistic["failures"][0]["reason"] == "OSError: disk full"
    assert atomistic["rejected"][0]["outcome"] == "evaporated"


def test_cleaning_says_what_was_freed_and_what_is_given_up(campaign):
    text = status("--clean")
    assert "freed 1e-06 GB in 1 files of 1 finished runs" in text
    assert "other observables are still measured" in text
    assert (campaign / "atomistic/3-methylpentane-00000/run/nvt-00000.npz").exists()
    assert "other observables" in status("--clean-runs")
    assert not (campaign / "atomistic/3-methylpentane-00000/run").exists()


def test_a_campaign_that_never_ran_is_told_so(campaign):
    shutil.rmtree(campaign)
    done = CliRunner().invoke(app, ["status", "--config", "config/demo.yaml"])
    assert done.exit_code == 2
    assert "run the campaign first" in done.output
