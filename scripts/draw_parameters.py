"""Draw the random bonded parameter sets of every template into one table."""

from mobcg.campaign import Campaign
from mobcg.configfile import parse_config
from mobcg.files import write_parquet
from mobcg.forcefield.draws import draw_table
from mobcg.logs import start_log

start_log(snakemake.log[0], "draws")
campaign = Campaign.plan(parse_config(snakemake.config))
write_parquet(snakemake.output.table, draw_table(campaign.config, campaign.liquids))
