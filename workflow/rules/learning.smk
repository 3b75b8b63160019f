rule train_model:
    input:
        database=f"{RESULTS}/database/mobility.parquet",
    output:
        model=f"{RESULTS}/learning/{{model}}/model.json",
        weights=f"{RESULTS}/learning/{{model}}/weights.pt",
        metrics=f"{RESULTS}/learning/{{model}}/metrics.json",
        curve=f"{RESULTS}/learning/{{model}}/curve.csv",
    log:
        f"{RESULTS}/logs/train_model/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_model/{{model}}.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: CONFIG.learning.threads
    resources:
        mem_mb=lambda wildcards, attempt: CAMPAIGN.training_memory_mb * attempt,
        runtime=lambda wildcards, attempt: CAMPAIGN.training_minutes(attempt),
    params:
        seed=CONFIG.seed,
        learning=CONFIG.learning.physics(),
    script:
        "../../scripts/train_model.py"
