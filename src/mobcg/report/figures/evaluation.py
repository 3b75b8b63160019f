"""Every method on every evaluation liquid: structure and mobility together, and the curves behind the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobcg.report.collect import Results
from mobcg.report.figures.style import INK, METHODS, MUTED, blank, decades, in_order, mark, nothing, styled, thinned
from mobcg.report.pareto import front_of_medians

FLOOR = 3e-5
FARTHEST_NM = 1.6
FRONT = "Pareto front of the medians"
LEGEND_COLUMNS = 4
"""Of a figure 11 inches wide."""


def evaluation(results: Results) -> Figure:
    """Left the plane of structure error S and mobility error M, right D_CG/D_AA of every method and liquid."""
    table = usable(results.evaluation)
    if table.empty:
        return blank("No method has been evaluated yet.")
    with styled():
        rows = table["liquid"].nunique() * (0.1 + 0.08 * table["method"].nunique())
        figure = Figure(figsize=(11, max(4.6, rows + 1.6)), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        plane(left, table)
        ratios(right, table)
        handles, labels = right.get_legend_handles_labels()
        lines = [line for line in left.lines if line.get_label() == FRONT]
        figure.legend([*handles, *lines], [*labels, *(FRONT for _ in lines)], loc="outside lower center", ncols=LEGEND_COLUMNS)
    return figure


def usable(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that have something to draw."""
    return table.loc[(table["outcome"] == "ok") & (table["structure_error"].notna() | table["diffusion_nm2_per_ns"].notna())]


def in_plane(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with both errors."""
    finite: pd.DataFrame = table.loc[np.isfinite(table[["structure_error", "mobility_error"]].to_numpy(float)).all(axis=1)]
    return finite


def with_ratio(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with a D_CG/D_AA."""
    return table.loc[(table["diffusion_nm2_per_ns"] > 0) & (table["diffusion_AA_nm2_per_ns"] > 0)]


def plane(axes: Axes, table: pd.DataFrame) -> None:
    """S against M on logarithmic axes, one point per liquid, with lines of equal S + M and the Pareto front of the methods' medians."""
    axes.set_title("structure and mobility together")
    table = in_plane(table)
    for method in in_order(list(table["method"])):
        rows = table[table["method"] == method]
        look = mark(method)
        s, m = rows["structure_error"].clip(lower=FLOOR), rows["mobility_error"].clip(lower=FLOOR)
        axes.errorbar(
            m, s, xerr=_bars(m, rows["mobility_error_err"]), yerr=_bars(s, rows["structure_error_err"]), fmt=look.marker, color=look.colour,
            markersize=6.5, markeredgecolor="white", markeredgewidth=0.6, elinewidth=0.8, alpha=0.95, label=look.label,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    low, high = axes.get_xlim(), axes.get_ylim()
    for total in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0):
        structure = np.geomspace(high[0], min(total * 0.9999, high[1]), 200) if total > high[0] else np.empty(0)
        mobility = total - structure
        inside = (mobility >= low[0]) & (mobility <= low[1])
        if inside.sum() > 1:
            axes.plot(mobility[inside], structure[inside], color=MUTED, linewidth=0.7, linestyle=":", zorder=0)
            axes.text(
                mobility[inside][0], high[0], f" {total:g}", fontsize=7.5, color=MUTED, rotation=90, va="bottom", ha="right", zorder=0
            )
    front_m, front_s = front_of_medians(table, FLOOR)
    if table["method"].nunique() > 1:
        corners = [front_m[0], *front_m, low[1]], [high[1], *front_s, front_s[-1]]
        axes.step(*corners, where="post", color=INK, linewidth=1.1, zorder=1, label=FRONT)
    axes.set_xlim(low)
    axes.set_ylim(high)
    axes.grid(visible=False)
    decades(axes)
    axes.set_xlabel("mobility error M = |ln(D$_{CG}$/D$_{AA}$)|     (dotted: equal S + M)")
    axes.set_ylabel("structure error S = 1 - R² of g(r)")


def ratios(axes: Axes, table: pd.DataFrame) -> None:
    """D_CG/D_AA with error bars, one row per liquid, the line at 1 being the goal."""
    axes.set_title("diffusion against the atomistic liquid")
    liquids = list(dict.fromkeys(table["liquid"]))
    methods = in_order(list(table["method"]))
    for position, method in enumerate(methods):
        rows = with_ratio(table[table["method"] == method])
        ratio = rows["diffusion_nm2_per_ns"] / rows["diffusion_AA_nm2_per_ns"]
        relative = np.hypot(
            rows["diffusion_error_nm2_per_ns"].fillna(0) / rows["diffusion_nm2_per_ns"],
            rows["diffusion_AA_error_nm2_per_ns"].fillna(0) / rows["diffusion_AA_nm2_per_ns"],
        )
        offset = 0.75 * ((position + 0.5) / len(methods) - 0.5)
        look = mark(method)
        height = [liquids.index(liquid) + offset for liquid in rows["liquid"]]
        axes.errorbar(
            ratio, height, xerr=_bars(ratio, ratio * relative), fmt=look.marker, color=look.colour, markersize=5.5,
            markeredgecolor="white", markeredgewidth=0.6, elinewidth=1, label=look.label,
        )  # fmt: skip
    axes.axvline(1, color=INK, linewidth=1)
    for row in range(1, len(liquids)):
        axes.axhline(row - 0.5, color="#e3e7eb", linewidth=0.8)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.7), max(high, 1.5))
    axes.set_ylim(len(liquids) - 0.5, -0.5)
    axes.set_yticks(range(len(liquids)), liquids)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    decades(axes, "x")
    axes.set_xlabel("D$_{CG}$ / D$_{AA}$")


