"""Simulate and measure the atomistic liquids of one job: one, or a batch of them side by side."""

from pathlib import Path

from mobcg.atomistic.stage import inputs_hash, simulate_sample
from mobcg.batch.processes import Piece
from mobcg.batch.work import Task, make_batch
from mobcg.config import AtomisticOptions, DrawRanges, ObservableOptions
from mobcg.forcefield.draws import draw_parameters
from mobcg.liquids import load_liquid
from mobcg.logs import start_log

if __name__ == "__main__":
    start_log(snakemake.log[0], snakemake.wildcards.batch)
    params, settings = snakemake.params, snakemake.config
    threads = min(settings["atomistic"]["threads"], snakemake.threads)
    options = AtomisticOptions(**params.options, platform=settings["atomistic"]["platform"], threads=threads)
    tasks = []
    for sample, (name, index) in params.samples.items():
        liquid = load_liquid(name, Path(settings["liquids"]))
        draw = None if index is None else draw_parameters(liquid, DrawRanges(**params.ranges), params.seed, index)
        decided = sample, liquid, draw, options, ObservableOptions(**params.observables), params.seed
        folder = Path(settings["results"], "atomistic", sample)
        work = Piece(sample, simulate_sample, (*decided, folder), Path(snakemake.log[0]).with_name(f"{sample}.log"))
        tasks.append(Task(work, folder, inputs_hash(*decided)))
    make_batch(tasks, "atomistic", snakemake.output.get("index"), snakemake.threads // threads, threads)
