"""Invert the g(r) of one job's samples into pair potentials."""

from pathlib import Path

from mobcg.batch.index import sample_folders
from mobcg.batch.processes import Piece
from mobcg.batch.work import Task, make_batch
from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.inversion.stage import inputs_hash, invert_sample
from mobcg.logs import start_log

if __name__ == "__main__":
    start_log(snakemake.log[0], f"{snakemake.wildcards.batch} inversion")
    params, results = snakemake.params, Path(snakemake.config["results"])
    options = (
        InversionOptions(**params.inversion),
        CoarseGrainedOptions(**params.coarse_grained, platform=snakemake.config["coarse_grained"]["platform"]),
        ObservableOptions(**params.observables),
        params.seed,
    )
    tasks = []
    atomistic = sample_folders(results / "atomistic", params.samples, snakemake.input.atomistic, ("summary.json", "rdf.csv"))
    for sample, measured in atomistic.items():
        folder, log = results / "inversion" / sample, Path(snakemake.log[0]).with_name(f"{sample}.log")
        work = Piece(sample, invert_sample, (measured, folder, *options), log)
        tasks.append(Task(work, folder, inputs_hash(measured, *options)))
    make_batch(tasks, "inversion", snakemake.output.get("index"))
