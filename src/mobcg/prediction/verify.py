"""Verification: independent runs of a model, compared with the liquid it is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import Engine, RunResult, RunSpecification
from mobcg.engines.until import run_until
from mobcg.observables.blocks import Estimate
from mobcg.observables.comparison import mean_structure_error, mobility_error, replica_mean
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verification:
    """What the replicas of a model gave together: S and M of their means, D, pressure, g(r) and mean squared displacement.

    Where the outcome is not OK, `reason` says why and the values are None. mobility_error is None where nothing diffused.
    """

    outcome: Outcome
    reason: str
    wall_s: float
    results: tuple[RunResult, ...] = ()
    structure_error: Estimate | None = None
    mobility_error: Estimate | None = None
    diffusion: Estimate | None = None
    pressure: Estimate | None = None
    rdf: RadialDistribution | None = None
    time_ps: Array | None = None
    msd_nm2: Array | None = None


def verify(wanted: WantedLiquid, model: CoarseModel, engine: Engine, plan: RunSpecification, replicas: int, seed: int) -> Verification:
    """Run a model `replicas` times from independent starts, with the settings of `plan`, and compare with the liquid wanted.

    S of the replicas' mean g on the target's bins, M = |ln D_CG/D_AA| of their mean D, errors over replicas.
    """
    if model.potential is None:
        return Verification(model.outcome, model.reason, 0.0)
    runs = [model.run(wanted, derived_seed(seed, "verify", number), replace(plan, keep_counts=False)) for number in range(replicas)]
    return compared(wanted, run_until(engine, runs))


def compared(wanted: WantedLiquid, results: Sequence[RunResult]) -> Verification:
    """The replicas' results against the liquid wanted."""
    wall = sum(result.wall_s for result in results)
    bad = [result for result in results if not result.ok]
    if bad:
        return Verification(bad[0].outcome, f"{len(bad)} of {len(results)} replicas: {bad[0].reason}", wall, tuple(results))
    target = wanted.structure.rdf
    covered = target.r_nm <= min(float(result.rdf.r_nm[-1]) for result in results if result.rdf is not None) + target.bin_width_nm
    r, wanted_g, wanted_error = target.r_nm[covered], target.g[covered], target.g_error[covered]
    curves = [result.rdf.on_grid(r) for result in results if result.rdf is not None]
    moved = [result.diffusion for result in results if result.diffusion is not None]
    diffusion = replica_mean([each.diffusion for each in moved])
    outcome, reason = Outcome.OK, ""
    if diffusion.value <= 0:
        outcome, reason = Outcome.GLASS, f"D = {diffusion.value:.3g} nm2/ns is not positive: nothing diffused"
    lags = min(len(each.time_ps) for each in moved)
    return Verification(
        outcome,
        reason,
        wall,
        tuple(results),
        mean_structure_error([curve.g for curve in curves], wanted_g, wanted_error),
        None if outcome is not Outcome.OK else mobility_error(diffusion, wanted.diffusion),
        diffusion,
        replica_mean([result.pressure_bar for result in results if result.pressure_bar is not None]),
        RadialDistribution(
            r,
            np.mean([curve.g for curve in curves], axis=0),
            np.sqrt(np.sum([curve.g_error**2 for curve in curves], axis=0)) / len(curves),
        ),
        moved[0].time_ps[:lags],
        np.mean([each.msd_nm2[:lags] for each in moved], axis=0),
    )
