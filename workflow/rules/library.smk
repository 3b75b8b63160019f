rule plan_library:
    output:
        plan=f"{RESULTS}/library/plan.parquet",
    log:
        f"{RESULTS}/logs/plan_library.log",
    benchmark:
        f"{RESULTS}/benchmarks/plan_library.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        seed=CONFIG.seed,
        parents=list(CAMPAIGN.drawn),
        library=CONFIG.library.physics(),
    script:
        "../../scripts/plan_library.py"


rule run_library:
    input:
        plan=f"{RESULTS}/library/plan.parquet",
        inversions=CAMPAIGN.made(
            "inversion", CAMPAIGN.drawn, "summary.json", "potential.csv"
        ),
    output:
        runs=f"{RESULTS}/library/runs.parquet",
        summary=f"{RESULTS}/library/summary.json",
    log:
        f"{RESULTS}/logs/run_library.log",
    benchmark:
        f"{RESULTS}/benchmarks/run_library.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads:
        CONFIG.pool.workers * CONFIG.pool.threads_per_worker
        if CONFIG.pool.kind == "local"
        else 1
    resources:
        mem_mb=CONFIG.pool.memory_mb
        * (CONFIG.pool.workers if CONFIG.pool.kind == "local" else 1),
        runtime=lambda wildcards, attempt: CAMPAIGN.library_minutes(attempt),
    params:
        library=CONFIG.library.physics(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    script:
        "../../scripts/run_library.py"
