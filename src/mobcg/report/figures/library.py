"""The mobility library: what was drawn, how the runs ended, and the slowing by friction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobcg.report.collect import Results
from mobcg.report.figures.style import FAILED, METHODS, MUTED, TEMPLATES, blank, decades, nothing, styled

BLUE = METHODS["inversion"].colour
DOTS = 3000


def library(results: Results) -> Figure:
    """Histograms of mass, reduced friction and reduced diffusion, outcomes, and D* against gamma*."""
    table = results.database
    if table.empty:
        return blank("The library's database is not there yet.")
    good = table[table["outcome"] == "ok"]
    with styled():
        figure = Figure(figsize=(11, 6.4), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        _histogram(panels[0], table["mass_Da"], "mass / Da", "bead mass")
        frictionless = int((table["friction_per_ps"] == 0).sum())
        friction = table.loc[table["friction_reduced"] > 0, "friction_reduced"]
        note = f"and {frictionless:,} runs without friction"
        _histogram(panels[1], friction, "reduced friction $\\gamma$*", "friction", logarithmic=True, note=note)
        _histogram(panels[2], good["diffusion_reduced"], "reduced diffusion D*", "diffusion", logarithmic=True)
        _outcomes(panels[3], table)
        _slowing(panels[4], good)
        _scale(panels[5], good)
    return figure


def _histogram(axes: Axes, values: pd.Series, label: str, title: str, *, logarithmic: bool = False, note: str = "") -> None:
    axes.set_title(title)
    usable = values[np.isfinite(values) & ((values > 0) | (not logarithmic))].to_numpy(float)
    if not len(usable):
        nothing(axes, f"no {title} to show")
        return
    count = int(np.clip(np.sqrt(len(usable)), 8, 40))
    spread = usable.min() < usable.max()
    edges = np.geomspace(usable.min(), usable.max(), count + 1).tolist() if logarithmic and spread else count
    axes.hist(usable, bins=edges, color=BLUE, alpha=0.85, edgecolor="white", linewidth=0.5)
    if logarithmic:
        axes.set_xscale("log")
        decades(axes, "x")
    if note:
        axes.text(0.98, 1.01, note, transform=axes.transAxes, ha="right", va="bottom", fontsize=8, color=MUTED)
    axes.set_xlabel(label)
    axes.set_ylabel("runs")


def _outcomes(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("outcomes")
    counts = table["outcome"].value_counts()
    if len(counts) == 1:
        nothing(axes, f"all {len(table):,} runs: {counts.index[0]}")
        return
    colours = [BLUE if name == "ok" else FAILED for name in counts.index]
    axes.barh(range(len(counts)), counts.to_numpy(), color=colours, alpha=0.85)
    axes.set_yticks(range(len(counts)), list(counts.index))
    for row, count in enumerate(counts):
        axes.text(count, row, f" {count:,}", va="center", fontsize=8.5)
    axes.invert_yaxis()
    axes.set_xlim(0, counts.max() * 1.2)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("runs")


def _slowing(axes: Axes, good: pd.DataFrame) -> None:
    axes.set_title("friction slows diffusion")
    usable = good[(good["friction_reduced"] > 0) & (good["diffusion_reduced"] > 0)]
    if usable.empty:
        nothing(axes, "no run with friction")
        return
    _cloud(axes, usable["friction_reduced"], usable["diffusion_reduced"])
    ends = np.array([usable["friction_reduced"].min(), usable["friction_reduced"].max()])
    axes.plot(ends, 1 / ends, color=MUTED, linewidth=1, linestyle=":", label="1/$\\gamma$*: a free bead")
    axes.set_xscale("log")
    axes.set_yscale("log")
    decades(axes)
    axes.set_xlabel("reduced friction $\\gamma$*")
    axes.set_ylabel("reduced diffusion D*")
    axes.legend(loc="lower left", fontsize=8)


def _scale(axes: Axes, good: pd.DataFrame) -> None:
    axes.set_title("potential strength, no friction")
    usable = good[(good["friction_per_ps"] == 0) & (good["diffusion_reduced"] > 0) & np.isfinite(good["scale"])]
    if usable.empty:
        nothing(axes, "no scaled potential without friction")
        return
    _cloud(axes, usable["scale"], usable["diffusion_reduced"], groups=usable["template"])
    axes.set_yscale("log")
    decades(axes, "y")
    axes.set_xlabel("scale of the potential")
    axes.set_ylabel("reduced diffusion D*")


def _cloud(axes: Axes, x: pd.Series, y: pd.Series, groups: pd.Series | None = None) -> None:
    many = len(x) > DOTS
    names = sorted(set(groups)) if groups is not None else [""]
    for name, colour in zip(names, TEMPLATES, strict=False):
        chosen = (groups == name).to_numpy() if groups is not None else np.ones(len(x), bool)
        look: dict[str, Any] = {"alpha": 0.15, "markersize": 2} if many else {"alpha": 0.55, "markersize": 3}
        points = x.to_numpy()[chosen], y.to_numpy()[chosen]
        axes.plot(*points, "o", color=colour, markeredgewidth=0, rasterized=len(x) > 500, label=name or None, **look)
    if len(names) > 1:
        axes.legend(fontsize=7.5, loc="best", handletextpad=0.2)
