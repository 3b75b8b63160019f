# A job makes one sample, or with inversion.samples_per_job a batch of them, one after another, and an index of what it made.
rule invert:
    input:
        atomistic=lambda wildcards: CAMPAIGN.made(
            "atomistic",
            CAMPAIGN.batches["inversion"][wildcards.batch].samples,
            "summary.json",
            "rdf.csv",
        ),
    output:
        **CAMPAIGN.outputs("inversion"),
    log:
        f"{RESULTS}/logs/invert/{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/invert/{{batch}}.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.coarse_grained_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.inversion_minutes(
            wildcards.batch, attempt
        ),
    params:
        seed=CONFIG.seed,
        samples=lambda wildcards: CAMPAIGN.batches["inversion"][wildcards.batch].samples,
        inversion=CONFIG.inversion.physics(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    script:
        "../../scripts/invert.py"
