"""The inversion stage of a campaign: from an atomistic result folder to an inversion result folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import enough_beads
from mobcg.files import content_hash, read_json, versions, write_csv, write_json
from mobcg.inversion.ibi import InversionResult, InversionTarget, invert
from mobcg.observables.rdf import read_rdf
from mobcg.outcomes import InputError, Outcome
from mobcg.seeds import derived_seed

EMPTY = {
    "potential.csv": ("r_nm", "u_kj_per_mol", "f_kj_per_mol_nm"),
    "rdf.csv": ("r_nm", "g", "g_err"),
    "msd.csv": ("time_ps", "msd_nm2"),
    "history.csv": ("update", "outcome", "structure_error", "pressure_bar", "pressure_error_bar", "wall_s"),
}
"""Files of the stage and their columns; where a sample gave nothing, files hold the header alone."""


def invert_sample(
    atomistic: Path, folder: Path, options: InversionOptions, run_options: CoarseGrainedOptions, observables: ObservableOptions, seed: int
) -> None:
    """Invert the g(r) in the folder `atomistic` and write potential.csv, history.csv, rdf.csv, msd.csv and summary.json to `folder`.

    A sample whose atomistic run ended badly, or that cannot be inverted, gets a summary with its outcome and empty tables.
    """
    started = time.perf_counter()
    measured = read_json(atomistic / "summary.json")
    sample_seed = derived_seed(seed, "inversion", measured["sample"])
    summary: dict[str, Any] = {
        "sample": measured["sample"],
        "liquid": measured["liquid"],
        "template": measured["template"],
        "outcome": str(Outcome.NO_PARENT),
        "reason": f"the atomistic run ended as {measured['outcome']}: {measured['reason']}",
        "converged": False,
        "updates": 0,
        "structure_error": None,
        "pressure_bar": None,
        "pressure_error_bar": None,
        "diffusion_nm2_per_ns": None,
        "diffusion_error_nm2_per_ns": None,
        "diffusion_AA_nm2_per_ns": measured["diffusion_nm2_per_ns"],
        "diffusion_AA_error_nm2_per_ns": measured["diffusion_error_nm2_per_ns"],
        "density_per_nm3": measured["density_per_nm3"],
        "temperature_K": measured["target_temperature_K"],
        "mass_Da": measured["molar_mass_Da"],
        "engine": get_engine(run_options.engine).name,
        "seed": sample_seed,
        "versions": versions(),
        "config_hash": content_hash([options.model_dump(), run_options.physics(), observables.model_dump(), seed]),
    }
    result = None
    if measured["outcome"] == Outcome.OK:
        target = InversionTarget(
            read_rdf(atomistic / "rdf.csv"), measured["density_per_nm3"], measured["target_temperature_K"], measured["molar_mass_Da"]
        )
        run_options = enough_beads(run_options, target.density_per_nm3, float(target.rdf.r_nm[-1]) + target.rdf.bin_width_nm)
        try:
            result = invert(target, get_engine(run_options.engine), options, run_options, observables, sample_seed)
        except InputError as error:
            summary |= {"outcome": str(Outcome.UNUSABLE_POTENTIAL), "reason": str(error)}
    if result is not None:
        summary |= _described(result) | {"beads": run_options.beads}
    _write_tables(folder, result)
    write_json(folder / "summary.json", summary | {"wall_s": time.perf_counter() - started})


def _described(result: InversionResult) -> dict[str, Any]:
    described: dict[str, Any] = {
        "outcome": str(result.outcome),
        "reason": result.reason,
        "converged": result.converged,
        "updates": result.updates,
        "structure_error": result.structure_error,
    }
    if result.potential is not None:
        described["cutoff_nm"] = result.potential.cutoff_nm
    final = result.final
    if final is not None and final.ok and final.diffusion is not None and final.pressure_bar is not None:
        described |= {
            "pressure_bar": final.pressure_bar.value,
            "pressure_error_bar": final.pressure_bar.error,
            "diffusion_nm2_per_ns": final.diffusion.diffusion.value,
            "diffusion_error_nm2_per_ns": final.diffusion.diffusion.error,
            "diffusion_linear": final.diffusion.linear,
            "timestep_fs": final.timestep_fs,
            "box_nm": final.box_nm,
        }
    return described


def _write_tables(folder: Path, result: InversionResult | None) -> None:
    for name, columns in EMPTY.items():
        write_csv(folder / name, pd.DataFrame(columns=list(columns)))
    if result is None:
        return
    write_csv(folder / "history.csv", result.history)
    if result.potential is not None:
        result.potential.write_csv(folder / "potential.csv")
    if result.final is not None and result.final.rdf is not None and result.final.diffusion is not None:
        result.final.rdf.write_csv(folder / "rdf.csv")
        result.final.diffusion.write_csv(folder / "msd.csv")
