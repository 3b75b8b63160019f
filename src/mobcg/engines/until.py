"""Runs that go on until D is known well enough, with any engine."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import Engine, RunResult, RunSpecification
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion, diffusion_of_sums
from mobcg.observables.displacements import joined
from mobcg.observables.rdf import RadialDistribution
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

GROWTH = 1.5
"""Length of a run at a check over that at the check before: few and far checks keep the stop from favouring errors that came out small."""

REHEATING_PS = 10.0
"""Longest equilibration of a stretch that goes on from an equilibrated liquid: its velocities alone are new."""


@dataclass
class _Course:
    """A run and its stretches so far."""

    specification: RunSpecification
    stretches: list[RunResult] = field(default_factory=list)
    lengths_ps: list[float] = field(default_factory=list)
    stopped: str = ""

    @property
    def length_ps(self) -> float:
        return sum(self.lengths_ps)


def run_until(engine: Engine, specifications: Sequence[RunSpecification]) -> list[RunResult]:
    """Run each specification as `engine.run` does; those whose options name a `target_relative_error` go on until D is that good.

    After a run of `production_ps`, runs whose D is not yet known within the target go on from their last positions, all in one batch, with
    new velocities, by stretches as long as the first or half of all before, while no `maximum_production_ps` forbids another. Results are
    those of all stretches: D from the joined squared displacements, g(r) and means weighted by length. A stretch that does not end well
    gives its outcome to the run. `stop_reason` says why a run ended and `production_ps` after how long; the trajectory, where one is kept,
    is that of the last stretch.
    """
    courses = [_Course(specification) for specification in specifications]
    _advance(engine, courses, [specification.options.production_ps for specification in specifications], list(specifications))
    while going := [course for course in courses if not course.stopped and course.specification.options.target_relative_error is not None]:
        lengths = [_next_length(course) for course in going]
        _advance(engine, going, lengths, [_continuation(course, length) for course, length in zip(going, lengths, strict=True)])
    return [_result(course) for course in courses]


def _advance(engine: Engine, courses: Sequence[_Course], lengths_ps: Sequence[float], specifications: list[RunSpecification]) -> None:
    for course, length, result in zip(courses, lengths_ps, engine.run(specifications), strict=True):
        course.stretches.append(result)
        course.lengths_ps.append(length)
        course.stopped = _stop_reason(course)
        if course.stopped:
            log.info("run stopped: %s", course.stopped)


def _stop_reason(course: _Course) -> str:
    """Why the run ends here; "" where it goes on, or where it has no target."""
    options, last = course.specification.options, course.stretches[-1]
    target, maximum = options.target_relative_error, options.maximum_production_ps
    if target is None:
        return ""
    length = f"{course.length_ps / 1000:.3g} ns"
    if not last.ok or last.final_nm is None or (found := _diffusion(course)) is None:
        return f"{last.outcome} after {length}"
    if found.relative_error <= target:
        return f"D within {100 * found.relative_error:.2g} % after {length}"
    if maximum is None or maximum - course.length_ps < options.production_ps * (1 - 1e-9):
        return f"maximum length {length}: D within {100 * found.relative_error:.2g} %"
    return ""


def _next_length(course: _Course) -> float:
    """Length of the next stretch in ps: the rest up to the maximum where less than a whole stretch would be left after it."""
    options = course.specification.options
    assert options.maximum_production_ps is not None
    least, rest = options.production_ps, options.maximum_production_ps - course.length_ps
    wanted = max(least, (GROWTH - 1) * course.length_ps)
    return rest if rest < wanted + least else wanted


def _continuation(course: _Course, length_ps: float) -> RunSpecification:
    asked = course.specification
    options = asked.options.model_copy(
        update={"production_ps": length_ps, "equilibration_ps": min(asked.options.equilibration_ps, REHEATING_PS)}
    )
    seed = derived_seed(asked.seed, "stretch", len(course.stretches))
    return replace(asked, options=options, seed=seed, start_nm=course.stretches[-1].final_nm)


def _diffusion(course: _Course) -> Diffusion | None:
    """D of all stretches."""
    found = [stretch.diffusion for stretch in course.stretches if stretch.diffusion is not None]
    sums = [each.sums for each in found if each.sums is not None]
    if len(found) == 1 or len(sums) < len(found) or not sums:
        return found[-1] if found else None
    together = joined(sums)
    start, end = course.specification.observables.fit_window_ps
    spacing = course.specification.density_per_nm3 ** (-1 / 3)
    return diffusion_of_sums(together, (start, max(end, float(together.lag_ps[-1]))), spacing)


def _result(course: _Course) -> RunResult:
    """The stretches as one result."""
    last, stretches = course.stretches[-1], course.stretches
    if course.specification.options.target_relative_error is None:
        return last
    whole = replace(
        last,
        wall_s=sum(stretch.wall_s for stretch in stretches),
        steps=sum(stretch.steps for stretch in stretches),
        stop_reason=course.stopped,
        production_ps=course.length_ps,
    )
    if not last.ok or len(stretches) == 1:
        return whole
    lengths = np.array(course.lengths_ps)
    estimates: dict[str, Any] = {
        item.name: weighted_mean([getattr(stretch, item.name) for stretch in stretches], lengths)
        for item in fields(RunResult)
        if isinstance(getattr(last, item.name), Estimate)
    }
    drifts = [stretch.energy_drift_kT_per_bead_ns for stretch in stretches]
    return replace(
        whole,
        **estimates,
        rdf=_mean_rdf([stretch.rdf for stretch in stretches if stretch.rdf is not None], lengths),
        diffusion=_diffusion(course),
        energy_drift_kT_per_bead_ns=None if None in drifts else float(np.average([d for d in drifts if d is not None], weights=lengths)),
    )


def weighted_mean(values: Iterable[Estimate | None], lengths_ps: Array) -> Estimate | None:
    """The mean of independent estimates of one quantity, weighted by their lengths, with its error; None where one is missing."""
    known = [value for value in values if value is not None]
    if len(known) < len(lengths_ps):
        return None
    weights = lengths_ps / lengths_ps.sum()
    numbers = np.array(known)
    return Estimate(float(weights @ numbers[:, 0]), float(np.sqrt(weights**2 @ numbers[:, 1] ** 2)))


def _mean_rdf(curves: Sequence[RadialDistribution], lengths_ps: Array) -> RadialDistribution:
    weights = (lengths_ps / lengths_ps.sum())[:, None]
    g = np.sum(weights * [curve.g for curve in curves], axis=0)
    error = np.sqrt(np.sum((weights * [curve.g_error for curve in curves]) ** 2, axis=0))
    return replace(curves[0], g=g, g_error=error)
