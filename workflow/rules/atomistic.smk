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


# Each sample draws its own row anew from config and seed, so that more samples leave the earlier ones untouched; the table collects the rows.
rule simulate_atomistic:
    input:
        liquid=lambda wildcards: CAMPAIGN.liquid_files(wildcards.sample),
    output:
        summary=f"{RESULTS}/atomistic/{{sample}}/summary.json",
        rdf=f"{RESULTS}/atomistic/{{sample}}/rdf.csv",
        msd=f"{RESULTS}/atomistic/{{sample}}/msd.csv",
        vacf=f"{RESULTS}/atomistic/{{sample}}/vacf.csv",
        thermodynamics=f"{RESULTS}/atomistic/{{sample}}/thermodynamics.csv",
    log:
        f"{RESULTS}/logs/simulate_atomistic/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate_atomistic/{{sample}}.tsv"
    priority: 10  # the longest jobs first
    conda:
        "../../envs/mobcg.yaml"
    threads: CONFIG.atomistic.threads
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.atomistic_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.atomistic_minutes(attempt),
    params:
        seed=CONFIG.seed,
        options=CONFIG.atomistic.physics(),
        observables=CONFIG.observables.model_dump(),
        ranges=lambda wildcards: CAMPAIGN.sample_ranges(wildcards.sample),
        index=lambda wildcards: CAMPAIGN.samples[wildcards.sample].index,
    script:
        "../../scripts/simulate_atomistic.py"