def _bars(values: pd.Series, errors: pd.Series) -> np.ndarray:
    """Error bars that stay positive on a logarithmic axis."""
    up = errors.fillna(0).clip(lower=0).to_numpy(float)
    return np.array([np.minimum(up, 0.9 * values.to_numpy(float)), up])


def liquid_curves(results: Results, liquid: str) -> Figure:
    """g(r), potential and mean-squared displacement of one liquid, every method over the atomistic target; the velocity autocorrelation
    where it was measured.
    """
    curves = results.evaluation_curves.get(liquid, {})
    if not any(len(table) for table in curves.values()):
        return blank(f"No curve of {liquid} is there.")
    with styled():
        velocities = curves.get("vacf.csv", pd.DataFrame())
        figure = Figure(figsize=(11, 3.5 if velocities.empty else 6.4), layout="constrained")
        panels = figure.subplots(1, 3) if velocities.empty else figure.subplots(2, 2).ravel()
        structure, potential, motion = panels[:3]
        if not velocities.empty:
            _velocities(panels[3], velocities)
        structure_overlay(structure, curves.get("rdf.csv", pd.DataFrame()))
        _potentials(potential, curves.get("potential.csv", pd.DataFrame()))
        _motion(motion, curves.get("msd.csv", pd.DataFrame()))
        entries = [axes.get_legend_handles_labels() for axes in (motion, potential, structure)]
        handles = {label: line for lines, labels in entries for line, label in zip(lines, labels, strict=True)}
        figure.legend(*sorted_handles(handles), loc="outside lower center", ncols=LEGEND_COLUMNS)
    return figure


def sorted_handles(handles: dict[str, Artist]) -> tuple[list[Artist], list[str]]:
    """Legend entries in the methods' own order."""
    order = [look.label for look in METHODS.values() if look.label in handles]
    order += [label for label in handles if label not in order]
    return [handles[label] for label in order], order


def structure_overlay(axes: Axes, table: pd.DataFrame) -> None:
    """g(r) of every method over the atomistic one, with their error bands."""
    axes.set_title("structure")
    if table.empty:
        nothing(axes, "no rdf.csv")
        return
    for method in bottom_up(list(table["method"])):
        rows = thinned(table[(table["method"] == method) & (table["r_nm"] <= FARTHEST_NM)], 220)
        look = mark(method)
        axes.plot(rows["r_nm"], rows["g"], **_line(method))
        if "g_err" in rows:
            band = rows["g_err"].fillna(0)
            axes.fill_between(rows["r_nm"], rows["g"] - band, rows["g"] + band, color=look.colour, alpha=0.2, linewidth=0)
    axes.set_xlim(0.25, min(FARTHEST_NM, table["r_nm"].max()))
    axes.set_ylim(bottom=0)
    axes.set_xlabel("r / nm")
    axes.set_ylabel("g(r)")


def _line(method: str) -> dict[str, Any]:
    look = mark(method)
    return {"color": look.colour, "linestyle": look.dash, "linewidth": 2.4 if method == "atomistic" else 1.3, "label": look.label}


def bottom_up(methods: list[str]) -> list[str]:
    """The order of drawing: the wide target first, then full lines, dashed ones on top, so that curves that coincide all show."""
    ordered = in_order(methods)
    return [name for name in ordered if name == "atomistic"] + [name for name in reversed(ordered) if name != "atomistic"]


def _potentials(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("potential")
    if table.empty:
        nothing(axes, "no potential.csv")
        return
    for method in bottom_up(list(table["method"])):
        rows = thinned(table[(table["method"] == method) & (table["u_kj_per_mol"] < 15)], 250)
        axes.plot(rows["r_nm"], rows["u_kj_per_mol"], **_line(method))
        if "u_err_kj_per_mol" in rows and rows["u_err_kj_per_mol"].notna().any():
            low, high = rows["u_kj_per_mol"] - rows["u_err_kj_per_mol"], rows["u_kj_per_mol"] + rows["u_err_kj_per_mol"]
            axes.fill_between(rows["r_nm"], low, high, color=mark(method).colour, alpha=0.2, linewidth=0)
    lowest = min(table["u_kj_per_mol"].min(), -0.5)
    axes.axhline(0, color=MUTED, linewidth=0.7)
    axes.set_ylim(1.2 * lowest, max(3.0, -1.6 * lowest))
    axes.set_xlabel("r / nm")
    axes.set_ylabel("U(r) / kJ mol$^{-1}$")


def _velocities(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("velocity autocorrelation")
    for method in bottom_up(list(table["method"])):
        rows = thinned(table[table["method"] == method].sort_values("time_ps"), 200)
        axes.plot(rows["time_ps"], rows["vacf_nm2_per_ps2"], **_line(method))
    axes.axhline(0, color=MUTED, linewidth=0.7)
    axes.set_xlim(0, min(2.0, table["time_ps"].max()))
    axes.set_xlabel("time / ps")
    axes.set_ylabel("<v(0)·v(t)> / nm² ps⁻²")


def _motion(axes: Axes, table: pd.DataFrame) -> None:
    axes.set_title("mean-squared displacement")
    table = table[(table["time_ps"] > 0) & (table["msd_nm2"] > 0)] if len(table) else table
    if table.empty:
        nothing(axes, "no msd.csv")
        return
    for method in bottom_up(list(table["method"])):
        rows = thinned(table[table["method"] == method].sort_values("time_ps"), 80, logarithmic=True)
        axes.plot(rows["time_ps"], rows["msd_nm2"], **_line(method))
    axes.set_xscale("log")
    axes.set_yscale("log")
    decades(axes)
    axes.set_xlabel("time / ps")
    axes.set_ylabel("MSD / nm²")
