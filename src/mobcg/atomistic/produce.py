"""Production: the liquid at fixed volume, its centres of mass recorded, for a fixed time or until D is known well enough, and a finely
sampled stretch from its end.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace

import numpy as np

from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.equilibrate import Equilibrated
from mobcg.atomistic.progress import FinishedStage, Work, end_of, run_stage, stored_stage
from mobcg.atomistic.schedule import Stage
from mobcg.atomistic.segment import SegmentStore
from mobcg.config import AtomisticOptions, ObservableOptions
from mobcg.files import content_hash, write_text
from mobcg.observables.diffusion import diffusion
from mobcg.observables.order import classify
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome

logger = logging.getLogger(__name__)

GROWTH = 1.5
"""Length of production at a check of D over that at the check before: few and far checks keep the stop from favouring errors that came
out small.
"""


def produce(work: Work, stage: Stage, ready: Equilibrated, observables: ObservableOptions) -> tuple[FinishedStage, str]:
    """Run the production stage from an equilibrated liquid; returned with why it ended there, "" where its length is fixed.

    With a `target_relative_error` D is measured after each of `check_lengths_ps`, and production ends where its standard error is within
    the target, where the liquid has frozen, or at the maximum. Finished segments are read, so a run that was killed passes the same checks
    and ends where it would have. Raises PhysicalFailure (blow-up).
    """
    target, earlier = work.options.target_relative_error, ready.names
    if target is None:
        return run_stage(work, stage, ready.start, earlier), ""
    lengths = check_lengths_ps(work.options)
    for length in lengths:
        wanted, halvings = replace(stage, duration_ps=length), dict(work.journal.halvings)
        finished = stored_stage(work, wanted, earlier) or run_stage(work, wanted, ready.start, earlier)
        if work.journal.halvings != halvings:  # begun anew with half the step: so are the checks
            return produce(work, stage, ready, observables)
        reason = _stop_reason(trajectory(work.bulk, finished, ready.edge_nm), observables, target, length, length == lengths[-1])
        if reason:
            break
    logger.info("production ends: %s", reason)
    return finished, reason


def sample_short_time(work: Work, stage: Stage, production: FinishedStage, ready: Equilibrated) -> FinishedStage:
    """Run the finely sampled stretch from the end of production, which itself began from an equilibrated liquid.

    A file beside the segments says which end of production, and which interval, the stretch belongs to: where that is another (production
    became longer) the stretch is made anew, else it goes on or is only read. Raises PhysicalFailure (blow-up).
    """
    note = work.folder / f"{stage.name}.begin"
    begin = content_hash([production.segments[-1].centres_nm[-1], stage.sample_interval_ps])
    if not note.exists() or note.read_text(encoding="utf-8", errors="replace") != begin:
        SegmentStore(work.folder, stage.name).clear()
        write_text(note, begin)

    return run_stage(work, stage, lambda: end_of(work, production, ready.start, ready.names), (*ready.names, production.stage.name))


def check_lengths_ps(options: AtomisticOptions) -> list[float]:
    """When D is looked at: after `production_ps` and whenever production has grown by `GROWTH`, whole segments each; last the maximum."""
    segment = max(1, round(options.checkpoint_ps / options.sample_interval_ps)) * options.sample_interval_ps
    last = options.maximum_production_ps or options.production_ps
    lengths, segments = [], math.ceil(options.production_ps / segment - 1e-9)
    while segments * segment < last * (1 - 1e-9):
        lengths.append(segments * segment)
        segments = math.ceil(GROWTH * segments)
    return [*lengths, last]


def _stop_reason(moved: Trajectory, observables: ObservableOptions, target: float, length_ps: float, last: bool) -> str:
    length = f"{length_ps / 1000:.3g} ns"
    outcome, reason = classify(moved)
    if outcome is Outcome.CRYSTAL:
        return f"{outcome} after {length}: {reason}"
    found = diffusion(moved, observables.fit_window_ps, observables.blocks)
    within = f"D within {100 * found.relative_error:.2g} %"
    logger.info("production: %s after %s", within, length)
    if found.relative_error <= target:
        return f"{within} after {length}"
    return f"maximum length {length}: {within}" if last else ""


def trajectory(bulk: Bulk, finished: FinishedStage, edge_nm: float) -> Trajectory:
    """Unwrapped centres of mass of a whole stage, production or the stretch after it, segments joined; time from the stage's begin."""
    centres = np.concatenate([segment.centres_nm for segment in finished.segments]).astype(np.float64)
    return Trajectory(centres, finished.column("time_ps"), edge_nm, bulk.molar_mass_Da)
