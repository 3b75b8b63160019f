"""The Lennard-Jones potential that comes nearest to a tabulated one: the only form of a pair potential that GROMACS still runs natively.

(It also had Buckingham's; `mdrun` of 2022 ends with "The Verlet cutoff-scheme does not (yet) support Buckingham".)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

ACCESSIBLE_KT = 4.0
"""Height of U in kT up to which the fit is made and judged."""


@dataclass(frozen=True)
class LennardJonesFit:
    """U = C12/r12 - C6/r6, shifted to zero at the cutoff as GROMACS does with potential-shift; errors in kT at `temperature_K`.

    rms_error_kT is weighted with exp(-U/kT), the largest is over all r with U below `ACCESSIBLE_KT` kT.
    """

    c6_kj_nm6_per_mol: float
    c12_kj_nm12_per_mol: float
    cutoff_nm: float
    temperature_K: float
    rms_error_kT: float
    largest_error_kT: float

    @property
    def sigma_nm(self) -> float:
        """Where C12/r12 - C6/r6 is zero."""
        return float((self.c12_kj_nm12_per_mol / self.c6_kj_nm6_per_mol) ** (1 / 6))

    @property
    def epsilon_kj_per_mol(self) -> float:
        """Depth of C12/r12 - C6/r6."""
        return self.c6_kj_nm6_per_mol**2 / (4 * self.c12_kj_nm12_per_mol)

    def energy(self, r_nm: npt.ArrayLike) -> Array:
        """U in kJ/mol, zero from the cutoff on."""
        r = np.asarray(r_nm, dtype=float)
        return np.asarray(np.where(r < self.cutoff_nm, _terms(r, self.cutoff_nm) @ (self.c12_kj_nm12_per_mol, self.c6_kj_nm6_per_mol), 0.0))


def fit(potential: PairPotential, temperature_K: float) -> LennardJonesFit:
    """Least squares in C12 and C6 (the problem is linear) over r with U < 4 kT, weighted with exp(-U/kT).

    Raises InputError where the nearest such potential has no repulsive core or no attraction, so that sigma and epsilon do not exist.
    """
    bath = thermal_energy(temperature_K)
    r = np.linspace(potential.r_nm[0], potential.cutoff_nm, 4 * len(potential.r_nm))[:-1]
    u = potential.energy(r)
    accessible = (u < ACCESSIBLE_KT * bath) & (r > 0)
    r, u = r[accessible], u[accessible]
    root = np.exp(-(u - u.min()) / (2 * bath))
    terms = _terms(r, potential.cutoff_nm)
    # columns of such different size that the solver would call the smaller one zero
    scale = np.linalg.norm(root[:, None] * terms, axis=0)
    (c12, c6), *_ = np.linalg.lstsq(root[:, None] * terms / scale, root * u, rcond=None)
    c12, c6 = c12 / scale[0], c6 / scale[1]
    if not (c12 > 0 and c6 > 0):
        raise InputError(f"no Lennard-Jones potential is near: the best has C12 = {c12:.3g}, C6 = {c6:.3g}, both must be positive")
    difference = (terms @ (c12, c6) - u) / bath
    rms = float(np.sqrt(np.sum((root * difference) ** 2) / np.sum(root**2)))
    return LennardJonesFit(float(c6), float(c12), potential.cutoff_nm, temperature_K, rms, float(np.max(np.abs(difference))))


def _terms(r_nm: Array, cutoff_nm: float) -> Array:
    """The factors of C12 and C6, shape (..., 2)."""
    return np.stack([r_nm**-12.0 - cutoff_nm**-12.0, cutoff_nm**-6.0 - r_nm**-6.0], axis=-1)
