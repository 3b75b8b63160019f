"""Iterative Boltzmann inversion: U <- U + a kT ln(g/g*)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobcg.config import InversionOptions
from mobcg.inversion.boltzmann import LEAST_G, core_index, finished, mean_force_potential
from mobcg.inversion.pressure import linear_correction
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import smoothed
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]


class IterativeBoltzmann:
    """Updates by the logarithm of g over its target, damped and smoothed; with several states the weighted mean of theirs.

    Sources: Reith, Puetz and Mueller-Plathe, J. Comput. Chem. 24, 1624 (2003); for several states Moore, Iacovella and McCabe, J. Chem.
    Phys. 140, 224104 (2014).
    """

    needs_counts = False

    def __init__(self, targets: Sequence[InversionTarget], cutoff_nm: float, options: InversionOptions) -> None:
        self.targets, self.cutoff_nm, self.options = targets, cutoff_nm, options

    def start(self) -> PairPotential:
        """The potential of mean force."""
        return mean_force_potential(self.targets, self.cutoff_nm, self.options.smoothing_nm)

    def update(self, potential: PairPotential, measurements: Sequence[Measurement], largest_kT: float) -> PairPotential:
        """The next potential; U changes nowhere by more than `largest_kT`."""
        weights = np.array([measurement.target.weight for measurement in measurements])
        changes = [self._change(potential, measurement, largest_kT) for measurement in measurements]
        change = np.average(changes, axis=0, weights=weights)
        reach = [np.interp(potential.r_nm, each.target.rdf.r_nm, each.target.rdf.g, left=0.0) for each in measurements]
        first = min(core_index(g) for g in reach)
        kT = float(np.average([thermal_energy(measurement.target.temperature_K) for measurement in measurements], weights=weights))
        return finished(potential.r_nm, potential.u_kj_per_mol + change, first, kT)

    def _change(self, potential: PairPotential, measurement: Measurement, largest_kT: float) -> Array:
        r, kT = potential.r_nm, thermal_energy(measurement.target.temperature_K)
        g = np.interp(r, measurement.r_nm, measurement.g, left=0.0)
        wanted = np.interp(r, measurement.r_nm, measurement.wanted, left=0.0)
        first = core_index(wanted)
        known = (g > 0.2 * LEAST_G) & (wanted > 0.2 * LEAST_G)
        change = np.zeros_like(r)
        change[known] = np.log(g[known] / wanted[known])
        change[first:] = smoothed(change[first:], self.options.smoothing_nm / potential.spacing_nm)
        return np.asarray(np.clip(self.options.damping * change, -largest_kT, largest_kT) * kT + linear_correction(r, measurement))
