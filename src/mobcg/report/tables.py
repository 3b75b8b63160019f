"""The tables and summary cards of the report, as plain rows of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mobcg.report.collect import Results
from mobcg.report.figures.learning import TITLES
from mobcg.report.figures.style import in_order, mark
from mobcg.report.pareto import liquids_on_the_front
from mobcg.report.rounding import DASH, duration, plain, with_error

REASONS_SHOWN = 25
METRICS_SHOWN = 40
HIDDEN_METRICS = ("seed", "sample", "config_hash", "versions", "kind", "rows_train", "rows_test")
MEASURES = {
    "rows": "library runs",
    "u_rmse_kT": "rms error of the potential / kT",
    "u_rmse_mean_force_kT": "same, from -ln g alone / kT",
    "in_domain_fraction": "fraction within the training domain",
    "log_diffusion_rmse": "rms error of ln D",
    "log_diffusion_median": "median error of ln D",
    "log_diffusion_noise": "rms of the runs' own errors of ln D",
    "log_diffusion_coverage_90": "fraction of ln D within the 90 % interval",
    "friction_median_ratio": "median of predicted / true friction",
    "friction_log_rmse": "rms error of ln friction",
    "friction_rows": "runs with friction",
    "rows_not_ok": "runs left out: outcome not ok",
    "rows_too_short": "runs left out: g(r) known too short",
    "wall_s": "wall time of training / s",
}
"""What the report calls the metrics of training, with units."""

PARTS = {"test": "held-out parents", "train": "training parents"}


@dataclass(frozen=True)
class Table:
    """Heads and rows of text; a row of one cell heads those below it.

    `numeric` columns align right, `bad` rows are marked, `note` says what was left out.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()
    note: str = ""


def cards(results: Results, core_hours: float) -> list[tuple[str, str, str]]:
    """Title, number and explanation of each summary card; core_hours: what the campaign took."""
    return [
        _card("atomistic runs", results.atomistic),
        _card("inversions", results.inversion),
        ("library", f"{len(results.database):,}", _planned(results)),
        ("evaluated", f"{results.evaluation['liquid'].nunique()}", f"liquids by {results.evaluation['method'].nunique()} methods"),
        ("core-hours", _hours(core_hours) if core_hours > 0 else DASH, "in all stages together"),
    ]


def _card(title: str, table: pd.DataFrame) -> tuple[str, str, str]:
    good = int((table["outcome"] == "ok").sum())
    others = table.loc[table["outcome"] != "ok", "outcome"].value_counts()
    failed = ", ".join(f"{count:,} {name}" for name, count in others.items()) or ("none failed" if len(table) else "not run yet")
    return title, f"{good:,} of {len(table):,} ok", failed


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else plain(value)


def _planned(results: Results) -> str:
    good = int((results.database["outcome"] == "ok").sum())
    planned = f" of {results.planned_library_runs:,} planned" if results.planned_library_runs else ""
    return f"database rows{planned}, {good:,} ok"


def findings(results: Results) -> Table:
    """What the evaluation found, one row per method: range of D_CG/D_AA, medians of S and M, over the liquids that ended well; and of how
    many of these no other method is better in both S and M.
    """
    good = results.evaluation[results.evaluation["outcome"] == "ok"]
    rows, fronts = [], liquids_on_the_front(good)
    for method in in_order(list(results.evaluation["method"])):
        own = good[good["method"] == method]
        ratio = (own["diffusion_nm2_per_ns"] / own["diffusion_AA_nm2_per_ns"]).dropna()
        low, high = (plain(ratio.min()), plain(ratio.max())) if len(ratio) else (DASH, DASH)
        total = int((results.evaluation["method"] == method).sum())
        medians = [plain(own[name].median(), 2) for name in ("structure_error", "mobility_error", "combined_error")]
        ratios = low if low == high else f"{low} to {high}"
        rows.append((mark(method).label, f"{len(own)} of {total}", ratios, *medians, str(fronts.get(method, 0))))
    heads = ("method", "liquids ok", "D model / D atomistic", "median S", "median M", "median S + M", "on the Pareto front of")
    return Table(heads, tuple(rows), frozenset(range(1, 7)))


def stages(results: Results) -> Table:
    """Runs by stage and outcome with their wall time."""
    rows = []
    by_stage = {
        "atomistic": results.atomistic,
        "inversion": results.inversion,
        "library": results.database,
        "evaluation": results.evaluation,
    }
    for name, table in by_stage.items():
        counts = table["outcome"].value_counts() if len(table) else pd.Series({"not run yet": 0})
        for position, outcome in enumerate(sorted(counts.index, key=lambda item: (item != "ok", item))):
            wall = float(np.nansum(table.loc[table["outcome"] == outcome, "wall_s"])) if len(table) else 0.0
            rows.append((name if position == 0 else "", str(outcome), f"{counts[outcome]:,}", duration(wall) if wall > 0 else DASH))
    bad = frozenset(index for index, row in enumerate(rows) if row[1] not in ("ok", "not run yet"))
    return Table(("stage", "outcome", "runs", "wall time"), tuple(rows), frozenset({2, 3}), bad)


