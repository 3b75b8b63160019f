"""Invert one sample's g(r) into a pair potential."""

from pathlib import Path

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.inversion.stage import invert_sample
from mobcg.logs import start_log

start_log(snakemake.log[0], f"{snakemake.wildcards.sample} inversion")
invert_sample(
    Path(snakemake.input.summary).parent,
    Path(snakemake.output.summary).parent,
    InversionOptions(**snakemake.params.inversion),
    CoarseGrainedOptions(**snakemake.params.coarse_grained, platform=snakemake.config["coarse_grained"]["platform"]),
    ObservableOptions(**snakemake.params.observables),
    snakemake.params.seed,
)
