"""g(r) of atomistic liquids and of their inverted models, and the inverted potentials."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from mobcg.report.collect import Results
from mobcg.report.figures.style import METHODS, MUTED, blank, decades, styled, thinned
from mobcg.report.rounding import evenly, plain

PANELS = 24
POTENTIALS = 150
COLUMNS = 4
FARTHEST_NM = 1.6


def shown_samples(results: Results, limit: int = PANELS) -> list[str]:
    """The samples of the g(r) panels: all that ran well or, beyond `limit`, an even choice among them."""
    good = results.atomistic.loc[results.atomistic["outcome"] == "ok", "sample"]
    return evenly(sorted(good), limit)


def rdf(results: Results) -> Figure:
    """Small multiples of g(r): atomistic with its error band against inversion."""
    names = shown_samples(results)
    if not names:
        return blank("No atomistic run has ended well yet.")
    rows = -(-len(names) // COLUMNS)
    columns = min(COLUMNS, len(names))
    errors = results.inversion.set_index("sample")["structure_error"]
    with styled():
        figure = Figure(figsize=(max(2.75 * columns, 5), 1.95 * rows + 0.5), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, name in zip(panels, names, strict=False):
            _overlay(axes, results, name)
            error = errors.get(name, np.nan)
            axes.set_title(name, fontsize=8)
            if np.isfinite(error):
                axes.text(0.97, 0.06, f"S = {plain(error, 2)}", transform=axes.transAxes, ha="right", fontsize=8, color=MUTED)
        _label_lowest(panels, len(names), columns)
        panels[0].set_xlim(0.25, FARTHEST_NM)
        panels[0].set_ylim(bottom=0)
        figure.supxlabel("r / nm", fontsize=9.5)
        figure.supylabel("g(r)", fontsize=9.5)
        handles = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
        figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=3)
    return figure


def _overlay(axes: Axes, results: Results, name: str) -> None:
    for stage, method in (("atomistic", "atomistic"), ("inversion", "inversion")):
        table = results.curve(stage, name, "rdf.csv", ("r_nm", "g"))
        if table is None:
            note = "no inverted model" if stage == "inversion" else "no g(r)"
            axes.text(0.97, 0.17, note, transform=axes.transAxes, ha="right", fontsize=8, color=MUTED)
            continue
        table = thinned(table[table["r_nm"] <= FARTHEST_NM], 200)
        look = METHODS[method]
        width = 2.2 if stage == "atomistic" else 1.2
        axes.plot(table["r_nm"], table["g"], color=look.colour, linestyle=look.dash, linewidth=width, label=look.label)
        if "g_err" in table:
            band = table["g_err"].fillna(0)
            axes.fill_between(table["r_nm"], table["g"] - band, table["g"] + band, color=look.colour, alpha=0.2, linewidth=0)


def potentials(results: Results) -> Figure:
    """Inverted potentials, one panel per template, coloured by the atomistic diffusion; dashed where the inversion did not converge."""
    good = results.inverted
    if good.empty:
        return blank("No inversion has given a potential yet.")
    good = good[good["sample"].isin(evenly(list(good["sample"]), POTENTIALS))]
    group = good["template"].where(good["template"] != "", "real force fields")
    groups = sorted(group.unique(), key=lambda name: (name == "real force fields", name))
    diffusion = good["diffusion_nm2_per_ns"].fillna(good["cg_diffusion_AA_nm2_per_ns"])
    norm = _norm(diffusion.to_numpy(float))
    colours = ScalarMappable(norm, "viridis_r")
    columns = min(len(groups), 4)
    rows = -(-len(groups) // columns)
    lowest = 0.0
    with styled():
        figure = Figure(figsize=(11, 3.1 * rows + 0.3), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes, name in zip(panels, groups, strict=False):
            chosen = good[group == name]
            for sample, value, outcome in zip(chosen["sample"], diffusion[chosen.index], chosen["cg_outcome"], strict=True):
                table = results.curve("inversion", sample, "potential.csv", ("r_nm", "u_kj_per_mol"))
                if table is None:
                    continue
                table = thinned(table[table["u_kj_per_mol"] < 12], 220)
                lowest = min(lowest, table["u_kj_per_mol"].min())
                dash = "-" if outcome == "ok" else (0, (3, 1.5))
                colour = colours.to_rgba(value) if np.isfinite(value) and value > 0 else MUTED
                axes.plot(table["r_nm"], table["u_kj_per_mol"], color=colour, linestyle=dash, linewidth=0.9, alpha=0.85)
            axes.set_title(f"{name} ({len(chosen)})")
            axes.axhline(0, color=MUTED, linewidth=0.7)
            axes.set_xlabel("r / nm")
        _label_lowest(panels, len(groups), columns)
        panels[0].set_ylim(1.15 * lowest - 0.1, 6)
        for row in range(rows):
            panels[row * columns].set_ylabel("U(r) / kJ mol$^{-1}$")
        bar = figure.colorbar(colours, ax=list(panels), pad=0.01, aspect=30)
        decades(bar.ax, "y")
        bar.set_label("atomistic D / nm² ns$^{-1}$")
        bar.outline.set_visible(False)
    return figure


def _label_lowest(panels: np.ndarray, used: int, columns: int) -> None:
    """Hide the panels beyond `used`; the lowest panel of each column shows its numbers."""
    for axes in panels[used:]:
        axes.set_axis_off()
    for axes in panels[max(used - columns, 0) : used]:
        axes.tick_params(labelbottom=True)


def _norm(values: np.ndarray) -> Normalize:
    usable = values[np.isfinite(values) & (values > 0)]
    if not len(usable) or usable.min() == usable.max():
        return LogNorm(0.1, 10)
    return LogNorm(usable.min(), usable.max())
