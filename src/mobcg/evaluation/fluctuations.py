"""Compressibility from the volume's fluctuations at constant pressure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mobcg.atomistic.density import statistical_inefficiency
from mobcg.observables.blocks import Estimate
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

Array = npt.NDArray[np.float64]

GPA_PER_KJ_MOL_NM3 = BAR_PER_KJ_MOL_NM3 * 1e-4

BLOCKS = 5
"""Parts of the series that the jackknife leaves out in turn."""

LEAST_INDEPENDENT = 10.0
"""Independent volumes below which the series tells nothing of their spread."""

STARTS = np.linspace(0.0, 0.5, 11)
"""Parts of the series that may be dropped as relaxation."""


def compressibility(volumes_nm3: Array, temperature_K: float) -> Estimate | None:
    """kappa_T = var(V) / (kT <V>) in 1/GPa, with the standard error of a jackknife over blocks; None for too short a series.

    The start that leaves the most independent volumes, n/g, is dropped as relaxation. The variance is multiplied by n/(n - g), for the
    part of it that the mean of a correlated series takes away. Sources: Allen and Tildesley, Computer Simulation of Liquids, 2nd ed.,
    sec. 2.5; Chodera, J. Chem. Theory Comput. 12, 1799 (2016) for the start.
    """
    if len(volumes_nm3) < 2 * BLOCKS:
        return None
    candidates = [volumes_nm3[int(start * len(volumes_nm3)) :] for start in STARTS]
    series = max(candidates, key=lambda part: len(part) / statistical_inefficiency(part))
    inefficiency = statistical_inefficiency(series)
    if len(series) < LEAST_INDEPENDENT * inefficiency:
        return None

    def of(part: Array) -> float:
        variance = float(part.var()) * len(part) / (len(part) - inefficiency)
        return variance / (thermal_energy(temperature_K) * float(part.mean())) / GPA_PER_KJ_MOL_NM3

    blocks = np.array_split(series, BLOCKS)
    left_out = np.array([of(np.concatenate(blocks[:i] + blocks[i + 1 :])) for i in range(BLOCKS)])
    jackknife = (BLOCKS - 1) / BLOCKS * float(np.sum((left_out - left_out.mean()) ** 2))
    return Estimate(of(series), jackknife**0.5)
