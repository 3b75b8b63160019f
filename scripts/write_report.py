"""Write the report page and its figures."""

from pathlib import Path

from mobcg.configfile import parse_config
from mobcg.files import write_json
from mobcg.logs import start_log
from mobcg.report.page import write_report

start_log(snakemake.log[0], "report")
config = parse_config(snakemake.config)
write_json(snakemake.output.config, config.model_dump(mode="json"))
write_report(Path(config.results), config, Path(snakemake.output.page))
