"""What a campaign took: core-hours by stage."""

from __future__ import annotations

import pandas as pd

from mobcg.campaign import Campaign
from mobcg.config import Config
from mobcg.report.collect import Results
from mobcg.status.cost import core_hours
from mobcg.status.parts import parts

STAGES = {
    "atomistic": "atomistic runs",
    "inversion": "inversion",
    "library": "library",
    "database": "database",
    "train": "training",
    "evaluate": "evaluation",
}
"""The stages that cost, by what the report calls them."""


def spent(results: Results, config: Config) -> dict[str, float]:
    """Core-hours of each stage of `STAGES` that took any, by its jobs' benchmarks; where it left none, by the wall times of its runs."""
    campaign = Campaign(config, {})
    everything = list(parts(campaign))
    recorded = {
        "atomistic": config.atomistic.threads * _hours(results.atomistic["wall_s"]),
        "inversion": _hours(results.inversion["wall_s"]),
        "library": _hours(results.database["wall_s"]),
        "evaluate": config.coarse_grained.threads * _hours(results.evaluation["wall_s"]),
    }
    found = {}
    for stage in STAGES:
        used = core_hours(results.folder, [part for part in everything if part.stage == stage]).used
        found[stage] = used if used > 0 else recorded.get(stage, 0.0)
    return {stage: hours for stage, hours in found.items() if hours > 0}


def _hours(seconds: pd.Series) -> float:
    return float(seconds.sum()) / 3600
