"""Self-diffusion freed of the size of the periodic box."""

from __future__ import annotations

import math

from mobcg.observables.blocks import Estimate
from mobcg.observables.viscosity import MPA_S_PER_KJ_MOL_NM3_PS
from mobcg.units import thermal_energy

LATTICE_CONSTANT = 2.837297
"""Constant of the cubic lattice of periodic images."""


def infinite_diffusion(diffusion: Estimate, viscosity_mPa_s: Estimate, temperature_K: float, box_nm: float) -> Estimate:
    """D in nm2/ns of a liquid without boundaries, from D in a periodic cube: D_inf = D + 2.837297 kT / (6 pi eta L).

    The errors of D and of eta are added in quadrature, as independent. Holds for a liquid that conserves momentum, in a box several beads
    wide. Sources: Duenweg and Kremer, J. Chem. Phys. 99, 6983 (1993); Yeh and Hummer, J. Phys. Chem. B 108, 15873 (2004).
    Raises ValueError for a viscosity that is not positive.
    """
    if not viscosity_mPa_s.value > 0:
        raise ValueError(f"the viscosity must be positive, found {viscosity_mPa_s.value!r} mPa s")
    viscosity = viscosity_mPa_s.value / MPA_S_PER_KJ_MOL_NM3_PS
    correction = 1000 * LATTICE_CONSTANT * thermal_energy(temperature_K) / (6 * math.pi * viscosity * box_nm)
    error = math.hypot(diffusion.error, correction * viscosity_mPa_s.error / viscosity_mPa_s.value)
    return Estimate(diffusion.value + correction, error)
