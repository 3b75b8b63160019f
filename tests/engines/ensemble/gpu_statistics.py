"""Do the GPU's results agree with those of the engine's own path within their errors?"""

import numpy as np

from benchmarks.bead_liquids import soft_liquid
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble.engine import EnsembleEngine
from mobcg.engines.specification import RunSpecification
from mobcg.outcomes import Outcome


def soft_specifications(thermostat, replicas, beads=500, production_ps=100.0):
    """Replicas of a soft liquid that differ in their seeds."""
    soft = soft_liquid()
    options = CoarseGrainedOptions(
        beads=beads, equilibration_ps=10.0, production_ps=production_ps, sample_interval_ps=0.5, maximum_timestep_fs=10.0
    )
    observables = ObservableOptions(fit_window_ps=(2.0, 8.0), bin_width_nm=0.02)
    friction = 4.0 if thermostat in ("langevin", "dpd") else 0.0
    state = (soft.potential, soft.mass_Da, soft.density_per_nm3, soft.temperature_K)
    return [RunSpecification(*state, seed, thermostat, friction, options, observables) for seed in range(replicas)]


def assert_agreement(run, specifications):
    """g(r), D, pressure and temperature of all replicas together within 4 standard errors of the processor's; errors from single runs."""
    found, expected = run(specifications), EnsembleEngine(threads=1).run(specifications)
    assert all(result.outcome is Outcome.OK for result in (*found, *expected))

    def pull(estimate):
        values = np.array([[estimate(result) for result in results] for results in (found, expected)])
        difference = values[0, :, 0].mean() - values[1, :, 0].mean()
        return difference / np.sqrt((values[..., 1] ** 2).sum() / len(specifications) ** 2)

    assert abs(pull(lambda result: result.diffusion.diffusion)) < 4
    assert abs(pull(lambda result: result.pressure_bar)) < 4
    assert abs(pull(lambda result: result.temperature_K)) < 4
    g, errors = (
        np.array([[getattr(result.rdf, name) for result in results] for results in (found, expected)]) for name in ("g", "g_error")
    )
    enough = g.mean(axis=(0, 1)) > 0.1
    difference = (g[0] - g[1]).mean(axis=0)[enough]
    pulls = difference / np.sqrt((errors**2).sum(axis=(0, 1))[enough] / len(specifications) ** 2)
    assert np.sqrt(np.mean(pulls**2)) < 1.8
