"""The drawn force fields: every parameter within its range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mobcg.config import Config, DrawRanges
from mobcg.report.collect import Results
from mobcg.report.figures.style import FAILED, INK, MUTED, blank, styled

DOTS = 400
BINS = 40
UNITS = {"nm2": "kJ/mol/nm²", "nm": "nm", "rad2": "kJ/mol/rad²", "degree": "°", "mol": "kJ/mol"}
NOT_PARAMETERS = ("sample", "template", "index", "liquid", "seed")


@dataclass(frozen=True)
class Drawn:
    """One drawn parameter: its column, unit and the range it was drawn from (`known` is false where the range is that of the values)."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    known: bool


def draws(results: Results, config: Config) -> Figure:
    """Per template one row for each parameter, 0 the low and 1 the high end of its range; dots, or shades where there are many sets."""
    table = results.draws
    if table.empty:
        return blank("No force field has been drawn yet.")
    failed = set(results.atomistic.loc[~results.atomistic["outcome"].isin(["ok", "unknown"]), "sample"])
    groups = [(str(name), rows) for name, rows in table.groupby("template", sort=False)]
    described = [parameters(rows, ranges(config, name)) for name, rows in groups]
    if not any(described):
        return blank("draws.parquet holds no drawn parameter.")
    heights = [max(len(found), 1) for found in described]
    with styled():
        figure = Figure(figsize=(11, 0.24 * sum(heights) + 0.85 * len(groups) + 0.5), layout="constrained")
        panels = figure.subplots(len(groups), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (name, rows), found in zip(panels, groups, described, strict=True):
            _panel(axes, name, rows, found, failed)
        panels[-1].set_xlabel("position within the range (0: low end, 1: high end)")
    return figure


def _panel(axes: Axes, name: str, rows: pd.DataFrame, found: list[Drawn], failed: set[str]) -> None:
    bad = rows["sample"].isin(failed).to_numpy()
    axes.set_title(f"{name}: {len(rows)} sets" + (f", {bad.sum()} not ok (orange)" if bad.any() else ""))
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_yticks(range(len(found)), [item.label for item in found], fontsize=8)
    axes.grid(visible=False, axis="y")
    second = axes.secondary_yaxis("right")
    limits = [f"{item.low:g} to {item.high:g} {item.unit}" + ("" if item.known else " (seen)") for item in found]
    second.set_yticks(range(len(found)), limits)
    second.tick_params(labelsize=8, length=0, labelcolor=MUTED)
    second.spines["right"].set_visible(False)
    jitter = np.random.default_rng(0).uniform(-0.28, 0.28, len(rows))
    for row, item in enumerate(found):
        position = (rows[item.name].to_numpy(float) - item.low) / ((item.high - item.low) or 1.0)
        if len(rows) > DOTS:
            _strips(axes, row, position, bad)
        else:
            axes.plot(position[~bad], row + jitter[~bad], "o", color="#0072B2", alpha=0.55, markersize=3, markeredgewidth=0)
            axes.plot(position[bad], row + jitter[bad], "x", color=FAILED, markersize=4, markeredgewidth=1.1)
    axes.tick_params(axis="y", length=0, labelcolor=INK)


def _strips(axes: Axes, row: int, position: np.ndarray, bad: np.ndarray) -> None:
    """Above the number of sets in each part of the range (even drawing: mid-blue), below the share of failed runs (full orange: all)."""
    drawn, _ = np.histogram(position, bins=BINS, range=(0, 1))
    lost, _ = np.histogram(position[bad], bins=BINS, range=(0, 1))
    limit = max(2 * drawn.mean(), 1)
    axes.imshow(drawn[None, :], extent=(0, 1, row + 0.12, row - 0.42), cmap="Blues", aspect="auto", vmin=0, vmax=limit)
    share = lost / np.maximum(drawn, 1)
    axes.imshow(share[None, :], extent=(0, 1, row + 0.42, row + 0.12), cmap="Oranges", aspect="auto", vmin=0, vmax=1)


def ranges(config: Config, template: str) -> DrawRanges:
    """The ranges that hold for `template`: its own where it has any, else the campaign's."""
    for item in config.templates:
        if item.liquid == template:
            own = {key: value for key, value in item.ranges.model_dump().items() if value is not None}
            return DrawRanges(**{**config.draws.model_dump(), **own})
    return config.draws


def parameters(rows: pd.DataFrame, limits: DrawRanges) -> list[Drawn]:
    """Every drawn parameter of `rows` with the range its column's unit (and, for bond lengths, hydrogen) points to."""
    found = []
    for name in rows.columns:
        if name in NOT_PARAMETERS or not pd.api.types.is_numeric_dtype(rows[name]) or rows[name].isna().all():
            continue
        values = rows[name].to_numpy(float)
        kind = next((unit for unit in UNITS if name.endswith(f"_{unit}")), "")
        limit = _limit(name, kind, limits)
        fits = limit is not None and limit[0] - 1e-9 <= np.nanmin(values) and np.nanmax(values) <= limit[1] + 1e-9
        low, high = limit if limit is not None and fits else (float(np.nanmin(values)), float(np.nanmax(values)))
        found.append(Drawn(name, _label(name, kind), UNITS.get(kind, ""), low, high, fits))
    return found


def _limit(name: str, kind: str, limits: DrawRanges) -> tuple[float, float] | None:
    hydrogen = "H" in name.removesuffix(f"_{kind}")
    lengths = limits.bond_length_CH_nm if hydrogen else limits.bond_length_CC_nm
    by_unit = {
        "nm2": limits.bond_constant_kj_per_mol_nm2,
        "nm": lengths,
        "rad2": limits.angle_constant_kj_per_mol_rad2,
        "degree": limits.angle_degree,
        "mol": limits.torsion_kj_per_mol,
    }
    return by_unit.get(kind)


def _label(name: str, kind: str) -> str:
    endings = {"nm2": "_kj_per_mol_nm2", "nm": "_nm", "rad2": "_kj_per_mol_rad2", "degree": "_degree", "mol": "_kj_per_mol"}
    return name.removesuffix(endings.get(kind, "")).replace("_", " ")
