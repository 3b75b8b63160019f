"""Write the mobility database, checked against its schema."""

from mobcg.campaign import database_settings
from mobcg.configfile import parse_config
from mobcg.database.information import info
from mobcg.database.store import Provenance, write
from mobcg.files import content_hash, write_summary
from mobcg.library.run import grid
from mobcg.logs import start_log
from mobcg.results import read_parquet

start_log(snakemake.log[0], "database")
config = parse_config(snakemake.config)
r_nm = grid(config.library, config.observables)
settings = database_settings(config)
write(snakemake.output.database, read_parquet(snakemake.input.runs), r_nm, Provenance(config.seed, content_hash(settings)))
write_summary(snakemake.output.summary, config.seed, settings, info(snakemake.output.database))
