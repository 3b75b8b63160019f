"""A model's motion over the first picoseconds, displacements and velocity autocorrelation, against the atomistic one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import Engine, RunSpecification
from mobcg.observables.blocks import Estimate
from mobcg.observables.velocity import VelocityAutocorrelation, displacement_velocities, velocity_autocorrelation
from mobcg.outcomes import Outcome
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]

MSD_RATIOS = {"msd_ratio_1ps": 1.0, "msd_ratio_5ps": 5.0, "msd_ratio_20ps": 20.0}
"""Columns of MSD_CG(t)/MSD_AA(t), and t in ps: who moves right at all times, not in D alone."""

ROUNDING = 0.98
"""A curve that ends at this part of a time still tells of it: frames lie whole steps apart."""

LEAST_STEPS = 4
"""Steps from frame to frame: with n of them friction gamma lowers C(0) over an interval h by gamma h / (6 n2), with one by 2 % at 5/ps."""

USABLE = (Outcome.OK, Outcome.GLASS)
"""Outcomes of a run whose velocities count: in so short a run a slow liquid looks like a glass."""


@dataclass(frozen=True)
class ShortTimeOptions:
    """Lengths of one run in ps, and the longest lag that is compared."""

    equilibration_ps: float = 20.0
    production_ps: float = 20.0
    longest_ps: float = 2.0

    def plan(self, plan: RunSpecification, interval_ps: float) -> RunSpecification:
        """The settings of `plan` with these lengths and frames every `interval_ps` exactly: a whole number of steps."""
        steps = max(LEAST_STEPS, math.ceil(interval_ps / plan.step_ps * (1 - 1e-9)))
        update = {
            "maximum_timestep_fs": 1000 * interval_ps / steps,
            "sample_interval_ps": interval_ps,
            "equilibration_ps": self.equilibration_ps,
            "production_ps": self.production_ps,
            "target_relative_error": None,
            "maximum_production_ps": None,
        }
        window = (self.production_ps / 20, self.production_ps / 5)
        return replace(
            plan,
            options=plan.options.model_copy(update=update),
            observables=plan.observables.model_copy(update={"fit_window_ps": window}),
            keep_trajectory=True,
            keep_counts=False,
            viscosity=False,
        )


@dataclass(frozen=True)
class ShortTimes:
    """V (see `velocity_error`) and the mean autocorrelation of the replicas; without them `reason` says why."""

    velocity_error: Estimate | None
    velocity: VelocityAutocorrelation | None
    reason: str
    wall_s: float


def compare_velocities(
    wanted: WantedLiquid,
    model: CoarseModel,
    engine: Engine,
    plan: RunSpecification,
    atomistic: VelocityAutocorrelation,
    replicas: int,
    seed: int,
    options: ShortTimeOptions | None = None,
) -> ShortTimes:
    """Run a model `replicas` times with frames as far apart as those behind `atomistic`, and compare the two autocorrelations.

    Both are of displacements over the same interval, so the smoothing that this brings is the same. Compared in nm2/ps2, not divided by
    C(0) = 3 kT/m: a model of another mass starts too low, and that is an error of it.
    """
    options = options or ShortTimeOptions()
    interval = float(atomistic.time_ps[1] - atomistic.time_ps[0])
    lags = min(len(atomistic.time_ps), int(options.longest_ps / interval * (1 + 1e-9)) + 1)
    frictional = model.run(wanted, seed, plan)
    plan = options.plan(frictional, interval)
    results = engine.run([model.run(wanted, derived_seed(seed, "short-times", number), plan) for number in range(replicas)])
    wall = sum(result.wall_s for result in results)
    curves = []
    for result in results:
        if result.outcome not in USABLE or result.trajectory is None:
            return ShortTimes(None, None, f"{result.outcome}: {result.reason}", wall)
        velocities = displacement_velocities(result.trajectory)
        curves.append(velocity_autocorrelation(velocities, interval, (lags - 1) * interval))
    values = np.array([curve.nm2_per_ps2 for curve in curves])
    mean = replace(
        curves[0],
        nm2_per_ps2=values.mean(axis=0),
        error_nm2_per_ps2=np.sqrt(np.sum([curve.error_nm2_per_ps2**2 for curve in curves], axis=0)) / len(curves),
    )
    error = velocity_error(list(values), atomistic.nm2_per_ps2[:lags], atomistic.error_nm2_per_ps2[:lags])
    return ShortTimes(error, mean, "", wall)


def velocity_error(replicas: Sequence[Array], atomistic: Array, atomistic_error: Array) -> Estimate:
    """V = sum (C - C*)2 / sum C*2 of the replicas' mean C against the atomistic C*, over lags, with its error (nan for a single replica).

    The error joins two parts: the jackknife over replicas, and that of C*, sum |dV/dC*| e with
    dV/dC* = -2 ((C - C*) + V C*) / sum C*2: at most so much, since neighbouring lags err together.
    """
    curves = np.asarray(replicas)
    size = float(np.sum(atomistic**2))

    def error_of(curve: Array) -> float:
        return float(np.sum((curve - atomistic) ** 2)) / size

    mean = curves.mean(axis=0)
    value, count = error_of(mean), len(curves)
    if count < 2:
        return Estimate(value, float("nan"))
    left_out = np.array([error_of(np.delete(curves, i, axis=0).mean(axis=0)) for i in range(count)])
    jackknife = (count - 1) / count * float(np.sum((left_out - left_out.mean()) ** 2))
    slope = -2 * (mean - atomistic + value * atomistic) / size
    return Estimate(value, math.hypot(math.sqrt(jackknife), float(np.sum(np.abs(slope) * atomistic_error))))


def displacement(time_ps: Array, msd_nm2: Array, wanted_ps: float) -> float:
    """The mean squared displacement at a time, interpolated between the logarithms of both; nan where the curve does not cover it."""
    moved = (time_ps > 0) & (msd_nm2 > 0)
    if not moved.any() or not time_ps[moved][0] * ROUNDING <= wanted_ps <= time_ps[moved][-1] / ROUNDING:
        return float("nan")
    inside = float(np.clip(wanted_ps, time_ps[moved][0], time_ps[moved][-1]))
    return wanted_ps / inside * float(np.exp(np.interp(np.log(inside), np.log(time_ps[moved]), np.log(msd_nm2[moved]))))
