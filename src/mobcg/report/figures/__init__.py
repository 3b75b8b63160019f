"""Figures of the report, one module per topic; each function takes the collected results and gives a matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from mobcg.config import Config
from mobcg.report.collect import Results
from mobcg.report.figures import cost, diffusion, draws, evaluation, inversion, learning, library, structure

FIGURES: dict[str, Callable[[Results, Config], Figure]] = {
    "draws": draws.draws,
    "rdf": lambda results, config: structure.rdf(results),
    "potentials": lambda results, config: structure.potentials(results),
    "inversion": lambda results, config: inversion.inversion(results, config.inversion.structure_error),
    "diffusion": lambda results, config: diffusion.diffusion(results),
    "library": lambda results, config: library.library(results),
    "learning": lambda results, config: learning.learning(results),
    "evaluation": lambda results, config: evaluation.evaluation(results),
    "cost": cost.cost,
}
"""The figures that are also written as files of their own, by name."""
