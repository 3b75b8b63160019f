"""How large a time step may be: energy drift without a thermostat, and g(r), D and pressure at each step against the finest.

    python benchmarks/timestep.py

Steps are given as steps per period, the config key coarse_grained.steps_per_period: the period of two beads on the steepest accessible part
of the potential over the step. The drift is per bead and ns; ns/day on one core.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bead_liquids import lennard_jones_liquid, soft_liquid
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification


def main() -> int:
    """Print one line for each liquid and step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps-per-period", type=float, nargs="+", default=[80, 40, 28, 20, 14, 10])
    parser.add_argument("--production-ps", type=float, default=600.0)
    arguments = parser.parse_args()
    engine = get_engine("ensemble")
    print(
        "liquid         steps/period  step fs  drift kT/bead/ns   ns/day      T K              P bar             D nm2/ns       largest dg"
    )
    for liquid in (soft_liquid(), lennard_jones_liquid()):
        finest = None
        for steps in sorted(arguments.steps_per_period, reverse=True):
            options = CoarseGrainedOptions(
                beads=500,
                equilibration_ps=50,
                production_ps=arguments.production_ps,
                sample_interval_ps=0.2,
                steps_per_period=steps,
                maximum_timestep_fs=100,
            )
            observables = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(3, 15))
            state = (liquid.potential, liquid.mass_Da, liquid.density_per_nm3, liquid.temperature_K)
            canonical = RunSpecification(*state, 1, options=options, observables=observables)
            result, free = engine.run([canonical, replace(canonical, thermostat="nve")])
            if not result.ok:
                print(f"{liquid.name:14s} {steps:12g} {result.timestep_fs:8.1f}  {result.outcome}: {result.reason}")
                continue
            finest = finest or result
            nanoseconds_a_day = 1e-6 * result.timestep_fs * result.steps / result.wall_s * 86400
            estimates = [result.temperature_K, result.pressure_bar, result.diffusion.diffusion]
            shown = "  ".join(f"{value:8.2f} +- {error:5.2f}" for value, error in estimates)
            drift, deviation = free.energy_drift_kT_per_bead_ns, np.abs(result.rdf.g - finest.rdf.g).max()
            step = f"{liquid.name:14s} {steps:12g} {result.timestep_fs:8.1f}"
            print(f"{step}  {drift:+16.1e} {nanoseconds_a_day:8.0f}  {shown}  {deviation:8.4f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
