"""From a trajectory of beads to the result of a run: the same measurements for every engine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.observables.blocks import block_average
from mobcg.observables.diffusion import diffusion
from mobcg.observables.order import classify
from mobcg.observables.pressure import pair_pressure
from mobcg.observables.rdf import radial_distribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]


def measure(
    specification: RunSpecification,
    trajectory: Trajectory,
    temperatures_K: Array,
    energies_kj_per_mol: Array,
    final_nm: Array,
    engine: str,
    timestep_fs: float,
    wall_s: float,
) -> RunResult:
    """Measure g(r), D, pressure, temperature and, without a thermostat, the drift of the total energy; then judge the outcome."""
    observables = specification.observables
    rdf = radial_distribution(trajectory, observables.bin_width_nm, specification.r_max_nm, observables.blocks)
    outcome, reason = classify(trajectory, rdf)
    moved = diffusion(trajectory, observables.fit_window_ps, observables.blocks)
    if outcome is Outcome.OK and not moved.diffusion.value > 0:
        outcome, reason = Outcome.GLASS, f"D = {moved.diffusion.value:.3g} nm2/ns is not positive: nothing diffused"
    drift = None
    if specification.thermostat == "nve":
        slope = np.polyfit(trajectory.time_ps / 1000, energies_kj_per_mol, 1)[0]
        drift = float(slope / trajectory.molecules / thermal_energy(specification.temperature_K))
    return RunResult(
        outcome=outcome,
        reason=reason,
        engine=engine,
        timestep_fs=timestep_fs,
        box_nm=trajectory.box_nm,
        wall_s=wall_s,
        rdf=rdf,
        diffusion=moved,
        pressure_bar=block_average(pair_pressure(trajectory, specification.potential, specification.temperature_K), observables.blocks),
        temperature_K=block_average(temperatures_K, observables.blocks),
        energy_drift_kT_per_bead_ns=drift,
        final_nm=np.mod(final_nm, trajectory.box_nm),
        trajectory=trajectory,
    )
