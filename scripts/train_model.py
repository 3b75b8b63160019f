"""Train one model on the mobility database."""

from pathlib import Path

from mobcg.config import LearningOptions
from mobcg.database.store import read
from mobcg.files import write_csv, write_summary
from mobcg.learning.storage import save
from mobcg.learning.training import train
from mobcg.logs import start_log

name = snakemake.wildcards.model
start_log(snakemake.log[0], f"training {name}")
options = LearningOptions(**snakemake.params.learning, threads=snakemake.threads)
database = read(snakemake.input.database)
training = train(database, options, snakemake.params.seed, name)
save(training.model, Path(snakemake.output.model).parent, {"seed": snakemake.params.seed, "options": options.physics()})
decided = {"learning": options.physics(), "database": [source.config_hash for source in database.provenance]}
write_summary(snakemake.output.metrics, snakemake.params.seed, decided, training.metrics)
write_csv(snakemake.output.curve, training.curve)
