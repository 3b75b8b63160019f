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
    params:
        seed=CONFIG.seed,
        inversion=CONFIG.inversion.model_dump(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    log:
        f"{RESULTS}/logs/invert/{{sample}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/invert/{{sample}}.tsv"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.coarse_grained_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.inversion_minutes(attempt),
    conda:
        "../../envs/mobcg.yaml"
    script:
        "../../scripts/invert.py"
