"""Core-hours of a stage: of its finished jobs by their benchmarks, of those that run by the queue, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobcg.driver import POOL
from mobcg.slurm import QueuedJob
from mobcg.status.parts import Part


@dataclass(frozen=True)
class Cost:
    """Core-hours used, and expected to the end in the mean of what is done; None where nothing is done to tell from."""

    used: float = 0.0
    expected: float | None = 0.0


def core_hours(results: Path, of_a_stage: Sequence[Part], jobs: Sequence[QueuedJob] = ()) -> Cost:
    """Cost of a stage's parts. Attempts that were killed are not counted: they leave no benchmark."""
    used, expected, known = 0.0, 0.0, True
    for rule, cores in {part.rule: part.cores for part in of_a_stage}.items():
        mine = [part for part in of_a_stage if part.rule == rule]
        left = [part for part in mine if not (results / part.mark).exists()]
        seconds = _seconds(results, rule)
        used += cores * seconds / 3600
        mean = seconds / (len(mine) - len(left)) if seconds and len(left) < len(mine) else None
        for part in left:
            guess = mean if part.expected_s is None else part.expected_s
            known = known and guess is not None
            expected += cores * (guess or 0.0) / 3600
        used += sum(job.cores * job.elapsed_s for job in jobs if _belongs(job, rule)) / 3600
    return Cost(used, expected if known else None)


def _belongs(job: QueuedJob, rule: str) -> bool:
    """Whether a job in the queue is one of a rule's, or a worker of the library's pool."""
    of_the_pool = rule == "run_library" and job.name.startswith(POOL)
    return of_the_pool or job.comment == f"rule_{rule}" or job.comment.startswith(f"rule_{rule}_wildcards_")


def _seconds(results: Path, rule: str) -> float:
    """Seconds that a rule's finished jobs took."""
    folder = results / "benchmarks"
    return sum(_measured(path) for path in (folder / f"{rule}.tsv", *(folder / rule).glob("*.tsv")))


def _measured(path: Path) -> float:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return float(lines[-1].split("\t")[lines[0].split("\t").index("s")])
    except (OSError, ValueError, IndexError):
        return 0.0
