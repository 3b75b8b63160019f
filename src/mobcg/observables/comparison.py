"""How wrong a coarse-grained model is: structure S, mobility M, and their errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import structure_error

Array = npt.NDArray[np.float64]


def mobility_error(coarse: Estimate, atomistic: Estimate) -> Estimate:
    """M = |ln(D_CG/D_AA)| with its standard error sqrt((e_CG/D_CG)2 + (e_AA/D_AA)2), from the two diffusion coefficients.

    Raises ValueError unless both are positive.
    """
    if coarse.value <= 0 or atomistic.value <= 0:
        raise ValueError(f"diffusion coefficients must be positive, found {coarse.value} and {atomistic.value}")
    error = math.hypot(coarse.error / coarse.value, atomistic.error / atomistic.value)
    return Estimate(abs(math.log(coarse.value / atomistic.value)), error)


def mean_structure_error(replicas: Sequence[Array], target: Array, target_error: Array) -> Estimate:
    """S = 1 - R2 of the replicas' mean g against the target, with its error (nan for a single replica).

    The error joins two parts: the jackknife over replicas, and that of the target's own noise, sqrt(sum (dS/dg*)2 e2) with
    dS/dg* = -2 ((g-g*) + S (g*-mean g*)) / sum (g*-mean g*)2.
    """
    curves = np.asarray(replicas)
    mean = curves.mean(axis=0)
    value = structure_error(mean, target)
    count = len(curves)
    if count < 2:
        return Estimate(value, float("nan"))
    left_out = np.array([structure_error(np.delete(curves, i, axis=0).mean(axis=0), target) for i in range(count)])
    jackknife = (count - 1) / count * np.sum((left_out - left_out.mean()) ** 2)
    centred = target - target.mean()
    slope = -2 * (mean - target + value * centred) / np.sum(centred**2)
    return Estimate(value, float(np.sqrt(jackknife + np.sum((slope * target_error) ** 2))))


def replica_mean(estimates: Sequence[Estimate]) -> Estimate:
    """Mean over independent replicas; the error is the larger of their spread over sqrt(n) and their own errors combined."""
    values = np.array([estimate.value for estimate in estimates])
    own = float(np.sqrt(np.sum([estimate.error**2 for estimate in estimates])) / len(values))
    spread = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return Estimate(float(values.mean()), max(own, spread))
