"""The parts of a campaign, stage by stage: what tells that each is done, and where its job tells of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mobcg.campaign import MODELS, Campaign

BRIEF_S = 60.0
"""Seconds taken for a job that writes one table or page."""


@dataclass(frozen=True)
class Part:
    """One sample, liquid, model or table. Paths are below the results; name: "" for the only part of its rule.

    mark: the file whose presence says that it is done; summary: the JSON file with its outcome, "" where it has none; cores: of its job;
    batch: the name of its job where that makes several parts;
    expected_s: seconds that its job is expected to take by the config's speeds, None where only those done can tell.
    """

    stage: str
    rule: str
    name: str
    mark: str
    summary: str = ""
    cores: int = 1
    batch: str = ""
    expected_s: float | None = None

    @property
    def log(self) -> str:
        """Its job's log."""
        return f"logs/{self.rule}/{self.name}.log" if self.name else f"logs/{self.rule}.log"

    @property
    def comment(self) -> str:
        """What its job has for a comment in Slurm."""
        name = self.batch or self.name
        return f"rule_{self.rule}_wildcards_{name}" if name else f"rule_{self.rule}"

    def __str__(self) -> str:
        return f"{self.rule} {self.name}".rstrip()


def parts(campaign: Campaign) -> Iterator[Part]:
    """All parts in the order of the stages."""
    config = campaign.config
    yield Part("atomistic", "draw_parameters", "", "draws.parquet", expected_s=BRIEF_S)
    for stage, rule, threads in (("atomistic", "simulate_atomistic", config.atomistic.threads), ("inversion", "invert", 1)):
        for batch in campaign.batches[stage].values():
            cores = threads * (campaign.runs_at_a_time(batch.name) if stage == "atomistic" else 1)
            for sample in batch.samples:
                summary = f"{stage}/{sample}/summary.json"
                yield Part(stage, rule, sample, summary, summary, cores, "" if batch.name == sample else batch.name)
    if campaign.trains:
        yield Part("library", "plan_library", "", "library/plan.parquet", expected_s=BRIEF_S)
        workers = config.pool.workers * config.pool.threads_per_worker
        seconds = config.library.all_runs * config.coarse_grained.run_seconds() / config.pool.workers
        yield Part("library", "run_library", "", "library/runs.parquet", "library/summary.json", workers, expected_s=seconds)
        yield Part("database", "build_database", "", "database/mobility.parquet", expected_s=BRIEF_S)
        for model in MODELS:
            yield Part("train", "train_model", model, f"learning/{model}/metrics.json", cores=config.learning.threads)
    for liquid in config.evaluation.liquids:
        summary = f"evaluation/{liquid}/summary.json"
        yield Part("evaluate", "evaluate_liquid", liquid, summary, summary, config.coarse_grained.threads)
    yield Part("evaluate", "collect_evaluation", "", "evaluation/table.csv", expected_s=BRIEF_S)
    yield Part("report", "write_report", "", "report/index.html", expected_s=BRIEF_S)
