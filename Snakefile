# The campaign: from random force fields to a trained and evaluated model.
#   snakemake --profile profiles/local --configfile config/demo.yaml      on this machine
#   snakemake --profile slurm --configfile config/production.yaml         on a cluster
# Add -n to see every job first. Targets: atomistic inversion library database train evaluate report.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import min_version

from mobcg.campaign import MODELS, Campaign
from mobcg.configfile import parse_config
from mobcg.driver import begin_anew, describe_lock
from mobcg.orphans import take_over
from mobcg.outcomes import InputError

min_version("9.0")


configfile: "config/default.yaml"


try:
    CAMPAIGN = Campaign.plan(parse_config(config))
except InputError as error:
    raise WorkflowError(str(error)) from None
CONFIG = CAMPAIGN.config
RESULTS = CONFIG.results

if workflow.is_main_process and (locked := describe_lock(RESULTS, sys.argv[1:])):
    logger.warning(locked)


# Jobs that a killed driver left in Slurm's queue are taken care of before the first job of this one, under Snakemake's lock.
onstart:
    executor = getattr(workflow.scheduler, "_executor", None)
    try:
        awaited = take_over(
            Path(RESULTS),
            CONFIG.orphans,
            logger.info,
            getattr(executor, "run_uuid", ""),
            sys.argv[1:],
        )
        if awaited:
            workflow.persistence.unlock()
            begin_anew()
    except InputError as error:
        raise WorkflowError(str(error)) from None


report: "workflow/report/workflow.rst"


wildcard_constraints:
    batch=r"[^/]+",
    liquid=r"[^/]+",
    model="|".join(MODELS),


# What each stage leaves, by the name of its target. `all` asks for every piece, so that a lost one is made again.
STAGES = {
    "atomistic": [
        f"{RESULTS}/draws.parquet",
        *CAMPAIGN.made("atomistic", CAMPAIGN.samples, "summary.json"),
    ],
    "inversion": CAMPAIGN.made("inversion", CAMPAIGN.samples, "summary.json"),
    "library": (
        [f"{RESULTS}/library/plan.parquet", f"{RESULTS}/library/runs.parquet"]
        if CAMPAIGN.trains
        else []
    ),
    "database": [f"{RESULTS}/database/mobility.parquet"] if CAMPAIGN.trains else [],
    "train": [
        f"{RESULTS}/learning/{model}/metrics.json"
        for model in MODELS
        if CAMPAIGN.trains
    ],
    "evaluate": [f"{RESULTS}/evaluation/table.csv"],
    "report": [f"{RESULTS}/report/index.html"],
}


rule all:
    default_target: True
    input:
        *STAGES.values(),


include: "workflow/rules/atomistic.smk"
include: "workflow/rules/inversion.smk"
include: "workflow/rules/library.smk"
include: "workflow/rules/database.smk"
include: "workflow/rules/learning.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/report.smk"


rule atomistic:
    input:
        STAGES["atomistic"],


rule inversion:
    input:
        STAGES["inversion"],


rule library:
    input:
        STAGES["library"],


rule database:
    input:
        STAGES["database"],


rule train:
    input:
        STAGES["train"],


rule evaluate:
    input:
        STAGES["evaluate"],


rule report:
    input:
        STAGES["report"],
