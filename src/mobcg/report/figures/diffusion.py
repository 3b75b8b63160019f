"""How the samples' diffusion is distributed: atomistic, of the inverted models, and the ratio of both."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mobcg.report.collect import Results
from mobcg.report.figures.style import INK, METHODS, blank, decades, nothing, styled
from mobcg.report.rounding import plain

PANELS = (
    ("atomistic liquids", "D$_{AA}$ / nm² ns$^{-1}$", "#7A7A7A"),
    ("inverted models", "D$_{CG}$ / nm² ns$^{-1}$", METHODS["inversion"].colour),
    ("ratio", "D$_{CG}$ / D$_{AA}$", METHODS["mass-scaled"].colour),
)


def diffusion(results: Results) -> Figure:
    """Three histograms over the samples: atomistic D, D of the inverted models (converged or not), and their ratio, medians as lines."""
    samples = results.samples
    atomistic = samples.loc[samples["outcome"] == "ok", "diffusion_nm2_per_ns"].to_numpy(float)
    inverted = results.inverted
    coarse, ratio = inverted["cg_diffusion_nm2_per_ns"].to_numpy(float), inverted["acceleration"].to_numpy(float)
    if not (np.isfinite(atomistic).any() or np.isfinite(coarse).any()):
        return blank("No diffusion coefficient has been measured yet.")
    with styled():
        figure = Figure(figsize=(11, 3.2), layout="constrained")
        panels = figure.subplots(1, 3)
        both = np.concatenate([atomistic, coarse])
        both = both[np.isfinite(both) & (both > 0)]
        for axes, values, (title, label, colour) in zip(panels, (atomistic, coarse, ratio), PANELS, strict=True):
            _histogram(axes, values, title, label, colour)
        for axes in panels[:2]:
            if axes.axison:
                axes.set_xlim(both.min() / 1.2, both.max() * 1.2)
                decades(axes, "x")
    return figure


def _histogram(axes: Axes, values: np.ndarray, title: str, label: str, colour: str) -> None:
    usable = values[np.isfinite(values) & (values > 0)]
    axes.set_title(f"{title} ({len(usable):,})")
    if not len(usable):
        nothing(axes, f"no D of {title}")
        return
    count = int(np.clip(np.sqrt(len(usable)), 8, 40))
    low, high = usable.min(), max(usable.max(), 1.05 * usable.min())
    axes.hist(usable, bins=np.geomspace(low, high, count + 1).tolist(), color=colour, alpha=0.85, edgecolor="white", linewidth=0.5)
    median = float(np.median(usable))
    axes.axvline(median, color=INK, linewidth=1, linestyle=(0, (4, 1.5)))
    axes.text(0.98, 1.01, f"median {plain(median)}", transform=axes.transAxes, ha="right", va="bottom", fontsize=8.5)
    axes.set_xscale("log")
    decades(axes, "x")
    axes.set_xlabel(label)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("samples")
