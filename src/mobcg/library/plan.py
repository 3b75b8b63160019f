"""The plan of the library: which potential, mass and friction each run gets, from the config and the seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mobcg.config import LibraryOptions
from mobcg.files import content_hash
from mobcg.outcomes import InputError
from mobcg.seeds import derived_seed, generator


def plan_library(options: LibraryOptions, parents: Sequence[str], seed: int) -> pd.DataFrame:
    """One row a run: run_id, parent, mass_Da, reduced_friction, scale, perturbation_kT, seed.

    Each run has a random stream of its own: for the same parents, more runs leave the earlier ones unchanged. Mass and scale are
    uniform in their ranges; the reduced friction is zero for a fraction of the runs, log-uniform otherwise; the perturbation's amplitude is
    uniform from zero. A run_id names options, parents and seed by a hash, so that databases of several campaigns can be joined.
    The first runs go through the parents in turn with the potential as it was inverted. Raises InputError without parents.
    """
    if not parents:
        raise InputError("the library needs at least one parent: config.templates holds no template with parameter_sets above 0")
    campaign = content_hash([options.of_a_run(), list(parents), seed])[:8]
    return pd.DataFrame([_row(options, parents, seed, index, campaign) for index in range(options.runs)])


def _row(options: LibraryOptions, parents: Sequence[str], seed: int, index: int, campaign: str) -> dict[str, object]:
    random = generator(seed, "library", index)
    parent = parents[index % len(parents)]
    mass = random.uniform(*options.mass_Da)
    scale = random.uniform(*options.scale)
    low, high = np.log(options.reduced_friction)
    friction = float(np.exp(random.uniform(low, high)))
    if random.uniform() < options.zero_friction_fraction:
        friction = 0.0
    amplitude = random.uniform(0, options.perturbation_kT)
    if index < len(parents):
        scale, amplitude, friction = 1.0, 0.0, 0.0
    return {
        "run_id": f"{campaign}-{index:06d}",
        "parent": parent,
        "mass_Da": mass,
        "reduced_friction": friction,
        "scale": scale,
        "perturbation_kT": amplitude,
        "seed": derived_seed(seed, "library run", index),
    }
