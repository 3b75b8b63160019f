"""Try every method on one real liquid."""

from pathlib import Path

from mobcg.batch.index import sample_folders
from mobcg.config import CoarseGrainedOptions, EvaluationOptions, InversionOptions, ObservableOptions
from mobcg.evaluation.stage import evaluate_liquid
from mobcg.files import write_csv, write_summary
from mobcg.logs import start_log

liquid = snakemake.wildcards.liquid
start_log(snakemake.log[0], f"{liquid} evaluation")
sample, results = f"{liquid}-reference", Path(snakemake.config["results"])
atomistic = sample_folders(results / "atomistic", [sample], snakemake.input.atomistic, ("summary.json", "rdf.csv", "msd.csv", "vacf.csv"))
inversion = sample_folders(results / "inversion", [sample], snakemake.input.inversion, ("summary.json", "potential.csv"))
evaluation = evaluate_liquid(
    liquid,
    atomistic[sample],
    inversion[sample],
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
