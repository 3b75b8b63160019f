"""The table of all samples: every stage of a sample in one row, as text that sorts by its numbers, and as data for the page."""

from __future__ import annotations

import json

from mobcg.outcomes import Outcome
from mobcg.report.collect import Results
from mobcg.report.rounding import evenly, plain, with_error
from mobcg.report.tables import Table

FIRST_SHOWN = 25
"""Rows that stand in the page itself; the others are drawn on demand."""

HEADS = (
    *("sample", "template", "outcome", "reason", "atomistic D / nm² ns⁻¹", "density / g cm⁻³"),
    *("inversion", "S", "inverted D / nm² ns⁻¹", "ratio of D"),
)
NUMERIC = frozenset({4, 5, 7, 8, 9})
REAL = "real liquid"
"""What stands for the template of a liquid with its own force field."""


def samples(results: Results) -> Table:
    """One row a sample, by name; the reason is that of the atomistic run or, where that is ok, of the inversion."""
    table = results.samples.sort_values("sample", kind="stable")
    text = ("sample", "template", "outcome", "reason", "cg_outcome", "cg_reason")
    table[list(text)] = table[list(text)].fillna("")
    rows, bad = [], set()
    for position, row in enumerate(table.to_dict("records")):
        outcome, inverted = row["outcome"] or "not there", row["cg_outcome"] or "not there"
        reason = row["cg_reason"] if outcome == Outcome.OK else row["reason"]
        if outcome != Outcome.OK or inverted != Outcome.OK:
            bad.add(position)
        rows.append((
            row["sample"],
            row["template"] or REAL,
            outcome,
            reason,
            with_error(row["diffusion_nm2_per_ns"], row["diffusion_error_nm2_per_ns"]),
            with_error(row["density_g_per_cm3"], row["density_error_g_per_cm3"]),
            inverted,
            plain(row["cg_structure_error"], 2),
            with_error(row["cg_diffusion_nm2_per_ns"], row["cg_diffusion_error_nm2_per_ns"]),
            with_error(row["acceleration"], row["acceleration_error"]),
        ))  # fmt: skip
    return Table(HEADS, tuple(rows), NUMERIC, frozenset(bad))


def first(table: Table) -> Table:
    """An even choice of the rows, for a page whose script does not run."""
    chosen = evenly(list(range(len(table.rows))), FIRST_SHOWN)
    bad = frozenset(position for position, index in enumerate(chosen) if index in table.bad)
    return Table(table.heads, tuple(table.rows[index] for index in chosen), table.numeric, bad)


def packed(table: Table) -> str:
    """The rows as JSON that may stand in a script element: numeric columns, positions of the bad rows, rows."""
    content = {"numeric": sorted(table.numeric), "bad": sorted(table.bad), "rows": table.rows}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
