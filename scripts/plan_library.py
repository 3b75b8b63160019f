"""Plan the library: potential, mass and friction of every run."""

from mobcg.config import LibraryOptions
from mobcg.files import write_parquet
from mobcg.library.plan import plan_library
from mobcg.logs import start_log

start_log(snakemake.log[0], "library plan")
write_parquet(
    snakemake.output.plan, plan_library(LibraryOptions(**snakemake.params.library), snakemake.params.parents, snakemake.params.seed)
)
