"""The evaluation stage of a campaign: one liquid's result folders and the trained models become a table and curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.evaluation.candidates import METHODS, candidates
from mobcg.evaluation.evaluate import Evaluation, evaluate
from mobcg.evaluation.reference import read_reference
from mobcg.learning.storage import load
from mobcg.outcomes import Outcome


def evaluate_liquid(
    liquid: str,
    atomistic: Path,
    inversion: Path,
    models: Sequence[Path],
    replicas: int,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
) -> Evaluation:
    """Evaluate every method on a liquid. Without atomistic observables each method's row says why there is nothing to compare with."""
    reference = read_reference(atomistic)
    if isinstance(reference, str):
        rows = [{"liquid": liquid, "method": method, "outcome": str(Outcome.NO_PARENT), "reason": reference} for method in METHODS]
        return Evaluation(rows=rows)
    trained = {folder.name: load(folder) for folder in models}
    return evaluate(reference, candidates(reference, inversion, trained), replicas, run_options, observables, seed)
