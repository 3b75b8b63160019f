"""Inverse Monte Carlo: Newton's method with the response of g(r) to the potential taken from the run's own fluctuations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mobcg.config import InversionOptions
from mobcg.inversion.boltzmann import LEAST_SLOPE_KT_PER_NM, core_index, mean_force_potential
from mobcg.inversion.pressure import pressure_change_wanted
from mobcg.inversion.splines import SplineBasis
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.blocks import Estimate
from mobcg.potential.pair import PairPotential
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

PRIOR_KT = 1.0
"""How far the coefficients may be from those of the potential of mean force before it costs as much as g off by its error."""

PRIOR_BEND_KT = 0.2
"""The same for second differences of neighbouring coefficients: keeps the potential smooth where g says little."""

MODEL_ERROR = 0.003
"""Error of g that is allowed for besides the noise of run and target: what the linear response leaves out."""

PRESSURE_ERROR_BAR = (5.0, 30.0)
"""How exactly the wanted change of pressure is met: where one is asked for, and where it is only held."""

LOGARITHM_FLOOR = 0.01
"""g below which its logarithm says nothing."""

MEMORY = 1.0
"""Weight of the responses of the updates before against the present one: averages their noise."""


class InverseMonteCarlo:
    """Gauss-Newton in cubic B-splines: dg(r)/da_j = -<dg(r) dPhi_j>/kT, Phi_j the sum of spline j over all pairs.

    A step a minimises |(g* - g - J a)/e|2 over all states, with a Gaussian prior about the potential of mean force and the wanted change of
    each state's pressure (its response from the virial and from J) as one more measurement; so structure and pressure are met together.
    Sources: Lyubartsev and Laaksonen, Phys. Rev. E 52, 3730 (1995); for regularised Newton steps with constraints Delbary, Hanke and
    Ivanizki, Comput. Methods Appl. Math. 20, 1 (2020) and Bernhardt, Hanke and van der Vegt, J. Chem. Phys. 154, 084118 (2021).
    """

    needs_counts = True

    def __init__(self, targets: Sequence[InversionTarget], cutoff_nm: float, options: InversionOptions) -> None:
        weights = [target.weight for target in targets]
        self.kT = float(np.average([thermal_energy(target.temperature_K) for target in targets], weights=weights))
        raw = mean_force_potential(targets, cutoff_nm, options.smoothing_nm)
        g = np.max([np.interp(raw.r_nm, target.rdf.r_nm, target.rdf.g, left=0.0) for target in targets], axis=0)
        first = core_index(g)
        self.r_nm = raw.r_nm
        self.basis = SplineBasis(float(raw.r_nm[first]), raw.cutoff_nm, options.knot_spacing_nm)
        self.origin = self.basis.coefficients(raw.r_nm, raw.u_kj_per_mol, np.minimum(g, 1.0))
        self.prior = prior_roots(self.basis.size, PRIOR_KT * self.kT, PRIOR_BEND_KT * self.kT)
        self.responses: dict[int, Array] = {}
        self.pressures: dict[int, list[tuple[Array, Estimate]]] = {}

    def start(self) -> PairPotential:
        """The potential of mean force in splines."""
        return self._table(self.origin)

    def update(self, potential: PairPotential, measurements: Sequence[Measurement], largest_kT: float) -> PairPotential:
        """The next potential; U changes nowhere by more than `largest_kT`."""
        now = self.basis.coefficients(potential.r_nm, potential.u_kj_per_mol, np.ones_like(potential.r_nm))
        return self._table(now + self.step(potential, now, measurements, largest_kT))

    def step(self, potential: PairPotential, now: Array, measurements: Sequence[Measurement], largest_kT: float) -> Array:
        """Change of the coefficients, which are `now`, after a run of each state."""
        matrix = self.prior.T @ self.prior
        vector = -matrix @ (now - self.origin)
        for index, measurement in enumerate(measurements):
            self.pressures.setdefault(index, []).append((now, measurement.pressure_bar))
            rows, wanted = self._equations(index, measurement, potential)
            weight = measurement.target.weight * len(measurements) / sum(each.target.weight for each in measurements)
            matrix = matrix + weight * rows.T @ rows
            vector = vector + weight * rows.T @ wanted
        step = np.linalg.solve(matrix, vector)
        r = potential.r_nm[potential.r_nm >= self.basis.first_nm]
        size = self.largest_change(r, step @ self.basis.values(r)) / self.kT
        return np.asarray(step * min(1.0, largest_kT / max(size, 1e-12)))

    def largest_change(self, r_nm: Array, change: Array) -> float:
        """What of a change of U on distances outside the core is limited."""
        return float(np.max(np.abs(change)))

    def _table(self, coefficients: Array) -> PairPotential:
        return self.basis.table(coefficients, self.r_nm, LEAST_SLOPE_KT_PER_NM * self.kT)

    def _equations(self, index: int, measurement: Measurement, potential: PairPotential) -> tuple[Array, Array]:
        """One state's rows and right hand sides, each over its error."""
        target, result = measurement.target, measurement.result
        rdf, counts = result.rdf, result.pair_counts
        assert rdf is not None
        assert counts is not None
        r, g, kT = rdf.r_nm, rdf.g, thermal_energy(target.temperature_K)
        wanted = np.interp(r, target.rdf.r_nm, target.rdf.g, left=0.0)
        response = self._response(index, counts, r, g, kT)
        row = secant(self._pressure_response(measurement, potential, r, g, response), self.pressures[index])
        missing = wanted - g
        error = np.full_like(g, np.sqrt(rdf.g_error.mean() ** 2 + target.rdf.g_error.mean() ** 2 + MODEL_ERROR**2))
        # on the way up to the first peak g depends on U exponentially: its logarithm is closer to linear
        foot = r < r[np.argmax(wanted)]
        now, then = g[foot] + LOGARITHM_FLOOR, wanted[foot] + LOGARITHM_FLOOR
        scale = np.maximum(now, then)
        missing[foot] = scale * np.log(then / now)
        error[foot] *= np.clip(scale, 0.2, 1.0)
        response = response.copy()
        response[foot] *= (scale / now)[:, None]
        exact = PRESSURE_ERROR_BAR[0 if target.pressure_bar is not None else 1]
        return np.vstack([response / error[:, None], row / exact]), np.append(missing / error, pressure_change_wanted(measurement) / exact)

    def _response(self, index: int, counts: npt.NDArray[np.int64], r: Array, g: Array, kT: float) -> Array:
        """dg/da in mol/kJ, shape (bins, coefficients), averaged with that of the updates before."""
        mean = counts.mean(axis=0)
        sums = counts @ self.basis.values(r).T
        per_pair = np.divide(g, mean, out=np.zeros_like(g), where=mean > 0)
        fresh = -per_pair[:, None] * ((counts - mean).T @ (sums - sums.mean(axis=0))) / len(counts) / kT
        old = self.responses.get(index)
        self.responses[index] = fresh if old is None or old.shape != fresh.shape else (MEMORY * old + fresh) / (1 + MEMORY)
        return self.responses[index]

    def _pressure_response(self, measurement: Measurement, potential: PairPotential, r: Array, g: Array, response: Array) -> Array:
        """dP/da in bar mol/kJ: P = rho kT - 2 pi/3 rho2 int u' g r3 dr changes with u' and with g."""
        factor = 2 * np.pi / 3 * measurement.target.density_per_nm3**2 * (r[1] - r[0]) * BAR_PER_KJ_MOL_NM3
        direct = -self.basis.values(r, derivative=1) @ (g * r**3)
        through_g = (potential.force(r) * r**3) @ response
        return np.asarray(factor * (direct + through_g))


def secant(row: Array, pressures: Sequence[tuple[Array, Estimate]]) -> Array:
    """A response dP/da with what former steps have shown put in, so that the steps seen are told right: Broyden's update for each.

    row + (dP - row.da) w da/|da|2, dP and da the differences of one run and the next; w = s2/(s2 + e2) leaves out what the errors e of dP
    hide, s half the change expected. A response estimated from a run's fluctuations is noisy, and a step that follows its noise changes the
    pressure by less than it says, by the part of the noise in |row|2. Source: Broyden, Math. Comput. 19, 577 (1965).
    """
    for (before, first), (after, second) in pairwise(pressures):
        step = after - before
        length = float(step @ step)
        if length > 0:
            expected = float(row @ step)
            trust = (0.5 * expected) ** 2 / ((0.5 * expected) ** 2 + first.error**2 + second.error**2 + 1e-12)
            row = row + trust * (second.value - first.value - expected) / length * step
    return row


def prior_roots(size: int, spread: float, bend: float) -> Array:
    """Rows whose product with the distance from the origin, squared, is the cost of the prior: `spread` of a coefficient, `bend` of
    second differences.
    """
    one = np.eye(size)
    return np.vstack([one / spread, np.diff(one, 2, axis=0) / bend])
