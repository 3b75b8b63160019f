"""Corrections of a potential that is nearly right: inverse Monte Carlo about the prediction, not about the potential of mean force."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobcg.inversion.boltzmann import core_index
from mobcg.inversion.newton import InverseMonteCarlo, prior_roots
from mobcg.inversion.splines import SplineBasis
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

PRIOR_KT = 0.3
"""How far a prediction may be off before the correction costs as much as g off by its error."""

PRIOR_BEND_KT = 0.1


class Correction(InverseMonteCarlo):
    """Gauss-Newton steps with the prediction as origin: U = U_predicted + the splines' sum.

    The splines end where the potential or the target's g does, whichever comes first: beyond, the run has no say. In the core they go on as
    straight lines.
    """

    def __init__(self, target: InversionTarget, predicted: PairPotential, knot_spacing_nm: float) -> None:
        self.kT = thermal_energy(target.temperature_K)
        self.predicted = predicted
        self.target = target
        g = np.interp(predicted.r_nm, target.rdf.r_nm, target.rdf.g, left=0.0, right=1.0)
        end = min(predicted.cutoff_nm, float(target.rdf.r_nm[-1]))
        self.basis = SplineBasis(float(predicted.r_nm[core_index(g)]), end, knot_spacing_nm)
        self.origin = np.zeros(self.basis.size)
        self.prior = prior_roots(self.basis.size, PRIOR_KT * self.kT, PRIOR_BEND_KT * self.kT)
        self.responses = {}
        self.pressures = {}

    def start(self) -> PairPotential:
        """The prediction."""
        return self.predicted

    def update(self, potential: PairPotential, measurements: Sequence[Measurement], largest_kT: float) -> PairPotential:
        """The next potential, on the prediction's table; U times g (or 1 where that is less) changes nowhere by more than `largest_kT`."""
        r = self.predicted.r_nm
        u = potential.energy(r)
        now = self.basis.coefficients(r, u - self.predicted.u_kj_per_mol, np.ones_like(r))
        return PairPotential(r, u + self.step(potential, now, measurements, largest_kT) @ self.basis.values(r))

    def largest_change(self, r_nm: Array, change: Array) -> float:
        """The largest change of U where beads are: on the way into the core g is small, and U may change by much."""
        g = np.interp(r_nm, self.target.rdf.r_nm, self.target.rdf.g, left=0.0, right=1.0)
        return float(np.max(np.abs(change) * np.minimum(g, 1.0)))
