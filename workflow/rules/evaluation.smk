rule evaluate_liquid:
    input:
        atomistic=lambda wildcards: CAMPAIGN.made(
            "atomistic",
            [f"{wildcards.liquid}-reference"],
            "summary.json",
            "rdf.csv",
            "msd.csv",
        ),
        inversion=lambda wildcards: CAMPAIGN.made(
            "inversion",
            [f"{wildcards.liquid}-reference"],
            "summary.json",
            "potential.csv",
        ),
        models=[f"{CAMPAIGN.model_folder(model)}/model.json" for model in MODELS],
        weights=[f"{CAMPAIGN.model_folder(model)}/weights.pt" for model in MODELS],
    output:
        table=f"{RESULTS}/evaluation/{{liquid}}/evaluation.csv",
        summary=f"{RESULTS}/evaluation/{{liquid}}/summary.json",
        rdf=f"{RESULTS}/evaluation/{{liquid}}/rdf.csv",
        potential=f"{RESULTS}/evaluation/{{liquid}}/potential.csv",
        msd=f"{RESULTS}/evaluation/{{liquid}}/msd.csv",
        vacf=f"{RESULTS}/evaluation/{{liquid}}/vacf.csv",
    log:
        f"{RESULTS}/logs/evaluate_liquid/{{liquid}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_liquid/{{liquid}}.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: CONFIG.coarse_grained.threads
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.coarse_grained_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.evaluation_minutes(attempt),
    params:
        seed=CONFIG.seed,
        evaluation=CONFIG.evaluation.model_dump(include={"methods", "replicas"}),
        inversion=CONFIG.inversion.physics(),
        coarse_grained=CONFIG.coarse_grained.physics(),
        observables=CONFIG.observables.model_dump(),
    script:
        "../../scripts/evaluate_liquid.py"


rule collect_evaluation:
    input:
        tables=expand(
            f"{RESULTS}/evaluation/{{liquid}}/evaluation.csv",
            liquid=CONFIG.evaluation.liquids,
        ),
    output:
        table=report(
            f"{RESULTS}/evaluation/table.csv",
            caption="../report/evaluation.rst",
            category="Evaluation",
        ),
    log:
        f"{RESULTS}/logs/collect_evaluation.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect_evaluation.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    script:
        "../../scripts/collect_evaluation.py"
