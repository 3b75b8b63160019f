"""The Pareto front of the methods in the plane of structure and mobility error: those that no other beats in both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]


def undominated(structure: Array, mobility: Array) -> npt.NDArray[np.bool_]:
    """Of each point whether no other is at least as good in both errors and better in one; shapes (n,), errors finite."""
    no_worse = (structure[:, None] >= structure) & (mobility[:, None] >= mobility)
    better = (structure[:, None] > structure) | (mobility[:, None] > mobility)
    return np.asarray(~(no_worse & better).any(axis=1))


def front_of_medians(table: pd.DataFrame, floor: float) -> tuple[Array, Array]:
    """M and S of the methods whose medians over the liquids are undominated, by M; values below `floor` are raised to it."""
    medians = table.groupby("method")[["structure_error", "mobility_error"]].median().dropna().clip(lower=floor)
    s, m = medians["structure_error"].to_numpy(float), medians["mobility_error"].to_numpy(float)
    chosen = np.flatnonzero(undominated(s, m))
    chosen = chosen[np.lexsort((s[chosen], m[chosen]))]
    return m[chosen], s[chosen]


def liquids_on_the_front(table: pd.DataFrame) -> dict[str, int]:
    """For each method the number of liquids of which it is on the front; rows without S or M are left out."""
    known = table[np.isfinite(table["structure_error"]) & np.isfinite(table["mobility_error"])]
    counts = dict.fromkeys(table["method"], 0)
    for _, rows in known.groupby("liquid"):
        chosen = undominated(rows["structure_error"].to_numpy(float), rows["mobility_error"].to_numpy(float))
        for method in rows.loc[chosen, "method"]:
            counts[method] += 1
    return counts
