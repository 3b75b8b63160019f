"""Pressure of a liquid of beads from the virial of its pair forces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mobcg.observables.distances import pair_distances
from mobcg.observables.trajectory import Trajectory
from mobcg.potential.pair import PairPotential
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy


def pair_pressure(trajectory: Trajectory, potential: PairPotential, temperature_K: float) -> npt.NDArray[np.float64]:
    """Pressure of each frame in bar, shape (frames,): P = rho kT + 1/(3V) sum over pairs of r F(r).

    The kinetic part is taken at the bath's temperature. No correction beyond the cutoff: the table is zero there.
    Source: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., sec. 2.4.
    """
    volume = trajectory.box_nm**3
    ideal = trajectory.density_per_nm3 * thermal_energy(temperature_K)
    virials = [np.sum(r * potential.force(r)) for r in pair_distances(trajectory, potential.cutoff_nm)]
    return (ideal + np.array(virials) / (3 * volume)) * BAR_PER_KJ_MOL_NM3
