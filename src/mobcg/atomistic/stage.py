"""The atomistic stage of a campaign: from a liquid (and a drawn parameter set) to a result folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mobcg.atomistic.run import AtomisticRun, pack_run, simulate
from mobcg.atomistic.schedule import stages
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.files import content_hash, versions, write_csv
from mobcg.forcefield.build import build_molecule
from mobcg.liquids import Liquid
from mobcg.observables.blocks import block_average
from mobcg.observables.diffusion import Diffusion, diffusion
from mobcg.observables.order import classify
from mobcg.observables.rdf import RadialDistribution, radial_distribution
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.velocity import VelocityAutocorrelation, displacement_velocities, velocity_autocorrelation
from mobcg.outcomes import Outcome
from mobcg.results import write_result
from mobcg.seeds import derived_seed
from mobcg.units import mass_density

log = logging.getLogger(__name__)

MEASURED = (
    "temperature_K",
    "temperature_error_K",
    "pressure_bar",
    "pressure_error_bar",
    "density_g_per_cm3",
    "density_error_g_per_cm3",
    "density_per_nm3",
    "diffusion_nm2_per_ns",
    "diffusion_error_nm2_per_ns",
    "diffusion_linear",
    "diffusion_window_ps",
    "diffusion_exponent",
    "diffusion_advice",
    "box_nm",
)
"""Keys of the summary that only a liquid has."""

TABLES = ("rdf.csv", "msd.csv", "vacf.csv", "thermodynamics.csv")
"""Files beside the summary."""

VACF_COLUMNS = ("time_ps", "vacf_nm2_per_ps2", "vacf_err_nm2_per_ps2", "vacf_normalised", "diffusion_nm2_per_ns")
"""Header of vacf.csv where nothing was measured; that of `VelocityAutocorrelation.write_csv`."""

LONGEST_LAG_PS, LONGEST_LAG_PART = 5.0, 0.2
"""End of the velocity autocorrelation: the shorter of this and this part of the stretch it is measured in."""


def inputs_hash(
    sample: str, liquid: Liquid, draw: Mapping[str, float] | None, options: AtomisticOptions, observables: ObservableOptions, seed: int
) -> str:
    """The name of all that decides what a sample comes to, the files of a topology of the user's own included."""
    own = {} if liquid.topology is None else {name: path for name, path in liquid.topology.model_dump().items() if path}
    topology = {name: Path(path).read_bytes().hex() for name, path in own.items()}
    molecule = liquid.model_dump(exclude={"topology"})
    return content_hash([sample, molecule, topology, draw, options.physics(), observables.model_dump(), seed])


