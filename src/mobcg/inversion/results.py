"""An inversion's result as files and as values of a summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.engines.results import described, write_curves
from mobcg.files import write_csv
from mobcg.inversion.invert import InversionResult
from mobcg.potential.pair import write_potential

HISTORY = (
    *("update", "state", "outcome", "production_ps", "wall_s", "structure_error", "structure_noise"),
    *("pressure_bar", "pressure_error_bar", "worst_r_nm"),
)
"""Columns of history.csv."""

TABLES = ("potential.csv", "history.csv", "rdf.csv", "msd.csv")
"""Files beside the summary."""

RUN = (
    "diffusion_nm2_per_ns",
    "diffusion_error_nm2_per_ns",
    "diffusion_linear",
    "pressure_bar",
    "pressure_error_bar",
    "timestep_fs",
    "box_nm",
)
"""What the summary tells of the last run, that of the first state."""


def described_inversion(result: InversionResult) -> dict[str, Any]:
    """The keys of a summary that tell of an inversion."""
    values: dict[str, Any] = {
        "outcome": str(result.outcome),
        "reason": result.reason,
        "converged": result.converged,
        "stop_reason": result.stopped,
        "updates": result.updates,
        "structure_error": result.structure_error,
        "structure_noise": result.structure_noise,
        **dict.fromkeys(RUN),
    }
    if result.potential is not None:
        values["cutoff_nm"] = result.potential.cutoff_nm
    if result.final is not None and result.final.ok:
        run = described(result.final)
        values |= {name: run[name] for name in RUN}
    return values


def write_inversion(folder: Path, result: InversionResult | None) -> None:
    """Write potential.csv, history.csv, rdf.csv and msd.csv (of the first state's last run); headers alone for what is not there."""
    history = pd.DataFrame(columns=list(HISTORY)) if result is None else result.history.reindex(columns=list(HISTORY))
    write_csv(folder / "history.csv", history)
    write_potential(folder / "potential.csv", None if result is None else result.potential)
    write_curves(folder, None if result is None else result.final)
