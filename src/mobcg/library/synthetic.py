"""Synthetic parents: potentials drawn from scratch, so that the library is not bound to the molecules that were simulated."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from mobcg.config import SyntheticOptions
from mobcg.library.parent import Parent
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core
from mobcg.seeds import generator
from mobcg.units import thermal_energy

Array = npt.NDArray[np.float64]

TEMPERATURE_K = 298.15
"""Temperature of synthetic liquids; in reduced units none is special."""

STEP = 0.01
"""Step of the table in reduced units."""

CORE_KT = 4.0
"""Energy in kT by which the core's size is told: U*(core) = `CORE_KT`."""

HIGHEST_KT = 25.0
"""Energy in kT where a table begins: further in, the engines go on with its slope."""

TAIL = 0.6
"""Length in reduced units over which the tail goes to zero before the cutoff."""

KIND = "synthetic"


def mie(x: Array, core: float, depth_kT: float, repulsion: float, attraction: float) -> Array:
    """Mie's potential C depth ((s/x)^n - (s/x)^m) in kT, with s such that it is `CORE_KT` at x = core; n = repulsion, m = attraction.

    C = n/(n-m) (n/m)^(m/(n-m)) makes `depth_kT` the depth of the well. Source: Mie, Ann. Phys. 316, 657 (1903).
    """
    n, m = repulsion, attraction
    strength = depth_kT * n / (n - m) * (n / m) ** (m / (n - m))
    low, high = 0.0, 2 * core
    for _ in range(60):
        middle = 0.5 * (low + high)
        reached = strength * ((middle / core) ** n - (middle / core) ** m) >= CORE_KT
        low, high = (low, middle) if reached else (middle, high)
    ratio = high / np.maximum(x, 0.3 * core)
    return np.asarray(strength * (ratio**n - ratio**m))


def random_shape(options: SyntheticOptions, density_per_nm3: float, temperature_K: float, random: np.random.Generator) -> PairPotential:
    """A random potential of Mie's form: uniform in core, depth and attraction, log-uniform in repulsion; its tail fades before the cutoff.

    The repulsive exponent is at least 2 above the attractive one.
    """
    core = random.uniform(*options.core)
    depth = random.uniform(*options.depth_kT)
    attraction = random.uniform(*options.attraction)
    low, high = np.log(options.repulsion)
    repulsion = max(float(np.exp(random.uniform(low, high))), attraction + 2)
    x: Array = np.asarray(STEP * np.arange(1, round(options.cutoff / STEP) + 1), dtype=float)
    t = np.clip((x - options.cutoff + TAIL) / TAIL, 0, 1)
    u = mie(x, core, depth, repulsion, attraction) * (1 - t**3 * (10 - 15 * t + 6 * t**2))
    kT = thermal_energy(temperature_K)
    return from_core(PairPotential(x * density_per_nm3 ** (-1 / 3), u * kT), HIGHEST_KT * kT)


def synthetic_parent(options: SyntheticOptions, seed: int, index: int) -> Parent:
    """Synthetic parent number `index` of a campaign: its potential and its random density, from a random stream of its own."""
    random = generator(seed, KIND, index)
    density = random.uniform(*options.density_per_nm3)
    potential = random_shape(options, density, TEMPERATURE_K, random)
    return Parent(synthetic_name(index), KIND, None, potential, density, TEMPERATURE_K)


def synthetic_name(index: int) -> str:
    """Name of a synthetic parent."""
    return f"{KIND}-{index:06d}"


def synthetic_index(name: str) -> int | None:
    """Number of the synthetic parent of that name, None for another parent."""
    kind, _, number = name.rpartition("-")
    return int(number) if kind == KIND else None


def synthetic_parents(names: Iterable[str], options: SyntheticOptions, seed: int) -> dict[str, Parent]:
    """The synthetic parents among `names`, by name."""
    numbers = {name: index for name in sorted(set(names)) if (index := synthetic_index(name)) is not None}
    return {name: synthetic_parent(options, seed, index) for name, index in numbers.items()}
