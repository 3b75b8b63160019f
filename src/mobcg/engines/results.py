"""A run's result as files and as values of a summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.engines.specification import RunResult
from mobcg.files import write_csv
from mobcg.observables.blocks import Estimate


def described(result: RunResult) -> dict[str, Any]:
    """The keys of a summary that tell of a run; None where it has no such value."""
    moved = result.diffusion if result.ok else None
    return {
        **_pair("diffusion", "nm2_per_ns", None if moved is None else moved.diffusion),
        "diffusion_linear": None if moved is None else moved.linear,
        "diffusion_window_ps": None if moved is None else moved.window_ps,
        **_pair("infinite_diffusion", "nm2_per_ns", result.diffusion_infinite),
        **_pair("viscosity", "mPa_s", result.viscosity_mPa_s),
        **_pair("pressure", "bar", result.pressure_bar),
        **_pair("temperature", "K", result.temperature_K),
        "timestep_fs": result.timestep_fs,
        "box_nm": result.box_nm,
        "stop_reason": result.stop_reason,
    }


def _pair(name: str, unit: str, estimate: Estimate | None) -> dict[str, float | None]:
    value, error = (None, None) if estimate is None else estimate
    return {f"{name}_{unit}": value, f"{name}_error_{unit}": error}


def write_curves(folder: Path, result: RunResult | None) -> None:
    """Write rdf.csv and msd.csv; with the header alone where the run has none."""
    if result is None or result.rdf is None or result.diffusion is None:
        write_csv(folder / "rdf.csv", pd.DataFrame(columns=["r_nm", "g", "g_err"]))
        write_csv(folder / "msd.csv", pd.DataFrame(columns=["time_ps", "msd_nm2"]))
        return
    result.rdf.write_csv(folder / "rdf.csv")
    result.diffusion.write_csv(folder / "msd.csv")
