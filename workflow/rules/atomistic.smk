rule draw_parameters:
    input:
        liquids=expand(
            f"{CONFIG.liquids}/{{liquid}}.yaml",
            liquid=[t.liquid for t in CONFIG.templates],
        ),
    output:
        table=f"{RESULTS}/draws.parquet",
    log:
        f"{RESULTS}/logs/draw_parameters.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_parameters.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        seed=CONFIG.seed,
        sets={t.liquid: t.parameter_sets for t in CONFIG.templates},
        ranges={t.liquid: CAMPAIGN.draw_ranges(t.liquid) for t in CONFIG.templates},
    script:
        "../../scripts/draw_parameters.py"


# A job makes one sample, or with atomistic.runs_per_job a batch of them, side by side, and an index of what it made.
# Each sample draws its own row anew from config and seed, so that more samples leave the earlier ones untouched; the table collects the rows.
rule simulate_atomistic:
    input:
        liquids=lambda wildcards: CAMPAIGN.liquid_files(wildcards.batch),
    output:
        **CAMPAIGN.outputs("atomistic"),
    log:
        f"{RESULTS}/logs/simulate_atomistic/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate_atomistic/{{batch}}.tsv"
    priority: 10  # the longest jobs first
    conda:
        "../../envs/mobcg.yaml"
    threads: lambda wildcards: CAMPAIGN.runs_at_a_time(wildcards.batch) * CONFIG.atomistic.threads
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.atomistic_memory_mb(
            wildcards.batch, attempt
        ),
        runtime=lambda wildcards, attempt: CAMPAIGN.atomistic_minutes(
            wildcards.batch, attempt
        ),
    params:
        seed=CONFIG.seed,
        options=CONFIG.atomistic.physics(),
        observables=CONFIG.observables.model_dump(),
        ranges=lambda wildcards: CAMPAIGN.batch_ranges(wildcards.batch),
        samples=lambda wildcards: CAMPAIGN.batch_members(wildcards.batch),
    script:
        "../../scripts/simulate_atomistic.py"
