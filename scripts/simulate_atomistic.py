"""Simulate one atomistic liquid and measure it."""

from pathlib import Path

from mobcg.atomistic.stage import simulate_sample
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.forcefield.draws import read_draw
from mobcg.liquids import load_liquid
from mobcg.logs import start_log

sample = snakemake.wildcards.sample
liquid_file = Path(snakemake.input.liquid[0])
start_log(snakemake.log[0], sample)
machine = {"platform": snakemake.config["atomistic"]["platform"], "threads": snakemake.threads}
simulate_sample(
    sample,
    load_liquid(liquid_file.stem, liquid_file.parent),
    read_draw(snakemake.input.draws, sample) if snakemake.params.ranges else None,
    AtomisticOptions(**snakemake.params.options, **machine),
    ObservableOptions(**snakemake.params.observables),
    snakemake.params.seed,
    Path(snakemake.output.summary).parent,
)
