"""Checks of a database's rows: every problem names row, column, value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.database.schema import BY_NAME, COLUMNS, Column
from mobcg.outcomes import Outcome

Array = npt.NDArray[np.float64]

SHOWN = 50
"""Problems listed before the rest is only counted."""


def grid_problems(r_nm: Array) -> list[str]:
    """What is wrong with a grid of distances: it must be evenly spaced, positive, rising, with at least 8 points."""
    if r_nm.ndim != 1 or len(r_nm) < 8 or not np.isfinite(r_nm).all():
        return [f"r_nm: needs one row of at least 8 finite distances, found shape {r_nm.shape}"]
    steps = np.diff(r_nm)
    if r_nm[0] < 0 or steps.min() <= 0 or not np.allclose(steps, steps.mean(), rtol=1e-6, atol=1e-9):
        return [
            f"r_nm: must rise in even steps from 0 or above, found {r_nm[0]:g} to {r_nm[-1]:g} in steps of "
            f"{steps.min():g} to {steps.max():g}"
        ]
    return []


def row_problems(frame: pd.DataFrame, r_nm: Array) -> list[str]:
    """Every problem of the table's columns and rows; an empty list means valid. At most `SHOWN` are spelled out."""
    found: list[str] = []
    for position, problem in enumerate(_problems(frame, r_nm)):
        if position < SHOWN:
            found.append(problem)
    extra = position + 1 - SHOWN if found else 0
    return [*found, f"and {extra} more problems"] if extra > 0 else found


def problem_count(frame: pd.DataFrame, r_nm: Array) -> int:
    """How many problems the table has, those beyond `SHOWN` too."""
    return sum(1 for _ in _problems(frame, r_nm))


def _problems(frame: pd.DataFrame, r_nm: Array) -> Iterator[str]:
    missing = [column.name for column in COLUMNS if column.name not in frame]
    unknown = [name for name in frame if name not in BY_NAME]
    for name in missing:
        yield f"column {name}: missing; {BY_NAME[name].description} Allowed: {BY_NAME[name].allowed}"
    for unknown_name in unknown:
        yield f"column {unknown_name}: not in the schema; allowed columns: {', '.join(BY_NAME)}"
    if "run_id" in missing or "outcome" in missing:
        return
    names = [str(name) for name in frame["run_id"]]
    yield from _duplicates(names)
    ok = (frame["outcome"] == Outcome.OK.value).to_numpy()
    for row, outcome in enumerate(frame["outcome"]):
        if outcome not in set(Outcome):
            yield f"row {row} ({names[row]}), column outcome: found {outcome!r}, allowed: {', '.join(Outcome)}"
    half_box = (
        pd.to_numeric(frame["box_nm"], errors="coerce").to_numpy(dtype=float) / 2 if "box_nm" in frame else np.full(len(frame), np.nan)
    )
    for column in COLUMNS:
        if column.name in missing or column.name == "outcome":
            continue
        for row, value in enumerate(frame[column.name]):
            problem = _cell_problem(column, value, bool(ok[row]), r_nm, float(half_box[row]))
            if problem:
                yield f"row {row} ({names[row]}), column {column.name}: {problem}"


def _duplicates(names: list[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for row, name in enumerate(names):
        if name in first:
            yield f"row {row} ({name}), column run_id: found {name!r} again (first in row {first[name]}), allowed: each name once"
        first.setdefault(name, row)


def _cell_problem(column: Column, value: Any, ok: bool, r_nm: Array, half_box_nm: float) -> str | None:
    if _is_null(value):
        if column.presence == "always" or (column.presence == "ok" and ok):
            return f"found nothing, allowed: {column.allowed}"
        return None
    if column.kind == "text":
        return None if isinstance(value, str) and value else f"found {value!r}, allowed: {column.allowed}"
    if column.kind == "curve":
        return _curve_problem(column, value, r_nm, half_box_nm)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return f"found {value!r}, allowed: {column.allowed}"
    if column.kind == "integer" and number != round(number):
        return f"found {number!r}, allowed: {column.allowed}"
    return None if _within(column, np.array([number])).all() else f"found {number:g}, allowed: {column.allowed}"


def _curve_problem(column: Column, value: Any, r_nm: Array, half_box_nm: float) -> str | None:
    try:
        curve = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return f"found {value!r}, allowed: {column.allowed}"
    if curve.shape != r_nm.shape:
        return f"found {curve.size} values, allowed: {len(r_nm)}, the grid's points from {r_nm[0]:g} to {r_nm[-1]:g} nm"
    outside = np.zeros(len(r_nm), bool) if column.name == "u_kj_per_mol" else r_nm > half_box_nm
    bad = ~_within(column, curve) & ~(outside & np.isnan(curve))
    if not bad.any():
        return None
    point = int(np.argmax(bad))
    return f"found {curve[point]:g} at r = {r_nm[point]:g} nm ({int(bad.sum())} such points), allowed: {column.allowed}"


def _within(column: Column, values: Array) -> npt.NDArray[np.bool_]:
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    inside: npt.NDArray[np.bool_] = np.isfinite(values) & (values >= low) & (values <= high)
    return inside


def _is_null(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))
