import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mobcg.driver import Driver, begin_anew, describe_lock, locked, pool_name
from mobcg.outcomes import InputError
from mobcg.processes import Process

COMMAND = ("--profile", "slurm", "--configfile", "config/my campaign.yaml")
DEAD = replace(Process.own(), start="1")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    return tmp_path


def lock(folder, *files):
    (folder / ".snakemake/locks/0.output.lock").write_text("\n".join(files) + "\n")


def driver(process=DEAD):
    return Driver(process, "2026-11-25 22:10:00", COMMAND, "run")


def test_the_note_is_read_back(tmp_path):
    assert Driver.read(tmp_path) is None
    driver().write(tmp_path)
    assert Driver.read(tmp_path) == driver()
    (tmp_path / "driver.json").write_text('{"process": 1}')
    assert Driver.read(tmp_path) is None


def test_a_lock_is_ours_where_it_holds_files_of_ours(folder):
    assert not locked("results")
    lock(folder, "results-of-another/draws.parquet", "config/liquids/benzene.yaml")
    assert not locked("results")
    assert describe_lock("results") == ""
    lock(folder, "results-of-another/draws.parquet", "results/draws.parquet")
    assert locked("results")


def test_a_dead_driver_s_lock_is_told_with_the_command_that_clears_it(folder):
    lock(folder, "results/draws.parquet")
    driver().write(folder / "results")
    told = describe_lock("results", ["-n"])
    assert "is dead and left its lock behind" in told
    assert "snakemake --profile slurm --configfile 'config/my campaign.yaml' --unlock" in told
    assert describe_lock("results", [*COMMAND, "--unlock"]) == ""


def test_a_living_driver_s_lock_is_left_alone(folder):
    lock(folder, "results/draws.parquet")
    driver(Process.own()).write(folder / "results")
    assert "It runs" in describe_lock("results")
    assert "--unlock" not in describe_lock("results")


def test_a_lock_that_nobody_can_judge_is_told_so(folder):
    lock(folder, "results/draws.parquet")
    assert "snakemake all --unlock" in describe_lock("results", ["all"])
    driver(replace(DEAD, host="login2")).write(folder / "results")
    told = describe_lock("results")
    assert "on login2" in told
    assert "If it does not, clear the lock" in told


def test_pools_of_different_campaigns_have_different_names(folder):
    assert pool_name(Path("results/library/chunks")) == pool_name(folder / "results/library/chunks")
    assert pool_name(Path("results/library/chunks")) != pool_name(Path("results2/library/chunks"))


def test_another_program_is_not_begun_anew(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest"])
    with pytest.raises(InputError, match="start again"):
        begin_anew()


def test_snakemake_is_begun_anew_with_its_own_arguments(tmp_path):
    """A stand-in of that name: the first time through it begins anew, the second it ends."""
    program = tmp_path / "snakemake"
    program.write_text(
        "import os, sys\nfrom mobcg.driver import begin_anew\n"
        "print(os.getpid(), *sys.argv[1:])\n"
        "if 'ONCE' not in os.environ:\n    os.environ['ONCE'] = '1'\n    begin_anew()\n"
    )
    said = subprocess.run([sys.executable, str(program), "all", "-n"], capture_output=True, text=True, check=True, timeout=60).stdout
    first, second = said.splitlines()
    assert first == second
    assert first.endswith("all -n")
