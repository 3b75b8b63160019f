"""Where the core-hours went."""

from __future__ import annotations

from matplotlib.figure import Figure

from mobcg.config import Config
from mobcg.report.collect import Results
from mobcg.report.cost import STAGES, spent
from mobcg.report.figures.style import METHODS, blank, styled
from mobcg.report.rounding import plain


def cost(results: Results, config: Config) -> Figure:
    """One bar a stage, with its core-hours and share."""
    hours = spent(results, config)
    if not hours:
        return blank("No run or job has recorded its time yet.")
    total = sum(hours.values())
    with styled():
        figure = Figure(figsize=(8, 0.42 * len(hours) + 0.8), layout="constrained")
        axes = figure.subplots()
        axes.barh(range(len(hours)), list(hours.values()), color=METHODS["inversion"].colour, height=0.62)
        for row, value in enumerate(hours.values()):
            axes.text(value, row, f" {plain(value)} core-hours ({100 * value / total:.0f} %)", va="center", fontsize=9)
        axes.set_yticks(range(len(hours)), [STAGES[stage] for stage in hours])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.35 * max(hours.values()))
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("core-hours")
    return figure
