rule write_report:
    input:
        draws=f"{RESULTS}/draws.parquet",
        atomistic=CAMPAIGN.made("atomistic", CAMPAIGN.samples, "summary.json"),
        inversion=CAMPAIGN.made("inversion", CAMPAIGN.samples, "summary.json"),
        database=STAGES["database"],
        learning=STAGES["train"],
        evaluation=f"{RESULTS}/evaluation/table.csv",
    output:
        config=f"{RESULTS}/config.json",
        page=f"{RESULTS}/report/index.html",
        draws=report(
            f"{RESULTS}/report/figures/draws.svg",
            caption="../report/draws.rst",
            category="Force fields",
        ),
        diffusion=report(
            f"{RESULTS}/report/figures/diffusion.svg",
            caption="../report/diffusion.rst",
            category="Diffusion",
        ),
        rdf=report(
            f"{RESULTS}/report/figures/rdf.svg",
            caption="../report/rdf.rst",
            category="Structure",
        ),
        potentials=report(
            f"{RESULTS}/report/figures/potentials.svg",
            caption="../report/rdf.rst",
            category="Structure",
        ),
        inversion=report(
            f"{RESULTS}/report/figures/inversion.svg",
            caption="../report/rdf.rst",
            category="Structure",
        ),
        library=report(
            f"{RESULTS}/report/figures/library.svg",
            caption="../report/learning.rst",
            category="Learning",
        ),
        learning=report(
            f"{RESULTS}/report/figures/learning.svg",
            caption="../report/learning.rst",
            category="Learning",
        ),
        evaluation=report(
            f"{RESULTS}/report/figures/evaluation.svg",
            caption="../report/evaluation.rst",
            category="Evaluation",
        ),
        cost=report(
            f"{RESULTS}/report/figures/cost.svg",
            caption="../report/cost.rst",
            category="Evaluation",
        ),
    log:
        f"{RESULTS}/logs/write_report.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_report.tsv"
    conda:
        "../../envs/mobcg.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 20 * attempt,
    script:
        "../../scripts/write_report.py"
