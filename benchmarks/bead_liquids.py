"""Liquids of beads that the benchmarks run: Lennard-Jones near its triple point, and a soft liquid like those of inverted potentials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy


@dataclass(frozen=True)
class BeadLiquid:
    """A potential at a state."""

    name: str
    potential: PairPotential
    mass_Da: float
    density_per_nm3: float
    temperature_K: float


def soft_liquid() -> BeadLiquid:
    """Beads of benzene's size and mass on a smooth potential: a soft core, a well of half kT at 0.63 nm, a wiggle in the second shell and
    zero, with two derivatives, at 1.5 nm.
    """
    temperature, cutoff = 298.15, 1.5
    r = np.linspace(0.3, cutoff, 601)
    core = 25 * np.exp(-(r - 0.35) / 0.045)
    well = -0.55 * np.exp(-(((r - 0.62) / 0.10) ** 2))
    wiggle = 0.12 * np.cos(2 * np.pi * (r - 0.62) / 0.55) * np.exp(-(((r - 1.10) / 0.25) ** 2))
    left = np.clip((cutoff - r) / 0.3, 0, 1)
    switch = left**3 * (10 - 15 * left + 6 * left**2)
    return BeadLiquid("soft", PairPotential(r, thermal_energy(temperature) * (core + well + wiggle) * switch), 86.0, 4.92, temperature)


def lennard_jones_liquid() -> BeadLiquid:
    """Argon at T* = 0.75, rho* = 0.8442, cut and shifted at 2.5 sigma; the triple point lies near T* = 0.69, rho* = 0.85."""
    sigma, depth_K = 0.34, 120.0
    r = np.linspace(0.75 * sigma, 2.5 * sigma, 401)
    u = 4 * thermal_energy(depth_K) * ((sigma / r) ** 12 - (sigma / r) ** 6)
    return BeadLiquid("Lennard-Jones", PairPotential(r, u - u[-1]), 39.948, 0.8442 / sigma**3, 0.75 * depth_K)
