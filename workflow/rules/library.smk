rule plan_library:
    output:
        plan=f"{RESULTS}/library/plan.parquet",
    params:
        seed=CONFIG.seed,
        parents=list(CAMPAIGN.drawn),
        library=CONFIG.library.physics(),
    log:
        f"{RESULTS}/logs/plan_library.log",
    benchmark:
        f"{RESULTS}/benchmarks/plan_library.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        "../../envs/mobcg.yaml"
    script:
        "../../scripts/plan_library.py"


rule run_library:
    input:
        plan=f"{RESULTS}/library/plan.parquet",
        summaries=expand(f"{RESULTS}/inversion/{{sample}}/summary.json", sample=CAMPAIGN.drawn),
        potentials=expand(f"{RESULTS}/inversion/{{sample}}/potential.csv", sample=CAMPAIGN.drawn),
    output:
        runs=f"{RESULTS}/library/runs.parquet",
    params:
        library=CONFIG.library.physics(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    log:
        f"{RESULTS}/logs/run_library.log",
    benchmark:
        f"{RESULTS}/benchmarks/run_library.tsv"
    threads: CONFIG.pool.workers * CONFIG.pool.threads_per_worker if CONFIG.pool.kind == "local" else 1
    resources:
        mem_mb=CONFIG.pool.memory_mb * (CONFIG.pool.workers if CONFIG.pool.kind == "local" else 1),
        runtime=lambda wildcards, attempt: CAMPAIGN.library_minutes(attempt),
    conda:
        "../../envs/mobcg.yaml"
    script:
        "../../scripts/run_library.py"
