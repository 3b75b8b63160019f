"""The one figure of the README: the structure of one liquid, and every method's structure and mobility errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mobcg.files import temporary_name
from mobcg.outcomes import InputError
from mobcg.report.collect import Results, collect
from mobcg.report.figures.evaluation import LEGEND_COLUMNS, plane, structure_overlay, usable
from mobcg.report.figures.style import METHODS, Mark, in_order, mark, styled


def readme_figure(results: Path, output_png: Path, liquid: str | None = None) -> None:
    """Write the README's figure; `liquid` is by default the one with most methods, then the one that inversion makes too fast by most.

    Raises InputError where nothing has been evaluated, or not `liquid`.
    """
    found = collect(Path(results))
    table = usable(found.evaluation)
    if table.empty:
        raise InputError(f"{results}/evaluation: no evaluated method to draw; run the evaluation first")
    chosen = liquid or _telling(found)
    if chosen not in found.evaluation_curves:
        raise InputError(f"unknown liquid {chosen!r} in {results}/evaluation; known: {', '.join(found.evaluation_curves)}")
    with styled():
        figure = Figure(figsize=(10, 4.5), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.1), gridspec_kw={"wspace": 0.12})
        structure_overlay(left, found.evaluation_curves[chosen]["rdf.csv"])
        left.set_title(f"{chosen}: g(r)")
        looks = [mark(method) for method in in_order([*found.evaluation_curves[chosen]["rdf.csv"].get("method", ()), *table["method"]])]
        both = [_sample(look) for look in looks]
        figure.legend(handles=both, loc="outside lower center", ncols=LEGEND_COLUMNS, fontsize=8.5)
        plane(right, table)
        liquids = table["liquid"].nunique()
        right.set_title(f"errors, {liquids} liquids" if liquids > 1 else f"errors, {chosen}")
        with temporary_name(output_png) as temporary:
            figure.savefig(temporary, format="png", dpi=160, facecolor="white")


def _sample(look: Mark) -> Line2D:
    """A legend's entry that shows both the dash of a method's curve and its marker."""
    style: dict[str, Any] = {"linestyle": look.dash, "marker": None if look is METHODS["atomistic"] else look.marker}
    return Line2D([], [], color=look.colour, label=look.label, **style)


def _telling(results: Results) -> str:
    table = usable(results.evaluation)
    ranked = table.groupby("liquid").agg(methods=("method", "nunique"), error=("mobility_error", "max"))
    return str(ranked.sort_values(["methods", "error"]).index[-1])
