"""The database's coverage: where real liquids lie among the library's runs, in structure and in diffusion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from mobcg.database.store import Database
from mobcg.evaluation.reference import Reference
from mobcg.files import temporary_name
from mobcg.learning.dataset import rows_of
from mobcg.learning.flagship import USUAL_PRESSURE_BAR, FlagshipModel
from mobcg.learning.flagship_fit import reduced_g
from mobcg.learning.mobility import friction_feature, log_diffusion
from mobcg.outcomes import Outcome
from mobcg.report.figures.style import FAILED, INK, MUTED, blank, decades, styled
from mobcg.units import ReducedUnits

Array = npt.NDArray[np.float64]

SCORES = ("score_1", "score_2", "score_3", "score_4")
"""Scores of g(x) on the first principal components, in units of their standard deviations over the training runs."""

COLOURS = "viridis"
FRAME = (0.015, 0.995)
"""Quantiles of the runs' scores where a panel ends."""

APART_POINTS = 13.0
"""Least distance between two numbers in a panel."""


def library_places(model: FlagshipModel, database: Database) -> pd.DataFrame:
    """One row a run that the model can read: `SCORES`, frictionless_diffusion, reduced_diffusion, reduced_friction, outcome.

    Crystals have no g: they take the place of the ok run whose potential is most like theirs (see `most_alike`); their D* is nan.
    """
    rows = rows_of(database)
    rows = rows.take(rows.reaching(model.settings.x_max, reduced=True))
    g = reduced_g(rows, model.grid)
    table = _places(model, g, rows.reduced_pressure) | {
        "reduced_diffusion": rows.reduced_diffusion,
        "reduced_friction": rows.reduced_friction,
        "outcome": Outcome.OK.value,
    }
    found = pd.DataFrame(table)
    frozen = database.frame[database.frame["outcome"] == Outcome.CRYSTAL.value]
    if len(frozen) == 0:
        return found
    x = model.wells.x
    fluids = database.frame.set_index("run_id", drop=False).loc[rows.run_id]
    alike = most_alike(x, boltzmann_factors(x, frozen, database.r_nm), boltzmann_factors(x, fluids, database.r_nm))
    places = found.iloc[alike].assign(reduced_diffusion=np.nan, outcome=Outcome.CRYSTAL.value)
    return pd.concat([found, places], ignore_index=True)


def liquid_places(model: FlagshipModel, liquids: Sequence[Reference], pressure_bar: float = USUAL_PRESSURE_BAR) -> pd.DataFrame:
    """One row a liquid: name, `SCORES`, frictionless_diffusion, reduced_diffusion, domain_distance (1: the domain's edge), in_domain."""
    found = []
    for liquid in liquids:
        units = ReducedUnits(liquid.mass_Da, liquid.temperature_K, liquid.density_per_nm3)
        prediction = model.predict(
            liquid.mass_Da,
            liquid.rdf.r_nm,
            liquid.rdf.g,
            liquid.diffusion.value,
            liquid.density_per_nm3,
            liquid.temperature_K,
            pressure_bar,
        )
        seen = model.read(liquid.rdf.r_nm / units.length_nm, liquid.rdf.g)
        place = {name: float(values[0]) for name, values in _places(model, seen.g, np.array([pressure_bar / units.pressure_bar])).items()}
        found.append(
            {"name": liquid.liquid}
            | place
            | {
                "reduced_diffusion": liquid.diffusion.value / units.diffusion_nm2_per_ns,
                "domain_distance": prediction.domain_distance,
                "in_domain": prediction.in_domain,
            }
        )
    return pd.DataFrame(found, columns=["name", *SCORES, "frictionless_diffusion", "reduced_diffusion", "domain_distance", "in_domain"])


def boltzmann_factors(x: Array, runs: pd.DataFrame, r_nm: Array) -> Array:
    """Exp(-U/kT) of each of the database's `runs`, U known on r_nm, at the reduced distances x: (runs, points); 1 beyond the cutoff."""
    factors = []
    for run in runs.to_dict("records"):
        units = ReducedUnits(run["mass_Da"], run["temperature_K"], run["density_per_nm3"])
        r = x * units.length_nm
        u = np.interp(r, r_nm, np.asarray(run["u_kj_per_mol"], dtype=float), right=0.0) / units.energy_kj_per_mol
        factors.append(np.exp(-np.where(r < run["cutoff_nm"], u, 0.0)))
    return np.array(factors)


