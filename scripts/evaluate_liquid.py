"""Try every method on one real liquid."""

from pathlib import Path

from mobcg.config import CoarseGrainedOptions, EvaluationOptions, InversionOptions, ObservableOptions
from mobcg.evaluation.stage import evaluate_liquid
from mobcg.files import write_csv, write_summary
from mobcg.logs import start_log

liquid = snakemake.wildcards.liquid
start_log(snakemake.log[0], f"{liquid} evaluation")
evaluation = evaluate_liquid(
    liquid,
    Path(snakemake.input.atomistic).parent,
    Path(snakemake.input.inversion).parent,
    [Path(path).parent for path in snakemake.input.models],
    EvaluationOptions(**snakemake.params.evaluation),
    InversionOptions(**snakemake.params.inversion),
    CoarseGrainedOptions(
        **snakemake.params.coarse_grained, platform=snakemake.config["coarse_grained"]["platform"], threads=snakemake.threads
    ),
    ObservableOptions(**snakemake.params.observables),
    snakemake.params.seed,
)
for name in ("table", "rdf", "potential", "msd", "vacf"):
    write_csv(snakemake.output[name], getattr(evaluation, name))
rows = evaluation.table.set_index("method").to_dict("index")
write_summary(snakemake.output.summary, snakemake.params.seed, dict(snakemake.params.items()), {"liquid": liquid, "methods": rows})
