"""Execute the library's plan on the pool of workers."""

from pathlib import Path

from mobcg.batch.index import sample_folders
from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions, PoolOptions
from mobcg.files import write_parquet, write_summary
from mobcg.library.execution import execute_library
from mobcg.library.parent import read_parent
from mobcg.library.synthetic import synthetic_index, synthetic_parents
from mobcg.logs import start_log
from mobcg.results import read_parquet

if __name__ == "__main__":
    start_log(snakemake.log[0], "library")
    settings = snakemake.config
    library = LibraryOptions(**snakemake.params.library, chunk_runs=settings["library"]["chunk_runs"])
    plan = read_parquet(snakemake.input.plan)
    drawn = [sample for sample in dict.fromkeys(plan["parent"]) if synthetic_index(sample) is None]
    stage = Path(settings["results"], "inversion")
    folders = sample_folders(stage, drawn, snakemake.input.inversions, ("summary.json", "potential.csv"))
    parents = {sample: read_parent(folder) for sample, folder in folders.items()}
    parents |= synthetic_parents(plan["parent"], library.synthetic, settings["seed"])
    runs = execute_library(
        plan,
        parents,
        library,
        CoarseGrainedOptions(**snakemake.params.coarse_grained, platform=settings["coarse_grained"]["platform"]),
        ObservableOptions(**snakemake.params.observables),
        PoolOptions(**settings["pool"]).within(snakemake.threads),
        Path(snakemake.output.runs).parent / "chunks",
        Path(snakemake.log[0]).with_suffix(""),
    )
    write_parquet(snakemake.output.runs, runs)
    outcomes = {str(name): int(count) for name, count in runs["outcome"].value_counts().items()}
    decided = dict(snakemake.params.items())
    write_summary(snakemake.output.summary, settings["seed"], decided, {"runs": len(runs), "outcomes": outcomes})
