rule build_database:
    input:
        runs=f"{RESULTS}/library/runs.parquet",
    output:
        database=f"{RESULTS}/database/mobility.parquet",
        summary=f"{RESULTS}/database/summary.json",
    log:
        f"{RESULTS}/logs/build_database.log",
    benchmark:
        f"{RESULTS}/benchmarks/build_database.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        seed=CONFIG.seed,
        r_max_nm=CONFIG.library.r_max_nm,
        bin_width_nm=CONFIG.observables.bin_width_nm,
    script:
        "../../scripts/build_database.py"