def simulate_sample(
    sample: str,
    liquid: Liquid,
    draw: Mapping[str, float] | None,
    options: AtomisticOptions,
    observables: ObservableOptions,
    seed: int,
    folder: Path,
) -> None:
    """Simulate and measure one sample; write rdf.csv, msd.csv, vacf.csv, thermodynamics.csv and summary.json to `folder`.

    The simulation itself lies in `folder`/run and is continued or used again where it belongs to the same molecule, options and seed;
    so changed observables cost seconds. A run that physics ended has its outcome in the summary and empty curves;
    the velocity autocorrelation is empty too without a finely sampled stretch (`options.short_time_ps`).
    """
    molecule = build_molecule(liquid, draw)
    run_seed = derived_seed(seed, "atomistic", sample)
    run = simulate(molecule, liquid.temperature_K, liquid.pressure_bar, options, folder / "run", run_seed, observables)
    outcome, reason = run.outcome, run.reason
    rdf: RadialDistribution | None = None
    moved: Diffusion | None = None
    values: dict[str, Any] = dict.fromkeys(MEASURED)
    if run.trajectory is not None and outcome is Outcome.OK:
        rdf = radial_distribution(run.trajectory, observables.bin_width_nm, blocks=observables.blocks)
        outcome, reason = classify(run.trajectory, rdf)
        moved = diffusion(run.trajectory, observables.fit_window_ps, observables.blocks)
        if outcome is Outcome.OK and moved.diffusion.value <= 0:
            outcome, reason = Outcome.GLASS, f"D = {moved.diffusion.value:.3g} nm2/ns is not positive: nothing diffused"
        values |= _measured(run, moved, observables.blocks)
    empty = outcome is not Outcome.OK or rdf is None or moved is None
    (folder / "summary.json").unlink(missing_ok=True)
    write_csv(folder / "thermodynamics.csv", run.thermodynamics)
    write_csv(folder / "rdf.csv", pd.DataFrame(columns=["r_nm", "g", "g_err"]))
    write_csv(folder / "msd.csv", pd.DataFrame(columns=["time_ps", "msd_nm2"]))
    write_csv(folder / "vacf.csv", pd.DataFrame(columns=list(VACF_COLUMNS)))
    if not empty and rdf is not None and moved is not None:
        rdf.write_csv(folder / "rdf.csv")
        moved.write_csv(folder / "msd.csv")
        if run.short_time is not None:
            _autocorrelation(run.short_time).write_csv(folder / "vacf.csv")
    summary = {
        "sample": sample,
        "liquid": liquid.name,
        "template": None if draw is None else liquid.name,
        "outcome": str(outcome),
        "reason": reason,
        "molecules": options.molecules,
        "molar_mass_Da": molecule.molar_mass_Da,
        **values,
        "target_temperature_K": liquid.temperature_K,
        "target_pressure_bar": liquid.pressure_bar,
        "timestep_fs": run.timestep_fs,
        "fastest_period_fs": run.fastest_period_fs,
        "timestep_halvings": run.halvings,
        "density_levelled": run.levelled,
        "production_ps": run.production_ps or options.production_ps,
        "stop_reason": run.stop_reason,
        "platform": run.platform,
        "wall_s": run.wall_s,
        "seed": run_seed,
        "versions": versions(),
        "config_hash": content_hash([options.physics(), observables.model_dump(), seed]),
        "inputs_hash": inputs_hash(sample, liquid, draw, options, observables, seed),
    }
    write_result(folder, summary, TABLES)
    pack_run(folder / "run", stages(options, liquid.pressure_bar))
    log.info("%s%s", outcome, f": {reason}" if reason else "")
    if moved is not None and moved.advice:
        log.info("D: %s", moved.advice)


def _autocorrelation(stretch: Trajectory) -> VelocityAutocorrelation:
    longest_ps = min(LONGEST_LAG_PS, LONGEST_LAG_PART * stretch.frames * stretch.interval_ps)
    return velocity_autocorrelation(displacement_velocities(stretch), stretch.interval_ps, longest_ps)


def _measured(run: AtomisticRun, moved: Diffusion, blocks: int) -> dict[str, Any]:
    assert run.trajectory is not None
    production = run.thermodynamics[run.thermodynamics["stage"] == "production"]
    temperature = block_average(production["temperature_K"].dropna(), blocks)
    pressure = block_average(production["pressure_bar"].dropna(), blocks)
    density = mass_density(run.trajectory.density_per_nm3, run.trajectory.mass_Da)
    return {
        "temperature_K": temperature.value,
        "temperature_error_K": temperature.error,
        "pressure_bar": pressure.value,
        "pressure_error_bar": pressure.error,
        "density_g_per_cm3": density,
        "density_error_g_per_cm3": run.density_error_g_per_cm3,
        "density_per_nm3": run.trajectory.density_per_nm3,
        "diffusion_nm2_per_ns": moved.diffusion.value,
        "diffusion_error_nm2_per_ns": moved.diffusion.error,
        "diffusion_linear": moved.linear,
        "diffusion_window_ps": moved.window_ps,
        "diffusion_exponent": moved.exponent,
        "diffusion_advice": moved.advice,
        "box_nm": run.trajectory.box_nm,
    }
