"""Corrections of a potential that is nearly right: inverse Monte Carlo about the prediction, not about the potential of mean force."""

from __future__ import annotations

import numpy as np

from mobcg.inversion.boltzmann import core_index
from mobcg.inversion.newton import InverseMonteCarlo, prior_roots
from mobcg.inversion.splines import SplineBasis
from mobcg.inversion.target import InversionTarget
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy

PRIOR_KT = 0.3
"""How far a prediction may be off before the correction costs as much as g off by its error."""

PRIOR_BEND_KT = 0.1

FIRST_KT = 8.0
"""Energy up to which the core belongs to the splines at least; further in it follows them."""


class Correction(InverseMonteCarlo):
    """Gauss-Newton steps with the prediction as origin, on its own table: it may reach farther than the target's g does.

    Where no pressure is asked for, none is held: the prediction's liquid is stable as it is.
    """

    held_pressure_error_bar = float("inf")

    def __init__(self, target: InversionTarget, predicted: PairPotential, knot_spacing_nm: float) -> None:
        self.kT = thermal_energy(target.temperature_K)
        self.r_nm = predicted.r_nm
        g = np.interp(predicted.r_nm, target.rdf.r_nm, target.rdf.g, left=0.0, right=1.0)
        low = int(np.argmax(predicted.u_kj_per_mol < FIRST_KT * self.kT))
        first = max(core_index(g), low)
        self.basis = SplineBasis(float(predicted.r_nm[first]), predicted.cutoff_nm, knot_spacing_nm)
        self.origin = self.basis.coefficients(predicted.r_nm, predicted.u_kj_per_mol, np.ones_like(predicted.r_nm))
        self.prior = prior_roots(self.basis.size, PRIOR_KT * self.kT, PRIOR_BEND_KT * self.kT)
        self.responses = {}
