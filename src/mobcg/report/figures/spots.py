"""Where the points of the evaluation's figure lie, and what each says: for words beside the pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mobcg.report.figures.evaluation import in_plane, usable, with_ratio
from mobcg.report.figures.style import in_order, mark
from mobcg.report.rounding import plain, with_error


@dataclass(frozen=True)
class Spot:
    """A point of a figure: x from the left and y from the top in per cent of its size, the liquid, and the words."""

    x: float
    y: float
    liquid: str
    words: str


def spots(figure: Figure, table: pd.DataFrame) -> tuple[Spot, ...]:
    """The points of `figures.evaluation.evaluation` of this evaluation table, in both panels, as last written; none of a blank one.

    To be asked for when the figure has been written: each drawing moves its panels a little.
    """
    if len(figure.axes) < 2:
        return ()
    table, found = usable(table), []
    width, height = figure.bbox.size
    filters: tuple[Callable[[pd.DataFrame], pd.DataFrame], ...] = (in_plane, with_ratio)
    for axes, chosen in zip(figure.axes, filters, strict=False):
        rows = chosen(table)
        methods = in_order(list((rows if chosen is in_plane else table)["method"]))
        for method, container in zip(methods, axes.containers, strict=True):
            own = rows[rows["method"] == method].to_dict("records")
            points = axes.transData.transform(container.lines[0].get_xydata())  # type: ignore[attr-defined]
            for (x, y), row in zip(points, own, strict=True):
                found.append(Spot(round(100 * x / width, 2), round(100 - 100 * y / height, 2), str(row["liquid"]), words(row)))
    return tuple(found)


def words(row: Mapping[Any, Any]) -> str:
    """One row of the evaluation in a line: liquid, method, S, M, and D with its ratio."""
    ratio = plain(row["diffusion_nm2_per_ns"] / row["diffusion_AA_nm2_per_ns"])
    return (
        f"{row['liquid']}, {mark(row['method']).label}: S = {with_error(row['structure_error'], row['structure_error_err'])}, "
        f"M = {with_error(row['mobility_error'], row['mobility_error_err'])}, "
        f"D = {with_error(row['diffusion_nm2_per_ns'], row['diffusion_error_nm2_per_ns'])} nm² ns⁻¹, {ratio} times the atomistic"
    )
