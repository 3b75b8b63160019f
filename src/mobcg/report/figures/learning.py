"""The training of the models: learning curves and, where written, predicted against true values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobcg.report.collect import Results
from mobcg.report.figures.style import BELOW, METHODS, MUTED, blank, decades, nothing, styled, thinned

COLOURS = {"published": METHODS["network"].colour, "flagship": METHODS["network+friction"].colour}
PARITY_DOTS = 4000
TITLES = {"published": METHODS["network"].label, "flagship": METHODS["network+friction"].label}
"""The trained models by the labels of the methods that use them."""
ERRORS = {"u_rmse_kT": ("potential", "rms error of U / kT"), "log_diffusion_rmse": ("diffusion", "rms error of ln D")}
"""Panel and axis of the errors in the flagship's learning curve."""
COLUMNS = 3


def learning(results: Results) -> Figure:
    """For each model its learning curve, loss against epoch or error against the size of the database, then its parity panels."""
    panels: list[Callable[[Axes], None]] = []
    for name, model in results.learning.items():
        if len(model.curve):
            sized = "parents" in model.curve
            panels += [partial(_size, name=name, error=error, curve=model.curve) for error in ERRORS if sized]
            panels += [] if sized else [partial(_loss, name=name, curve=model.curve)]
        if len(model.parity):
            panels += [
                partial(_parity, name=name, quantity=str(what), table=rows) for what, rows in model.parity.groupby("quantity", sort=False)
            ]
    if not panels:
        return blank("No model has been trained yet.")
    columns = min(len(panels), COLUMNS)
    rows = -(-len(panels) // columns)
    with styled():
        figure = Figure(figsize=(11, 3.4 * rows), layout="constrained")
        cells = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, draw in zip(cells, panels, strict=False):
            draw(axes)
        for axes in cells[len(panels) :]:
            axes.set_axis_off()
    return figure


def _size(axes: Axes, name: str, error: str, curve: pd.DataFrame) -> None:
    title, label = ERRORS[error]
    axes.set_title(f"{TITLES.get(name, name)}: {title}", fontsize=9)
    curve = curve[curve[error] > 0]
    if curve.empty:
        nothing(axes, "no finite error")
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(curve["parents"], curve[error], "o-", color=COLOURS.get(name, METHODS["inversion"].colour), label="held-out parents")
    if error == "log_diffusion_rmse":
        axes.plot(curve["parents"], curve["log_diffusion_noise"], color=MUTED, linestyle=(0, (4, 1.5)), label="their runs' own errors")
    axes.margins(0.1)
    decades(axes)
    axes.set_xticks(curve["parents"], [f"{parents:g}" for parents in curve["parents"]], minor=False)
    axes.set_xlabel("training parents")
    axes.set_ylabel(label)
    axes.legend(**BELOW)


def _loss(axes: Axes, name: str, curve: pd.DataFrame) -> None:
    axes.set_title(TITLES.get(name, name), fontsize=9)
    colour = COLOURS.get(name, METHODS["inversion"].colour)
    members = [rows for _, rows in curve.groupby("member")] if "member" in curve else [curve]
    for member in members if len(members) > 1 else ():
        member = thinned(member.sort_values("epoch"), 120)
        axes.plot(member["epoch"], member["train_loss"], color=MUTED, linewidth=0.6, alpha=0.45)
        axes.plot(member["epoch"], member["test_loss"], color=colour, linewidth=0.6, alpha=0.45)
    mean = thinned(curve.groupby("epoch")[["train_loss", "test_loss"]].mean().reset_index(), 200)
    axes.plot(mean["epoch"], mean["train_loss"], color=MUTED, linestyle=(0, (4, 1.5)), linewidth=1.8, label="training")
    axes.plot(mean["epoch"], mean["test_loss"], color=colour, linewidth=1.8, label="held-out parents")
    if not (curve[["train_loss", "test_loss"]] <= 0).any(axis=None):
        axes.set_yscale("log")
        decades(axes, "y")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(**BELOW)


def _parity(axes: Axes, name: str, quantity: str, table: pd.DataFrame) -> None:
    axes.set_title(f"{TITLES.get(name, name)}: {quantity.replace('_', ' ')}", fontsize=9)
    table = table[np.isfinite(table["true"]) & np.isfinite(table["predicted"])]
    if table.empty:
        nothing(axes, "no finite pair")
        return
    table = table.iloc[:: -(-len(table) // PARITY_DOTS)]
    true, predicted = table["true"].to_numpy(float), table["predicted"].to_numpy(float)
    colour = COLOURS.get(name, METHODS["inversion"].colour)
    axes.plot(true, predicted, "o", color=colour, alpha=0.5, markersize=3, markeredgewidth=0, rasterized=len(table) > 500)
    if min(true.min(), predicted.min()) > 0 and true.max() / true.min() > 20:
        axes.set_xscale("log")
        axes.set_yscale("log")
        decades(axes)
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    axes.plot(ends, ends, color=MUTED, linewidth=1)
    axes.set_xlabel("true")
    axes.set_ylabel("predicted")
