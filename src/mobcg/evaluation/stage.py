"""The evaluation stage of a campaign: one liquid's result folders and the trained models become a table and curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mobcg.config import EVALUATION_METHODS, CoarseGrainedOptions, EvaluationOptions, InversionOptions, ObservableOptions
from mobcg.evaluation.candidates import Means, candidates
from mobcg.evaluation.evaluate import Evaluation, evaluate
from mobcg.evaluation.reference import read_reference
from mobcg.learning.storage import load
from mobcg.outcomes import Outcome
from mobcg.prediction.refine import RefinementOptions


def evaluate_liquid(
    liquid: str,
    atomistic: Path,
    inversion: Path,
    models: Sequence[Path],
    options: EvaluationOptions,
    inversion_options: InversionOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    seed: int,
) -> Evaluation:
    """Evaluate the methods of `options` on a liquid. Without atomistic observables each one's row says why there is nothing to compare
    with.
    """
    reference = read_reference(atomistic, run_options.beads)
    if isinstance(reference, str):
        methods = [method for method in EVALUATION_METHODS if method in options.methods]
        return Evaluation(
            [{"liquid": liquid, "method": method, "outcome": str(Outcome.NO_PARENT), "reason": reference} for method in methods]
        )
    trained = {folder.name: load(folder) for folder in models}
    refinement = RefinementOptions(beads=run_options.beads)
    means = Means(reference, inversion, trained, inversion_options, run_options, observables, seed, refinement)
    return evaluate(reference, candidates(means, options.methods), options.replicas, run_options, observables, seed)