def most_alike(x: Array, wanted: Array, among: Array) -> npt.NDArray[np.intp]:
    """For each curve of `wanted` the row of `among` nearest to it: least integral of (e1 - e2)2 x2 dx, e the Boltzmann factors."""
    return np.array([np.argmin(((among - curve) ** 2 * x**2).sum(axis=1)) for curve in wanted], dtype=np.intp)


def _places(model: FlagshipModel, g: Array, reduced_pressure: Array) -> dict[str, Array]:
    """Scores, and the D* that the structure would have without friction, as the model expects it."""
    scores = model.space.see(g).scores
    features = np.column_stack([model.features(scores, reduced_pressure), np.repeat(friction_feature(np.zeros(1)), len(g))])
    free = np.exp(log_diffusion(model.mobility.predict(features)[:, 0], np.zeros(len(g))))
    standard = model.space.features(scores)
    shown = {name: standard[:, number] if number < standard.shape[1] else np.zeros(len(g)) for number, name in enumerate(SCORES)}
    return shown | {"frictionless_diffusion": free}


def coverage_figure(library: pd.DataFrame, liquids: pd.DataFrame) -> Figure:
    """Four panels: g's components 1 and 2, and 3 and 4, coloured by D*; D* against that without friction; domain distances."""
    if library.empty or liquids.empty:
        return blank("A coverage needs runs and at least one liquid.")
    known = library[library["outcome"] == Outcome.OK.value]
    norm = LogNorm(*np.quantile(known["reduced_diffusion"], [0.005, 0.995]))
    with styled():
        figure = Figure(figsize=(10, 7.4), layout="constrained")
        (first, second), (mobility, distance) = figure.subplots(2, 2)
        first.set_title("structure: components 1 and 2 of g")
        second.set_title("structure: components 3 and 4 of g")
        _plane(first, library, liquids, SCORES[:2], norm)
        _plane(second, library, liquids, SCORES[2:], norm)
        _mobility(mobility, known, liquids)
        _distances(distance, liquids)
        bar = figure.colorbar(ScalarMappable(norm, COLOURS), ax=[first, second], pad=0.01, aspect=28)
        bar.set_label("reduced diffusion D*")
        decades(bar.ax, "y")
        bar.outline.set_visible(False)  # type: ignore[operator]
        figure.get_layout_engine().set(h_pad=0.08, w_pad=0.06)  # type: ignore[union-attr, call-arg]
        figure.draw_without_rendering()
        numbers = [str(number) for number in range(1, len(liquids) + 1)]
        for axes, (x, y) in ((first, SCORES[:2]), (second, SCORES[2:]), (mobility, ("frictionless_diffusion", "reduced_diffusion"))):
            _number(axes, liquids[[x, y]].to_numpy(float), numbers)
    return figure


def write_coverage_figure(library: pd.DataFrame, liquids: pd.DataFrame, path: Path | str) -> None:
    """Write the figure as png."""
    with styled(), temporary_name(path) as temporary:
        coverage_figure(library, liquids).savefig(temporary, format="png", dpi=76, facecolor="white", pil_kwargs={"optimize": True})


def _plane(axes: Axes, library: pd.DataFrame, liquids: pd.DataFrame, names: tuple[str, ...], norm: LogNorm) -> None:
    x, y = names
    frozen = library["outcome"] == Outcome.CRYSTAL.value
    axes.scatter(
        library.loc[~frozen, x], library.loc[~frozen, y], c=library.loc[~frozen, "reduced_diffusion"], norm=norm, cmap=COLOURS, s=7,
        linewidths=0, label="runs of the library",
    )  # fmt: skip
    if frozen.any():
        axes.plot(library.loc[frozen, x], library.loc[frozen, y], "x", color=FAILED, markersize=5, markeredgewidth=1.3, label="crystals")
    _liquids(axes, liquids, x, y)
    for set_limits, values in ((axes.set_xlim, library[x]), (axes.set_ylim, library[y])):
        low, high = np.quantile(values, FRAME)
        own = liquids[x if set_limits == axes.set_xlim else y]
        margin = 0.08 * (high - low)
        set_limits(min(low, own.min()) - margin, max(high, own.max()) + margin)
    axes.set_xlabel(f"component {x[-1]} / standard deviation")
    axes.set_ylabel(f"component {y[-1]} / standard deviation")
    axes.legend(loc="best", fontsize=8.5, handletextpad=0.3)


