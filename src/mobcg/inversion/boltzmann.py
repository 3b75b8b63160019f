"""The potential of mean force: where every inversion starts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobcg.inversion.target import InversionTarget
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import ending_at_cutoff, smoothed, with_core
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

LEAST_G = 0.05
"""g below which -ln g is noise: the core is extrapolated from the first bin that reaches it (and stays above)."""

LEAST_SLOPE_KT_PER_NM = 20.0
"""Slope that an extrapolated core has at least."""


def core_index(g: Array) -> int:
    """Index of the first bin from which g stays at `LEAST_G` or above until its highest peak."""
    peak = int(np.argmax(g))
    below = np.flatnonzero(g[:peak] < LEAST_G)
    return int(below[-1]) + 1 if len(below) else 0


def direct_inversion(target: RadialDistribution, temperature_K: float, cutoff_nm: float, smoothing_nm: float = 0.0) -> PairPotential:
    """U(r) = -kT ln g(r), smoothed, with a repelling core below the first pairs and U = 0 at the cutoff.

    Exact in the limit of low density. Raises InputError where the target ends below the cutoff or never leaves zero.
    """
    spacing = target.bin_width_nm
    inside = target.r_nm <= cutoff_nm + 1e-9
    if target.r_nm[-1] < cutoff_nm - 1.01 * spacing:
        raise InputError(f"g(r) ends at {target.r_nm[-1]:.3f} nm, before the cutoff of {cutoff_nm:.3f} nm")
    r, g = target.r_nm[inside], target.g[inside]
    first = core_index(g)
    if g.max() < LEAST_G or first > len(g) - 10:
        raise InputError(f"g(r) never rises above {LEAST_G} inside the cutoff of {cutoff_nm:.3f} nm: nothing to invert")
    kT = thermal_energy(temperature_K)
    u = np.zeros_like(g)
    u[first:] = smoothed(-kT * np.log(np.maximum(g[first:], 1e-3)), smoothing_nm / spacing)
    return finished(r, u, first, kT)


def mean_force_potential(targets: Sequence[InversionTarget], cutoff_nm: float, smoothing_nm: float = 0.0) -> PairPotential:
    """The mean over states, by their weights, of their potentials of mean force, on the first state's bins."""
    tables = [direct_inversion(target.rdf, target.temperature_K, cutoff_nm, smoothing_nm) for target in targets]
    if len(tables) == 1:
        return tables[0]
    r = tables[0].r_nm
    return PairPotential(r, np.average([table.energy(r) for table in tables], axis=0, weights=[target.weight for target in targets]))


def finished(r_nm: Array, u: Array, first: int, kT: float) -> PairPotential:
    """The table with its core (below index `first`) and its end at the cutoff put right."""
    return PairPotential(r_nm, with_core(r_nm, ending_at_cutoff(r_nm, u), first, LEAST_SLOPE_KT_PER_NM * kT))
