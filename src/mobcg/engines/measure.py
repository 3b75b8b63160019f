"""From what an engine has sampled to the result of a run: the same measurements and the same verdict for every engine."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import RunResult, RunSpecification
from mobcg.observables.blocks import Estimate, block_average
from mobcg.observables.diffusion import Diffusion, diffusion
from mobcg.observables.finite_size import infinite_diffusion
from mobcg.observables.order import LAST_FRAMES, judge
from mobcg.observables.pressure import pair_pressure
from mobcg.observables.rdf import RadialDistribution, pair_counts, radial_distribution
from mobcg.observables.trajectory import Trajectory
from mobcg.observables.viscosity import shear_components, shear_viscosity
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

log = logging.getLogger(__name__)

HEATED_BY = 1.5
"""Kinetic temperature, in units of the bath's, above which a run counts as blown up."""


@dataclass(frozen=True)
class Sampled:
    """What every engine hands over.

    Series with one value a frame: pressure in bar, kinetic temperature in K, total energy in kJ/mol. first_nm: (beads, 3), last_nm:
    (frames, beads, 3), both unwrapped; final_nm: (beads, 3). stress_kj_per_mol_nm3: None, or (samples, 6) one in
    `RunSpecification.stress_stride` steps: xx, yy, zz, xy, xz, yz.
    """

    rdf: RadialDistribution
    diffusion: Diffusion
    time_ps: Array
    pressures_bar: Array
    temperatures_K: Array
    energies_kj_per_mol: Array
    first_nm: npt.NDArray[np.floating]
    last_nm: npt.NDArray[np.floating]
    final_nm: Array
    trajectory: Trajectory | None = None
    pair_counts: npt.NDArray[np.int64] | None = None
    stress_kj_per_mol_nm3: Array | None = None


def sample_trajectory(
    specification: RunSpecification, trajectory: Trajectory, temperatures_K: Array, energies_kj_per_mol: Array
) -> Sampled:
    """What a trajectory of unwrapped positions holds, for engines that keep one."""
    observables, positions = specification.observables, trajectory.positions_nm
    rdf = radial_distribution(trajectory, observables.bin_width_nm, specification.r_max_nm, observables.blocks)
    counts = pair_counts(trajectory, observables.bin_width_nm, len(rdf.r_nm)).astype(np.int64) if specification.keep_counts else None
    return Sampled(
        rdf,
        diffusion(trajectory, observables.fit_window_ps, observables.blocks),
        trajectory.time_ps,
        pair_pressure(trajectory, specification.potential, specification.temperature_K),
        temperatures_K,
        energies_kj_per_mol,
        positions[0],
        positions[-LAST_FRAMES:],
        positions[-1],
        trajectory if specification.keep_trajectory else None,
        counts,
    )


def measured_viscosity(specification: RunSpecification, sampled: Sampled, temperature_K: float) -> Estimate | None:
    """Viscosity in mPa s from the recorded stress; None where there is none, or the run is too short for a plateau of its integral."""
    if sampled.stress_kj_per_mol_nm3 is None:
        return None
    interval_ps, volume_nm3 = specification.stress_stride * specification.step_ps, specification.box_nm**3
    shear = shear_components(sampled.stress_kj_per_mol_nm3)
    measured = shear_viscosity(shear, interval_ps, volume_nm3, temperature_K, specification.observables.blocks)
    if not (measured.plateau and measured.viscosity.value > 0):
        log.warning("no viscosity: its integral has no plateau within %.3g ps; make the run longer", measured.cut_ps)
        return None
    return measured.viscosity


def freedom(specification: RunSpecification) -> int:
    """Degrees of freedom of the kinetic energy: three a bead, less three where the momentum is conserved."""
    return 3 * specification.options.beads - (0 if specification.thermostat == "langevin" else 3)


def blown_up(specification: RunSpecification, temperature_K: float = float("nan")) -> PhysicalFailure:
    """The failure of a run that heated to a mean temperature, or without end."""
    heated = f"to {temperature_K:.0f} K" if np.isfinite(temperature_K) else "without end"
    bath, step = specification.temperature_K, specification.timestep_fs
    return PhysicalFailure(Outcome.BLOW_UP, f"the liquid heated {heated} in a bath of {bath:.0f} K at a step of {step:.1f} fs")


def conclude(specification: RunSpecification, sampled: Sampled, engine: str, timestep_fs: float, steps: int, wall_s: float) -> RunResult:
    """Means with errors, the drift of the total energy where there is no thermostat, and the outcome."""
    box, blocks = specification.box_nm, specification.observables.blocks
    length = float(sampled.time_ps[-1] - sampled.time_ps[0])
    outcome, reason = judge(sampled.first_nm, sampled.last_nm, box, length, sampled.rdf)
    value = sampled.diffusion.diffusion.value
    if outcome is Outcome.OK and not value > 0:
        outcome, reason = Outcome.GLASS, f"D = {value:.3g} nm2/ns is not positive: nothing diffused"
    drift = None
    if specification.thermostat == "nve":
        slope = np.polyfit(sampled.time_ps / 1000, sampled.energies_kj_per_mol, 1)[0]
        drift = float(slope / len(sampled.final_nm) / thermal_energy(specification.temperature_K))
    temperature = block_average(sampled.temperatures_K, blocks)
    viscosity = measured_viscosity(specification, sampled, temperature.value)
    infinite = infinite_diffusion(sampled.diffusion.diffusion, viscosity, temperature.value, box) if viscosity is not None else None
    return RunResult(
        outcome=outcome,
        reason=reason,
        engine=engine,
        timestep_fs=timestep_fs,
        box_nm=box,
        wall_s=wall_s,
        steps=steps,
        rdf=sampled.rdf,
        diffusion=sampled.diffusion,
        pressure_bar=block_average(sampled.pressures_bar, blocks),
        temperature_K=temperature,
        energy_drift_kT_per_bead_ns=drift,
        final_nm=np.mod(sampled.final_nm, box),
        trajectory=sampled.trajectory,
        pair_counts=sampled.pair_counts,
        viscosity_mPa_s=viscosity,
        diffusion_infinite=infinite,
    )
