import numpy as np
import pytest

from mobcg.potential.pair import PairPotential


def lennard_jones(sigma_nm, epsilon_kj_per_mol, cutoff_nm, spacing_nm=0.002, shift=True):
    r = np.arange(0.75 * sigma_nm, cutoff_nm + spacing_nm / 2, spacing_nm)
    r = np.linspace(r[0], cutoff_nm, len(r))
    u = 4 * epsilon_kj_per_mol * ((sigma_nm / r) ** 12 - (sigma_nm / r) ** 6)
    return PairPotential(r, u - u[-1] if shift else u)


@pytest.fixture(scope="session")
def soft():
    """A soft well of 0.6 kT at 298 K, like the inverted potentials of small alkanes."""
    r = np.linspace(0.3, 1.2, 91)
    core = 60.0 * np.exp(-(r - 0.3) / 0.05)
    well = -1.5 * np.exp(-(((r - 0.62) / 0.12) ** 2))
    tail = 1 - np.clip((r - 1.0) / 0.2, 0, 1) ** 2
    u = (core + well) * tail
    return PairPotential(r, u - u[-1])
