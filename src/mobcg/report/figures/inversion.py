"""How the inversions converged, and how much faster their models diffuse than the atomistic liquids."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mobcg.outcomes import Outcome
from mobcg.report.collect import Results
from mobcg.report.figures.style import BELOW, FAILED, METHODS, MUTED, TEMPLATES, blank, decades, nothing, styled
from mobcg.report.rounding import evenly, plain

HISTORIES = 150


def inversion(results: Results, tolerance: float) -> Figure:
    """Structure error against the update on the left; on the right D of the inverted model against the atomistic D."""
    if results.inversion.empty:
        return blank("No inversion has been run yet.")
    with styled():
        figure = Figure(figsize=(11, 4.3), layout="constrained")
        left, right = figure.subplots(1, 2)
        _histories(left, results, tolerance)
        _diffusion(right, results)
    return figure


def _histories(axes: Axes, results: Results, tolerance: float) -> None:
    axes.set_title("convergence of the inversion")
    started = results.inversion[results.inversion["outcome"] != Outcome.NO_PARENT]
    good = dict(zip(started["sample"], started["outcome"] == "ok", strict=True))
    drawn = {True: 0, False: 0}
    chosen = evenly(sorted(good), HISTORIES)
    for sample in chosen:
        table = results.curve("inversion", sample, "history.csv", ("update", "structure_error"))
        if table is None:
            continue
        ok = bool(good[sample])
        label = None if drawn[ok] else ("converged" if ok else "not converged or failed")
        drawn[ok] += 1
        good_look: dict[str, Any] = {"color": METHODS["inversion"].colour, "linewidth": 0.9}
        bad_look: dict[str, Any] = {"color": FAILED, "linewidth": 1.1, "linestyle": (0, (3, 1.5))}
        look = good_look if ok else bad_look
        axes.plot(table["update"], table["structure_error"], alpha=0.6, label=label, **look)
    if not sum(drawn.values()):
        nothing(axes, "no history.csv to draw")
        return
    axes.axhline(tolerance, color=MUTED, linewidth=1, linestyle=":", label=f"goal {tolerance:g}")
    axes.set_yscale("log")
    decades(axes, "y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("update")
    axes.set_ylabel("structure error S")
    axes.legend(**BELOW, title=f"{len(chosen)} of {len(good)} chosen evenly" if len(good) > len(chosen) else None)


def _diffusion(axes: Axes, results: Results) -> None:
    axes.set_title("diffusion of the inverted models")
    both = results.inverted
    both = both[both["acceleration"] > 0]
    if both.empty:
        nothing(axes, "no pair of atomistic and inverted D")
        return
    atomistic = both["diffusion_nm2_per_ns"].fillna(both["cg_diffusion_AA_nm2_per_ns"]).to_numpy(float)
    coarse = both["cg_diffusion_nm2_per_ns"].to_numpy(float)
    group = both["template"].where(both["template"] != "", "real force fields").to_numpy(str)
    many = len(both) > 500
    for name, colour, marker in zip(sorted(set(group)), TEMPLATES, "os^DvPXh", strict=False):
        chosen = group == name
        axes.errorbar(
            atomistic[chosen],
            coarse[chosen],
            xerr=None if many else both["diffusion_error_nm2_per_ns"].to_numpy(float)[chosen],
            yerr=None if many else both["cg_diffusion_error_nm2_per_ns"].to_numpy(float)[chosen],
            fmt=marker,
            color=colour,
            markersize=2 if many else 5,
            elinewidth=0.8,
            alpha=0.35 if many else 0.85,
            linestyle="none",
            label=name,
            rasterized=many,
        )
    loose = (both["cg_outcome"] != "ok").to_numpy()
    if loose.any():
        rings: dict[str, Any] = {"markersize": 4 if many else 9, "markerfacecolor": "none", "markeredgecolor": FAILED}
        axes.plot(atomistic[loose], coarse[loose], "o", label="not converged", rasterized=many, **rings)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ends = np.array([atomistic.min() * 0.7, atomistic.max() * 1.4])
    axes.set_xlim(*ends)
    axes.set_ylim(min(coarse.min(), atomistic.min()) * 0.7, coarse.max() * 2)
    top = axes.get_ylim()[1]
    for factor in (1, 3, 10, 30):
        axes.plot(ends, factor * ends, color=MUTED, linewidth=1.1 if factor == 1 else 0.7, linestyle="-" if factor == 1 else ":", zorder=0)
        x = min(ends[1] * 0.93, top / factor * 0.85)
        if ends[0] * 1.3 < x:
            axes.text(x, factor * x, f"{factor} : 1", fontsize=8.5, color=MUTED, ha="right", va="bottom")
    decades(axes)
    axes.set_xlabel("atomistic D / nm² ns$^{-1}$")
    axes.set_ylabel("D of the inverted model / nm² ns$^{-1}$")
    converged = both.loc[~loose, "acceleration"]
    title = f"median ratio {plain(float(converged.median()), 2)} ({len(converged)} converged)" if len(converged) else "none converged"
    axes.legend(loc="lower right", title=title, fontsize=8.5)
