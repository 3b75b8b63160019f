"""One look for every figure: colours that colour-blind readers can tell apart (Okabe and Ito), the same for a method everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#6b7785"
GRID = "#e3e7eb"
FAILED = "#D55E00"


@dataclass(frozen=True)
class Mark:
    """How one method is drawn, and what the legend calls it; colours are those of Okabe and Ito."""

    label: str
    colour: str
    marker: str
    dash: str | tuple[int, tuple[float, ...]]


METHODS = {
    "atomistic": Mark("atomistic", "#000000", "*", "-"),
    "direct": Mark("potential of mean force", "#56B4E9", "v", (0, (1.2, 1.2))),
    "inversion": Mark("inversion", "#0072B2", "o", (0, (4, 1.5))),
    "inversion+pressure": Mark("inversion with pressure", "#0072B2", "P", (0, (1.2, 1.2))),
    "mass-scaled": Mark("inversion, mass-scaled", "#E69F00", "s", (0, (1.2, 1.2))),
    "inversion+langevin": Mark("inversion + Langevin friction", "#D55E00", "<", (0, (4, 1.5))),
    "inversion+dpd": Mark("inversion + DPD friction", "#D55E00", ">", (0, (1.2, 1.2))),
    "network": Mark("network (published kind)", "#CC79A7", "^", (0, (6, 1.5, 1.5, 1.5))),
    "conservative": Mark("conservative (flagship)", "#CC79A7", "X", (0, (1.2, 1.2))),
    "network+friction": Mark("potential + friction (flagship)", "#009E73", "D", "-"),
    "refined": Mark("flagship, refined", "#009E73", "h", (0, (4, 1.5))),
}
"""Methods of one family share a colour and differ in marker and dash."""

FURTHER = (("#56B4E9", "v"), ("#D55E00", "P"), ("#8C6D31", "X"), ("#7A7A7A", "h"))
BELOW: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, -0.16), "ncols": 3, "borderaxespad": 0, "fontsize": 8.5}
"""A legend below the panel, where it covers no curve."""

TEMPLATES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6D31", "#7A7A7A")

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.5,
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "svg.fonttype": "path",
    "svg.hashsalt": "mobcg",
    "path.simplify_threshold": 0.2,
}


@contextmanager
def styled() -> Iterator[None]:
    """The report's matplotlib settings within the block."""
    with mpl.rc_context(SETTINGS):  # type: ignore[arg-type]
        yield


def mark(method: str) -> Mark:
    """The look of `method`; unknown methods get one of four further looks, always the same for the same name."""
    if method in METHODS:
        return METHODS[method]
    colour, marker = FURTHER[sum(map(ord, method)) % len(FURTHER)]
    return Mark(method, colour, marker, (0, (3, 1)))


def in_order(methods: list[str]) -> list[str]:
    """`methods` without repeats: the known ones in their order, then the others."""
    known = [name for name in METHODS if name in methods]
    return known + sorted(set(methods) - set(known))


def blank(reason: str) -> Figure:
    """A figure that says why there is nothing to draw."""
    figure = Figure(figsize=(8, 1.6))
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", va="center", color=MUTED, fontsize=11)
    return figure


def nothing(axes: Axes, reason: str) -> None:
    """Say within a panel why it is empty."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, reason, ha="center", va="center", color=MUTED, transform=axes.transAxes)


def thinned(table: pd.DataFrame, limit: int = 300, *, logarithmic: bool = False) -> pd.DataFrame:
    """At most about `limit` rows of a curve, evenly or logarithmically spaced, so that the page stays light."""
    if len(table) <= limit:
        return table
    last = len(table) - 1
    rows = np.geomspace(1, last, limit) if logarithmic else np.linspace(0, last, limit)
    return table.iloc[np.unique(np.rint(rows).astype(int))]


def decades(axes: Axes, direction: str = "both") -> None:
    """Logarithmic axes with plain numbers (0.1, 1, 10) while the range is small."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    chosen = [axes.xaxis] if direction == "x" else [axes.yaxis] if direction == "y" else [axes.xaxis, axes.yaxis]
    for axis in chosen:
        low, high = sorted(axis.get_view_interval())
        narrow = low > 0 and high / low < 60
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=12))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
