"""What can be seen before anything runs."""

import resource


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


def test_production_is_planned_whole_and_fast(fresh):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = fresh.run("-n", "--quiet", "rules", config="config/production.yaml")
    assert "simulate_atomistic     1208" in done.stdout + done.stderr
    assert "total                  2433" in done.stdout + done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # processor time: the machine may be busy with something else
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15


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
