"""Join the evaluation of all liquids into one table."""

import pandas as pd

from mobcg.evaluation.evaluate import COLUMNS
from mobcg.files import write_csv
from mobcg.logs import start_log

start_log(snakemake.log[0], "evaluation table")
tables = [pd.read_csv(path) for path in snakemake.input.tables]
write_csv(snakemake.output.table, pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS)))