def _mobility(axes: Axes, known: pd.DataFrame, liquids: pd.DataFrame) -> None:
    axes.set_title("diffusion: friction leads from the line to the liquids")
    free = known["reduced_friction"] == 0
    for rows, colour, label in ((known[~free], "#b3bdc7", "runs with friction"), (known[free], "#E69F00", "runs without")):
        axes.plot(rows["frictionless_diffusion"], rows["reduced_diffusion"], ".", color=colour, markersize=3.5, label=label)
    _liquids(axes, liquids, "frictionless_diffusion", "reduced_diffusion")
    axes.set_xscale("log")
    axes.set_yscale("log")
    low = min(float(known["frictionless_diffusion"].quantile(0.01)), float(liquids["frictionless_diffusion"].min()))
    high = 1.1 * float(known["frictionless_diffusion"].max())
    axes.axline((high / 2, high / 2), (high, high), color=INK, linewidth=0.9, zorder=3)
    axes.set_xlim(low / 1.1, high)
    axes.set_ylim(known["reduced_diffusion"].min() / 1.3, 1.3 * high)
    decades(axes)
    axes.set_xlabel("D* that the structure gives without friction")
    axes.set_ylabel("reduced diffusion D*")
    axes.legend(loc="lower right", fontsize=8.5, handletextpad=0.3)


def _liquids(axes: Axes, liquids: pd.DataFrame, x: str, y: str) -> None:
    axes.plot(liquids[x], liquids[y], "o", color="white", markersize=10, zorder=4)
    axes.plot(
        liquids[x], liquids[y], "o", markerfacecolor="white", markeredgecolor=INK, markersize=7, markeredgewidth=1.8, zorder=5,
        linestyle="", label="real liquids",
    )  # fmt: skip


def _distances(axes: Axes, liquids: pd.DataFrame) -> None:
    axes.set_title("distance from the library's runs")
    height = np.arange(len(liquids))
    colours = ["#0072B2" if inside else FAILED for inside in liquids["in_domain"]]
    axes.barh(height, liquids["domain_distance"], color=colours, height=0.62)
    for y, value in zip(map(float, height), liquids["domain_distance"], strict=True):
        axes.text(value, y, f" {value:.2f}", va="center", fontsize=8.5)
    axes.axvline(1, color=INK, linewidth=1)
    axes.set_xlim(0, max(1.12, 1.15 * float(liquids["domain_distance"].max())))
    axes.set_yticks(height, [f"{name}   {number}" for number, name in enumerate(liquids["name"], start=1)])
    axes.set_ylim(max(len(liquids), 4) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("domain distance (1: the edge, beyond it a target is flagged)")
    axes.spines["left"].set_visible(False)


def _number(axes: Axes, places: Array, names: Sequence[str]) -> None:
    """Write numbers beside points, away from each other, with a thin line from each to its point."""
    scale = 72 / axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    points = axes.transData.transform(places) * scale
    for place, offset, name in zip(places, spread(points, APART_POINTS) - points, names, strict=True):
        axes.annotate(
            name, place, offset, textcoords="offset points", ha="center", va="center", fontsize=9, fontweight="bold", zorder=7,
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8, "shrinkA": 5, "shrinkB": 3},
        )  # fmt: skip


def spread(points: Array, apart: float) -> Array:
    """Places for labels of `points` (n, 2): outwards from the points' middle, at least `apart` from each other and from every point."""
    middle = points.mean(axis=0)
    away = points - middle
    away[np.hypot(*away.T) < 1e-9] = (0.0, 1.0)
    labels = points + apart * away / np.hypot(*away.T)[:, None]
    for _ in range(300):
        obstacles = np.vstack([labels, points])
        moved = np.zeros_like(labels)
        for number, label in enumerate(labels):
            gap = label - np.delete(obstacles, number, axis=0)
            length = np.maximum(np.hypot(*gap.T), 1e-9)
            moved[number] = (gap * (np.clip(1.02 * apart - length, 0, None) / length / 2)[:, None]).sum(axis=0)
        if not moved.any():
            break
        labels = labels + moved
    return np.asarray(labels)
