"""The Pareto front of conservative models: what a right diffusion costs in structure where no friction is allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mobcg.files import temporary_name
from mobcg.outcomes import InputError, Outcome
from mobcg.report.figures.style import FAILED, INK, METHODS, blank, styled

COLUMNS = (
    *("liquid", "model", "weight", "shift", "friction_per_ps", "variance", "structure_error_expected", "mobility_error_expected"),
    *("diffusion_expected_nm2_per_ns", "diffusion_AA_nm2_per_ns", "diffusion_AA_error_nm2_per_ns", "outcome", "reason", "replicas"),
    *("structure_error", "structure_error_err", "mobility_error", "mobility_error_err", "diffusion_nm2_per_ns"),
    *("diffusion_error_nm2_per_ns", "pressure_bar", "pressure_error_bar"),
)
"""Of the front's table: one row for each liquid and weight (model "conservative"), one for the flagship (model "friction").

variance: of the correction, over the largest that the search allows; shift: how much lower than the liquid's the search aimed at ln D, 0
on the front itself; outcome: empty where the model was not run.
"""

CONSERVATIVE, FRICTION = METHODS["conservative"], METHODS["network+friction"]

EDGE = 1.0
"""Variance over the largest that the search allows from which the front is dashed."""

FLOOR = 1e-4
"""Least S drawn, far below what noise makes."""

PANELS_IN_A_ROW = 4


def read_front(path: Path | str) -> pd.DataFrame:
    """The front's table. Raises InputError where the file is missing or lacks a column."""
    try:
        table = pd.read_csv(path, keep_default_na=True)
    except (OSError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError(f"{path}: the columns {', '.join(missing)} are missing; a front's table has {', '.join(COLUMNS)}")
    for name in ("liquid", "model", "outcome", "reason"):
        table[name] = table[name].fillna("")
    return table


def front_figure(table: pd.DataFrame) -> Figure:
    """One panel a liquid: the front as a line, measured models as points with their standard errors, and the flagship with friction."""
    liquids = list(dict.fromkeys(table["liquid"]))
    if not liquids:
        return blank("No front has been computed yet.")
    columns = min(len(liquids), PANELS_IN_A_ROW)
    rows = -(-len(liquids) // columns)
    with styled():
        figure = Figure(figsize=(max(2.75 * columns, 5.5), 2.55 * rows + 0.75), layout="constrained")
        cells = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, liquid in zip(cells, liquids, strict=False):
            _panel(axes, liquid, table[table["liquid"] == liquid])
        for axes in cells[len(liquids) :]:
            axes.set_axis_off()
        widest = table.loc[table["model"] == "conservative", "mobility_error_expected"].max()
        cells[0].set_xlim(-0.12, 1.1 * max(float(widest), 0.5))
        cells[0].set_yscale("log")
        cells[0].set_ylim(FLOOR, 1)
        for number, axes in enumerate(cells[: len(liquids)]):
            if number + columns >= len(liquids):
                axes.set_xlabel("M = |ln(D$_{CG}$/D$_{AA}$)|")
                axes.tick_params(labelbottom=True)
            if number % columns == 0:
                axes.set_ylabel("S = 1 - R² of g(r)")
        figure.legend(handles=_legend(), loc="outside lower center", ncols=3 if columns > 2 else 2, fontsize=8.5)
    return figure


def write_front_figure(table: pd.DataFrame, path: Path | str) -> None:
    """Write the figure as png."""
    with styled(), temporary_name(path) as temporary:
        front_figure(table).savefig(temporary, format="png", dpi=110, facecolor="white")


def _panel(axes: Axes, liquid: str, table: pd.DataFrame) -> None:
    axes.set_title(liquid, fontsize=9.5)
    conservative = table[table["model"] == "conservative"]
    front = conservative[conservative["shift"] == 0].sort_values("mobility_error_expected", ascending=False)
    inside = (front["variance"] <= EDGE).to_numpy()
    m, s = front["mobility_error_expected"].to_numpy(float), front["structure_error_expected"].clip(lower=FLOOR).to_numpy(float)
    axes.plot(*_joined(m, s, inside), color=CONSERVATIVE.colour, linewidth=2)
    axes.plot(*_joined(m, s, ~inside), color=CONSERVATIVE.colour, linewidth=1.6, linestyle=(0, (2.5, 1.5)))
    _points(axes, conservative[conservative["outcome"] == Outcome.OK.value], CONSERVATIVE.colour, "o", 5)
    frozen = conservative[~conservative["outcome"].isin(["", Outcome.OK.value])]
    axes.plot(
        frozen["mobility_error_expected"], frozen["structure_error_expected"].clip(lower=FLOOR), "x", color=FAILED, markersize=7,
        markeredgewidth=1.8, zorder=4,
    )  # fmt: skip
    _points(axes, table[(table["model"] == "friction") & (table["outcome"] == Outcome.OK.value)], FRICTION.colour, FRICTION.marker, 7)


def _points(axes: Axes, rows: pd.DataFrame, colour: str, marker: str, size: float) -> None:
    m, m_error = rows["mobility_error"].to_numpy(float), rows["mobility_error_err"].to_numpy(float)
    s, s_error = rows["structure_error"].to_numpy(float), rows["structure_error_err"].fillna(0).to_numpy(float)
    axes.errorbar(
        m, s, xerr=m_error, yerr=[np.minimum(s_error, 0.9 * s), s_error], fmt=marker, color=colour, ecolor=INK, markersize=size,
        markeredgecolor="white", markeredgewidth=0.6, elinewidth=0.9, zorder=3, clip_on=False,
    )  # fmt: skip


def _joined(m: np.ndarray, s: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve's segments that end in a chosen point, the rest as gaps."""
    ends = np.flatnonzero(chosen)
    pairs = np.array([[max(end - 1, 0), end] for end in ends], dtype=int).reshape(-1, 2)
    gap = np.full((len(ends), 1), np.nan)
    return np.hstack([m[pairs], gap]).ravel(), np.hstack([s[pairs], gap]).ravel()


def _legend() -> list[Line2D]:
    def sample(label: str, colour: str, **look: object) -> Line2D:
        return Line2D([], [], color=colour, label=label, **look)  # type: ignore[arg-type]

    return [
        sample("no friction: best trade, as the model expects it", CONSERVATIVE.colour, linewidth=2),
        sample("the same, held at the edge of its search", CONSERVATIVE.colour, linestyle=(0, (2.5, 1.5)), linewidth=1.6),
        sample("no friction: run", CONSERVATIVE.colour, marker="o", linestyle="", markeredgecolor="white"),
        sample("no friction: run froze", FAILED, marker="x", linestyle="", markeredgewidth=1.8, markersize=7),
        sample(
            "with friction (flagship): run", FRICTION.colour, marker=FRICTION.marker, linestyle="", markeredgecolor="white", markersize=7
        ),
    ]
