"""Units, physical constants and reduced units.

Everywhere: nm, ps, kJ/mol, Da, K, bar. Diffusion leaves the program in nm2/ns (1e-9 m2/s), friction in 1/ps, number density in 1/nm3.
With these units 1 Da nm2/ps2 = 1 kJ/mol exactly, so kT/m is in nm2/ps2 without a factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

BOLTZMANN = 8.31446261815324e-3
"""Boltzmann (gas) constant in kJ/mol/K; exact in the SI of 2019."""

AVOGADRO = 6.02214076e23
"""Particles per mole; exact in the SI of 2019."""

BAR_PER_KJ_MOL_NM3 = 1e-2 * 1e30 / AVOGADRO * 1e-3
"""1 kJ/mol/nm3 in bar (16.6054)."""

KJ_PER_KCAL = 4.184
"""Thermochemical calorie."""

GRAMS_PER_CM3_PER_DA_NM3 = 1e21 / AVOGADRO
"""1 Da/nm3 in g/cm3 (0.00166054)."""

ATMOSPHERE_BAR = 1.01325
"""Standard atmosphere in bar."""


def thermal_energy(temperature_K: float) -> float:
    """KT in kJ/mol."""
    return BOLTZMANN * temperature_K


def mass_density(number_density_per_nm3: float, mass_Da: float) -> float:
    """Mass density in g/cm3 of `number_density_per_nm3` molecules of `mass_Da` each."""
    return number_density_per_nm3 * mass_Da * GRAMS_PER_CM3_PER_DA_NM3


def number_density(density_g_per_cm3: float, mass_Da: float) -> float:
    """Number density in 1/nm3 of a liquid of `density_g_per_cm3`, molecules of `mass_Da`."""
    return density_g_per_cm3 / (mass_Da * GRAMS_PER_CM3_PER_DA_NM3)


@dataclass(frozen=True)
class ReducedUnits:
    """Reduced units of a one-component pair liquid: length rho^(-1/3), energy kT, time sqrt(m/kT) rho^(-1/3).

    A classical liquid of beads with a pair potential depends, in these units, only on U* = U/kT and on the
    reduced friction gamma*: mass, temperature and density drop out exactly. So with x = r rho^(1/3),

        D* = D rho^(1/3) sqrt(m/kT),     gamma* = gamma sqrt(m/kT) rho^(-1/3),     P* = P/(rho kT).

    Source: dimensional analysis of the equations of motion; Hansen and McDonald, Theory of Simple Liquids, 4th ed., sec. 3.
    """

    mass_Da: float
    temperature_K: float
    density_per_nm3: float

    def __post_init__(self) -> None:
        for name in ("mass_Da", "temperature_K", "density_per_nm3"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite, found {value!r}")

    @property
    def length_nm(self) -> float:
        """Unit of length in nm."""
        return float(self.density_per_nm3 ** (-1 / 3))

    @property
    def energy_kj_per_mol(self) -> float:
        """Unit of energy in kJ/mol."""
        return thermal_energy(self.temperature_K)

    @property
    def time_ps(self) -> float:
        """Unit of time in ps."""
        return self.length_nm * math.sqrt(self.mass_Da / self.energy_kj_per_mol)

    @property
    def diffusion_nm2_per_ns(self) -> float:
        """Unit of diffusion in nm2/ns."""
        return 1000 * self.length_nm**2 / self.time_ps

    @property
    def friction_per_ps(self) -> float:
        """Unit of friction in 1/ps."""
        return 1 / self.time_ps

    @property
    def pressure_bar(self) -> float:
        """Unit of pressure, rho kT, in bar."""
        return self.density_per_nm3 * self.energy_kj_per_mol * BAR_PER_KJ_MOL_NM3
