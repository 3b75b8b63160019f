"""The plan of the library: which potential, state, mass and friction each run gets, from the config and the seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mobcg.config import LibraryOptions
from mobcg.files import content_hash
from mobcg.library.synthetic import synthetic_name
from mobcg.outcomes import InputError
from mobcg.seeds import derived_seed, generator


def plan_library(options: LibraryOptions, parents: Sequence[str], seed: int) -> pd.DataFrame:
    """One row a run: run_id, parent, mass_Da, reduced_friction, scale, perturbation_kT, blend, density_factor, seed.

    First the runs of the given parents, then those of synthetic ones. Each run has a random stream of its own: for the same parents, more
    runs leave the earlier ones unchanged, and other parents leave the synthetic runs unchanged. Mass, scale, density factor and blend (the
    share of a random shape in a given parent's potential) are uniform in their ranges; the reduced friction is zero for a fraction of the
    runs, log-uniform otherwise; the perturbation's amplitude is uniform from zero. A run_id names options, parents and seed by a hash, so
    that databases of several campaigns can be joined. The first runs go through the parents in turn with the potential as it was inverted.
    Raises InputError where runs of given parents are asked for without parents.
    """
    if options.runs and not parents:
        raise InputError("the library needs at least one parent: config.templates holds no template with parameter_sets above 0")
    campaign = content_hash([options.of_a_run(), list(parents), seed])[:8]
    synthetic = content_hash([options.of_a_run(synthetic=True), seed])[:8]
    rows = [_row(options, parents, seed, index, campaign) for index in range(options.runs)]
    rows += [_synthetic_row(options, seed, index, synthetic) for index in range(options.synthetic.runs)]
    return pd.DataFrame(rows)


def _row(options: LibraryOptions, parents: Sequence[str], seed: int, index: int, campaign: str) -> dict[str, object]:
    random = generator(seed, "library", index)
    row = _drawn(options, random) | {"scale": random.uniform(*options.scale), "blend": random.uniform(0, options.blend)}
    row["density_factor"] = random.uniform(*options.density_factor)
    if index < len(parents):
        row |= {"scale": 1.0, "perturbation_kT": 0.0, "reduced_friction": 0.0, "blend": 0.0, "density_factor": 1.0}
    return {
        "run_id": f"{campaign}-{index:06d}",
        "parent": parents[index % len(parents)],
        **row,
        "seed": derived_seed(seed, "library run", index),
    }


def _synthetic_row(options: LibraryOptions, seed: int, index: int, campaign: str) -> dict[str, object]:
    return {
        "run_id": f"{campaign}-s{index:06d}",
        "parent": synthetic_name(index // options.synthetic.runs_per_potential),
        **_drawn(options, generator(seed, "synthetic library", index)),
        "scale": 1.0,
        "blend": 0.0,
        "density_factor": 1.0,
        "seed": derived_seed(seed, "synthetic library run", index),
    }


def _drawn(options: LibraryOptions, random: np.random.Generator) -> dict[str, float]:
    """What every run draws: mass, friction and the amplitude of the perturbation."""
    mass = random.uniform(*options.mass_Da)
    low, high = np.log(options.reduced_friction)
    friction = float(np.exp(random.uniform(low, high)))
    if random.uniform() < options.zero_friction_fraction:
        friction = 0.0
    return {"mass_Da": mass, "reduced_friction": friction, "perturbation_kT": random.uniform(0, options.perturbation_kT)}
