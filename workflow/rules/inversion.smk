rule invert:
    input:
        summary=f"{RESULTS}/atomistic/{{sample}}/summary.json",
        rdf=f"{RESULTS}/atomistic/{{sample}}/rdf.csv",
    output:
        summary=f"{RESULTS}/inversion/{{sample}}/summary.json",
        potential=f"{RESULTS}/inversion/{{sample}}/potential.csv",
        history=f"{RESULTS}/inversion/{{sample}}/history.csv",
        rdf=f"{RESULTS}/inversion/{{sample}}/rdf.csv",
        msd=f"{RESULTS}/inversion/{{sample}}/msd.csv",
    log:
        f"{RESULTS}/logs/invert/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/invert/{{sample}}.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.coarse_grained_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.inversion_minutes(attempt),
    params:
        seed=CONFIG.seed,
        inversion=CONFIG.inversion.model_dump(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    script:
        "../../scripts/invert.py"
