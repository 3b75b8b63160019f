"""Simulate one atomistic liquid and measure it."""

from pathlib import Path

from mobcg.atomistic.stage import simulate_sample
from mobcg.config import AtomisticOptions, DrawRanges, ObservableOptions
from mobcg.forcefield.draws import draw_parameters
from mobcg.liquids import load_liquid
from mobcg.logs import start_log

sample, seed = snakemake.wildcards.sample, snakemake.params.seed
start_log(snakemake.log[0], sample)
liquid_file = Path(snakemake.input.liquid[0])
liquid = load_liquid(liquid_file.stem, liquid_file.parent)
draw = None
if snakemake.params.ranges:
    draw = draw_parameters(liquid, DrawRanges(**snakemake.params.ranges), seed, snakemake.params.index)
machine = {"platform": snakemake.config["atomistic"]["platform"], "threads": snakemake.threads}
simulate_sample(
    sample,
    liquid,
    draw,
    AtomisticOptions(**snakemake.params.options, **machine),
    ObservableOptions(**snakemake.params.observables),
    seed,
    Path(snakemake.output.summary).parent,
)
