"""Production: the liquid at fixed volume, its centres of mass recorded."""

from __future__ import annotations

import numpy as np

from mobcg.atomistic.bulk import Bulk
from mobcg.atomistic.progress import FinishedStage, Work, run_stage
from mobcg.atomistic.schedule import Stage
from mobcg.atomistic.segment import Start
from mobcg.observables.trajectory import Trajectory


def produce(work: Work, stage: Stage, start: Start, earlier: tuple[str, ...]) -> FinishedStage:
    """Run the production stage from an equilibrated liquid. Raises PhysicalFailure (blow-up)."""
    return run_stage(work, stage, lambda: start, earlier)


def trajectory(bulk: Bulk, finished: FinishedStage, edge_nm: float) -> Trajectory:
    """Unwrapped centres of mass of the whole production, segments joined; time from the begin of production."""
    centres = np.concatenate([segment.centres_nm for segment in finished.segments]).astype(np.float64)
    return Trajectory(centres, finished.column("time_ps"), edge_nm, bulk.molar_mass_Da)
