"""What can be seen before anything runs."""

import json
import re
import subprocess
import sys

import yaml


def test_bad_config_stops_before_the_plan_with_one_message(fresh):
    fresh.configure(evaluation={"liquids": ["benzen"]})
    done = fresh.run("-n", check=False)
    text = done.stdout + done.stderr
    assert done.returncode
    assert "did you mean 'benzene'?" in text
    assert "evaluation.liquids[0]" in text
    assert "Traceback" not in text


def test_unknown_key_stops_with_the_nearest_one(fresh):
    fresh.configure(atomistic={"molecule": 30})
    done = fresh.run("-n", check=False)
    text = done.stdout + done.stderr
    assert "atomistic.molecule: unknown key; did you mean 'molecules'?" in text
    assert "\n  try: change these keys; config/default.yaml has each" in text


MEASURE = """import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stdout + done.stderr, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""Run from a small process: what a process starts as counts to its memory, and the one that runs the tests is large."""


def planned(workflow, *configs):
    """Jobs of each rule and all, processor time in s and memory in MB of a dry run. Processor time: the machine may be busy otherwise."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--cores", "2", "--configfile", *configs]
    measured = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=workflow.folder, capture_output=True, text=True, check=True)
    code, text, seconds, memory_mb = json.loads(measured.stdout)
    assert code == 0, text[-3000:]
    return {name: int(count) for name, count in re.findall(r"^(\w+)\s+(\d+)$", text, re.MULTILINE)}, seconds, memory_mb


def test_production_is_planned_whole_and_fast(fresh):
    jobs, seconds, _ = planned(fresh, "config/production.yaml")
    assert jobs["simulate_atomistic"] == 1208
    assert jobs["invert"] == 61
    assert jobs["total"] == 1286
    assert seconds < 15


def test_ten_thousand_parameter_sets_are_planned_in_seconds(fresh):
    """In 10 s; where other work slows this machine even in processor time, in some times what a tiny campaign takes at the same moment."""
    large = {
        "templates": [{"liquid": name, "parameter_sets": 5000} for name in ("ethylbenzene", "3-methylpentane")],
        "atomistic": {"runs_per_job": 8, "runs_at_a_time": 8},
        "inversion": {"samples_per_job": 40},
        "library": {"runs": 30_000},
    }
    (fresh.folder / "large.yaml").write_text(yaml.safe_dump(large))
    for _ in range(2):
        jobs, seconds, memory_mb = planned(fresh, "config/production.yaml", "large.yaml")
        _, tiny_seconds, _ = planned(fresh, "tiny.yaml")
        assert jobs["simulate_atomistic"] == 2 * 625 + 1
        assert jobs["invert"] == 2 * 125 + 1
        assert jobs["total"] == 1251 + 251 + 17
        assert memory_mb < 500
        if seconds < max(10, 4 * tiny_seconds):
            break
    assert seconds < max(10, 4 * tiny_seconds)


def test_a_campaign_of_synthetic_parents_alone_is_planned_whole(fresh):
    """No template, no liquid: the library runs from potentials drawn from scratch, and nothing atomistic is asked for."""
    fresh.configure(templates=[], library={"runs": 0, "synthetic": {"runs": 6}}, evaluation={"liquids": []})
    assert fresh.jobs("results/database/mobility.parquet") == {"plan_library": 1, "run_library": 1, "build_database": 1}
    everything = fresh.jobs()
    assert everything["train_model"] == 2
    assert not {"simulate_atomistic", "invert", "evaluate_liquid"} & set(everything)


def test_every_rule_has_log_benchmark_threads_memory_and_runtime(fresh):
    for path in (fresh.folder / "workflow/rules").glob("*.smk"):
        for rule in path.read_text().split("\nrule ")[1:]:
            for word in ("log:", "benchmark:", "threads:", "mem_mb=", "runtime="):
                assert word in rule, f"{path.name}: {rule.splitlines()[0]} lacks {word}"


def test_slurm_profile_is_found_from_the_root(fresh):
    done = fresh.run("-n", "--quiet", "rules", "--profile", "slurm")
    assert "simulate_atomistic" in done.stdout + done.stderr
