"""Liquid densities of the force field against experiment: NPT at the liquid's temperature and pressure.

    python benchmarks/density.py --liquids benzene 3-methylpentane --molecules 64 --npt-ps 200 --json density.json

Prints one row per liquid: density with its block error, experiment, deviation; PASS where the deviation is within 3 %.
Writes as it goes into --directory and continues there when started again with the same settings.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from openmm import unit

from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.pack import pack
from mobcg.atomistic.timestep import plan_integration
from mobcg.config import AtomisticOptions
from mobcg.files import content_hash, read_json, versions, write_json, write_text
from mobcg.forcefield.build import build_molecule
from mobcg.liquids import Liquid, available_liquids, load_liquid
from mobcg.observables.blocks import block_average
from mobcg.outcomes import InputError
from mobcg.platforms import select_platform
from mobcg.seeds import derived_seed
from mobcg.units import GRAMS_PER_CM3_PER_DA_NM3

log = logging.getLogger("density")

PASS_PERCENT = 3.0
CHUNK_PS = 5.0
SAMPLES_PER_CHUNK = 25
COMPRESSION_BAR = 1000.0
COMPRESSION_PS = 10.0
BLOCKS = 5
BAROSTAT_STEPS = 25


def measure(liquid: Liquid, options: AtomisticOptions, equilibration_ps: float, seed: int, folder: Path) -> dict[str, Any]:
    """Mean density of `liquid` over options.npt_ps after `equilibration_ps`, with the standard error of the mean of five blocks."""
    settings = {"liquid": liquid.model_dump(), "options": options.model_dump(), "equilibration_ps": equilibration_ps, "seed": seed}
    key = content_hash(settings)
    result_file, state_file, progress_file = folder / "result.json", folder / "state.xml", folder / "progress.json"
    if result_file.exists() and read_json(result_file).get("key") == key:
        return read_json(result_file)
    simulation, molar_mass, timestep_fs = _prepare(liquid, options, seed)
    progress: dict[str, Any] = {"key": key, "done_ps": 0.0, "density_g_per_cm3": [], "wall_s": 0.0}
    if progress_file.exists() and state_file.exists() and read_json(progress_file).get("key") == key:
        progress = read_json(progress_file)
        simulation.setState(openmm.XmlSerializer.deserialize(state_file.read_text(encoding="utf-8")))
        log.info("%s: continuing at %g ps", liquid.name, progress["done_ps"])
    steps = round(1000 * CHUNK_PS / SAMPLES_PER_CHUNK / timestep_fs)
    while progress["done_ps"] < equilibration_ps + options.npt_ps - 1e-9:
        started = time.monotonic()
        compressing = progress["done_ps"] < COMPRESSION_PS
        simulation.setParameter(openmm.MonteCarloBarostat.Pressure(), COMPRESSION_BAR if compressing else liquid.pressure_bar)
        for _ in range(SAMPLES_PER_CHUNK):
            simulation.getIntegrator().step(steps)
            volume = simulation.getState().getPeriodicBoxVolume().value_in_unit(unit.nanometer**3)
            progress["density_g_per_cm3"].append(options.molecules * molar_mass / volume * GRAMS_PER_CM3_PER_DA_NM3)
        progress["done_ps"] += CHUNK_PS
        progress["wall_s"] += time.monotonic() - started
        state = simulation.getState(positions=True, velocities=True, parameters=True)
        write_text(state_file, openmm.XmlSerializer.serialize(state))
        write_json(progress_file, progress)
        log.info(
            "%s: %g ps, %.4f g/cm3", liquid.name, progress["done_ps"], float(np.mean(progress["density_g_per_cm3"][-SAMPLES_PER_CHUNK:]))
        )
    kept = np.array(progress["density_g_per_cm3"][-round(options.npt_ps / CHUNK_PS) * SAMPLES_PER_CHUNK :])
    density, error = block_average(kept, BLOCKS)
    reference = liquid.reference_density_g_per_cm3
    deviation = 100 * (density / reference - 1) if reference else None
    result = {
        "key": key,
        "liquid": liquid.name,
        "density_g_per_cm3": density,
        "density_error_g_per_cm3": error,
        "reference_density_g_per_cm3": reference,
        "reference_source": liquid.reference_source,
        "deviation_percent": deviation,
        "passed": None if deviation is None else abs(deviation) <= PASS_PERCENT,
        "molecules": options.molecules,
        "npt_ps": options.npt_ps,
        "timestep_fs": timestep_fs,
        "electrostatics": options.electrostatics,
        "cutoff_nm": options.cutoff_nm,
        "ps_per_s": progress["done_ps"] / progress["wall_s"],
        "wall_s": progress["wall_s"],
        "seed": seed,
        "versions": versions(),
    }
    write_json(result_file, result)
    return result


def _prepare(liquid: Liquid, options: AtomisticOptions, seed: int) -> tuple[openmm.Context, float, float]:
    molecule = build_molecule(liquid)
    plan = plan_integration(molecule, options, liquid.temperature_K)
    positions, edge = pack(molecule.elements, plan.conformers_nm, options.molecules, derived_seed(seed, "pack", liquid.name))
    system = build_bulk(molecule, plan, options, edge).system
    barostat = openmm.MonteCarloBarostat(liquid.pressure_bar, liquid.temperature_K, BAROSTAT_STEPS)
    barostat.setRandomNumberSeed(derived_seed(seed, "barostat", liquid.name))
    system.addForce(barostat)
    integrator = openmm.LangevinMiddleIntegrator(liquid.temperature_K, 1.0, plan.timestep_fs / 1000)
    integrator.setRandomNumberSeed(derived_seed(seed, "thermostat", liquid.name))
    context = openmm.Context(system, integrator, *select_platform(options.platform, options.threads))
    context.setPositions(positions.reshape(-1, 3))
    openmm.LocalEnergyMinimizer.minimize(context, 50.0, 500)
    context.applyConstraints(1e-6)
    context.setVelocitiesToTemperature(liquid.temperature_K, derived_seed(seed, "velocities", liquid.name))
    return context, molecule.molar_mass_Da, plan.timestep_fs


def row(result: Mapping[str, Any]) -> str:
    """One line of the table."""
    reference, source = result["reference_density_g_per_cm3"], result["reference_source"] or ""
    compared = (
        "-" if reference is None else f"{reference:10.4f} {result['deviation_percent']:+8.2f}  {'PASS' if result['passed'] else 'FAIL'}"
    )
    return f"{result['liquid']:24s} {result['density_g_per_cm3']:8.4f} +- {result['density_error_g_per_cm3']:.4f} {compared}   {source}"


def main() -> int:
    """Run the benchmark; 0 where every compared liquid passes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--liquids", help="names separated by spaces; default: all", nargs="+")
    parser.add_argument("--liquid-directory", type=Path, default=Path(__file__).parents[1] / "config" / "liquids")
    parser.add_argument("--directory", type=Path, default=Path("results/benchmarks/density"), help="where progress is kept")
    parser.add_argument("--molecules", type=int, default=64)
    parser.add_argument("--npt-ps", type=float, default=200.0, help="time averaged over")
    parser.add_argument("--equilibration-ps", type=float, default=60.0, help="time before it")
    parser.add_argument("--cutoff-nm", type=float, default=0.9)
    parser.add_argument("--electrostatics", choices=("pme", "reaction-field"), default="pme")
    parser.add_argument("--hydrogen-mass-Da", type=float, default=3.0)
    parser.add_argument(
        "--steps-per-period", type=float, default=6.0, help="time step: period of the stiffest mode over this, at most 4 fs"
    )
    parser.add_argument("--platform", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    options = AtomisticOptions(
        molecules=arguments.molecules,
        cutoff_nm=arguments.cutoff_nm,
        electrostatics=arguments.electrostatics,
        hydrogen_mass_Da=arguments.hydrogen_mass_Da,
        steps_per_period=arguments.steps_per_period,
        npt_ps=arguments.npt_ps,
        platform=arguments.platform,
        threads=arguments.threads,
    )
    results = []
    try:
        liquids = [
            load_liquid(name, arguments.liquid_directory, "--liquids")
            for name in arguments.liquids or available_liquids(arguments.liquid_directory)
        ]
        for liquid in liquids:
            results.append(measure(liquid, options, arguments.equilibration_ps, arguments.seed, arguments.directory / liquid.name))
            print(row(results[-1]), flush=True)
            if arguments.json:
                write_text(arguments.json, json.dumps(results, indent=2) + "\n")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(result["passed"] is not False for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
