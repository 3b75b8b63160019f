"""The inversion stage of a campaign: from an atomistic result folder to an inversion result folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import enough_beads
from mobcg.files import content_hash, versions
from mobcg.inversion.invert import invert
from mobcg.inversion.results import TABLES, described_inversion, write_inversion
from mobcg.inversion.target import InversionTarget
from mobcg.observables.rdf import read_rdf
from mobcg.outcomes import InputError, Outcome
from mobcg.results import read_result, write_result
from mobcg.seeds import derived_seed

READ = (
    *("sample", "liquid", "template", "outcome", "reason", "molecules", "molar_mass_Da", "density_per_nm3", "target_temperature_K"),
    *("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns"),
)
"""What an inversion reads of the atomistic summary."""


def inputs_hash(
    atomistic: Path, options: InversionOptions, run_options: CoarseGrainedOptions, observables: ObservableOptions, seed: int
) -> str:
    """The name of all that decides what an inversion comes to."""
    measured = read_result(atomistic, "rdf.csv")
    rdf = (atomistic / "rdf.csv").read_text(encoding="utf-8")
    settings = [options.physics(), run_options.physics(), observables.model_dump(), seed]
    return content_hash([{name: measured[name] for name in READ}, rdf, *settings])


def invert_sample(
    atomistic: Path, folder: Path, options: InversionOptions, run_options: CoarseGrainedOptions, observables: ObservableOptions, seed: int
) -> None:
    """Invert the g(r) in the folder `atomistic` and write potential.csv, history.csv, rdf.csv, msd.csv and summary.json to `folder`.

    A sample whose atomistic run ended badly, or that cannot be inverted, gets a summary with its outcome and empty tables.
    """
    started = time.perf_counter()
    measured = read_result(atomistic, "rdf.csv")
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
        "config_hash": content_hash([options.physics(), run_options.physics(), observables.model_dump(), seed]),
        "inputs_hash": inputs_hash(atomistic, options, run_options, observables, seed),
    }
    result = None
    if measured["outcome"] == Outcome.OK:
        curve, density = read_rdf(atomistic / "rdf.csv"), measured["density_per_nm3"]
        run_options = enough_beads(run_options, density, float(curve.r_nm[-1]) + curve.bin_width_nm)
        curve = curve.in_box(measured["molecules"], run_options.beads)
        target = InversionTarget(curve, density, measured["target_temperature_K"], measured["molar_mass_Da"])
        try:
            result = invert(target, get_engine(run_options.engine), options, run_options, observables, sample_seed)
        except InputError as error:
            summary |= {"outcome": str(Outcome.UNUSABLE_POTENTIAL), "reason": str(error)}
    if result is not None:
        summary |= described_inversion(result) | {"beads": run_options.beads}
    (folder / "summary.json").unlink(missing_ok=True)
    write_inversion(folder, result)
    write_result(folder, summary | {"wall_s": time.perf_counter() - started}, TABLES)