def failures(results: Results) -> Table:
    """Runs that did not end ok, grouped by stage and reason, numbers within a reason set aside, with one of them to look at."""
    rows = []
    evaluated = results.evaluation.assign(sample=results.evaluation["liquid"] + ", " + results.evaluation["method"])
    library = results.database.assign(sample=results.database["run_id"])
    tables = {"atomistic": results.atomistic, "inversion": results.inversion, "library": library, "evaluation": evaluated}
    for stage, table in tables.items():
        failed = table[table["outcome"] != "ok"]
        kind = failed["outcome"] + ": " + failed["reason"].str.replace(r"\d+(\.\d+)?([eE][-+]?\d+)?", "#", regex=True)
        for _, group in failed.groupby(kind):
            first = group.iloc[0]
            rows.append((stage, str(first["outcome"]), str(first["reason"]) or DASH, f"{len(group):,}", str(first["sample"])))
    rows.sort(key=lambda row: -int(row[3].replace(",", "")))
    note = f"The {REASONS_SHOWN} most frequent of {len(rows)} reasons." if len(rows) > REASONS_SHOWN else ""
    heads = ("stage", "outcome", "reason (of the sample named)", "runs", "for example")
    return Table(heads, tuple(rows[:REASONS_SHOWN]), frozenset({3}), note=note)


def evaluation(results: Results) -> Table:
    """One row per liquid and method."""
    rows: list[tuple[str, ...]] = []
    bad = set()
    table = results.evaluation
    for liquid in dict.fromkeys(table["liquid"]):
        group = table[table["liquid"] == liquid].set_index("method")
        target = group.iloc[0]
        atomistic_diffusion = with_error(target["diffusion_AA_nm2_per_ns"], target["diffusion_AA_error_nm2_per_ns"])
        rows.append((f"{liquid}: atomistic D = {atomistic_diffusion} nm² ns⁻¹{_boxes(group)}",))
        for method in in_order(list(group.index)):
            row = group.loc[[method]].iloc[0]
            if row["outcome"] != "ok":
                bad.add(len(rows))
            rows.append((
                mark(method).label
                + ("" if row["outcome"] == "ok" else f": {row['outcome']}")
                + (" (outside training domain)" if _outside(row.get("in_domain")) else ""),
                with_error(row["structure_error"], row["structure_error_err"]),
                with_error(row["mobility_error"], row["mobility_error_err"]),
                with_error(row["combined_error"], row["combined_error_err"]),
                with_error(row["diffusion_nm2_per_ns"], row["diffusion_error_nm2_per_ns"]),
                with_error(row["pressure_bar"], row["pressure_error_bar"]),
                plain(row["mass_Da"]),
                plain(row["friction_per_ps"], 2) + (" (dpd)" if row["thermostat"] == "dpd" else ""),
            ))  # fmt: skip
    heads = ("method", "S", "M", "S + M", "D / nm² ns⁻¹", "pressure / bar", "mass / Da", "friction / ps⁻¹")
    return Table(heads, tuple(rows), frozenset(range(1, 8)), frozenset(bad))


def beyond(results: Results) -> Table:
    """What the models do besides S and M, one row per liquid and method: short times, density, compressibility, cost."""
    rows: list[tuple[str, ...]] = []
    table = results.evaluation[results.evaluation["outcome"] == "ok"]
    for liquid in dict.fromkeys(table["liquid"]):
        group = table[table["liquid"] == liquid].set_index("method")
        target = group.iloc[0]
        compressibility = with_error(target["compressibility_AA_per_GPa"], target["compressibility_AA_error_per_GPa"])
        rows.append((f"{liquid}: atomistic {plain(target['density_AA_g_per_cm3'])} g cm⁻³, compressibility {compressibility} GPa⁻¹",))
        for method in in_order(list(group.index)):
            row = group.loc[[method]].iloc[0]
            rows.append((
                mark(method).label,
                *(plain(row[f"msd_ratio_{time}ps"]) for time in (1, 5, 20)),
                with_error(row["velocity_error"], row["velocity_error_err"]),
                with_error(row["density_at_pressure_g_per_cm3"], row["density_at_pressure_error_g_per_cm3"]),
                with_error(row["compressibility_per_GPa"], row["compressibility_error_per_GPa"]),
                duration(row["cost_core_s"]),
            ))  # fmt: skip
    heads = (
        *("method", "MSD ratio at 1 ps", "5 ps", "20 ps", "V"),
        *("density at the liquid's pressure / g cm⁻³", "compressibility / GPa⁻¹", "cost of the model / core time"),
    )
    return Table(heads, tuple(rows), frozenset(range(1, 8)))


def _boxes(group: pd.DataFrame) -> str:
    """The liquid's box lengths, where they are known."""
    known = [(name, group[column].dropna()) for name, column in (("atomistic", "box_AA_nm"), ("coarse-grained", "box_nm"))]
    words = [f"{name} box {plain(values.iloc[0])} nm" for name, values in known if len(values)]
    return "".join(f"; {word}" for word in words)


def _outside(in_domain: object) -> bool:
    """Whether a table's cell says that the liquid lies outside the training domain; an unknown one does not."""
    return str(in_domain).lower() in ("false", "0", "0.0")


def metrics(results: Results) -> Table:
    """The models' metrics side by side."""
    models = results.learning.values()
    names = list(dict.fromkeys(key for model in models for key in model.metrics if key.split(".")[0] not in HIDDEN_METRICS))[:METRICS_SHOWN]
    parts = tuple(PARTS)
    names.sort(key=lambda name: parts.index(name.split(".")[0]) if name.split(".")[0] in parts else len(parts))
    rows = tuple((_measure(name), *(_value(model.metrics.get(name)) for model in models)) for name in names)
    heads = ("measure", *(TITLES.get(name, name) for name in results.learning))
    return Table(heads, rows, frozenset(range(1, 1 + len(results.learning))))


def _measure(name: str) -> str:
    """A metric's name for readers: `test.u_rmse_kT` is "held-out parents: rms error of the potential / kT"."""
    *parts, last = name.split(".")
    words = MEASURES.get(last, last.replace("_", " "))
    return ": ".join([*(PARTS.get(part, part.replace("_", " ")) for part in parts), words])


def _value(value: object) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else plain(value)
