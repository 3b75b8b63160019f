"""Write the mobility database, checked against its schema."""

import pandas as pd

from mobcg.config import LibraryOptions, ObservableOptions
from mobcg.database.store import Provenance, write
from mobcg.files import content_hash
from mobcg.library.run import grid
from mobcg.logs import start_log

start_log(snakemake.log[0], "database")
settings = snakemake.config
r_nm = grid(LibraryOptions(**settings["library"]), ObservableOptions(**settings["observables"]))
keys = {
    name: settings[name] for name in ("seed", "templates", "draws", "atomistic", "observables", "inversion", "coarse_grained", "library")
}
write(snakemake.output.database, pd.read_parquet(snakemake.input.runs), r_nm, Provenance(settings["seed"], content_hash(keys)))
