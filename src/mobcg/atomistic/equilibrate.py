"""Equilibration: from a random packing to a liquid at its density, temperature and pressure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openmm

from mobcg.atomistic.advance import make_context
from mobcg.atomistic.density import Density, settled_density
from mobcg.atomistic.progress import FinishedStage, Judge, Work, end_of, run_stage
from mobcg.atomistic.schedule import Stage, pace
from mobcg.atomistic.segment import COLUMNS, Segment, Start
from mobcg.files import write_text
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.seeds import derived_seed

logger = logging.getLogger(__name__)

MINIMISER_ITERATIONS = 300
RESCALE_WITHOUT_MINIMISATION = 0.02
"""Largest change of the edge, relative, that the dynamics are left to smooth by themselves."""


@dataclass(frozen=True)
class Equilibrated:
    """The density that production is made at, the edge of its box, the stages that led there, and the begin of production."""

    density: Density
    edge_nm: float
    stages: tuple[FinishedStage, ...]
    start: Callable[[], Start]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the stages before production."""
        return tuple(finished.stage.name for finished in self.stages)


def equilibrate(work: Work, protocol: dict[str, Stage], start: Start) -> Equilibrated:
    """Soft start, compression, constant pressure (npt_ps, twice where the density still drifts), then fixed volume at its mean.

    Raises PhysicalFailure: blow-up, or evaporated where the density at constant pressure falls below the configured one.
    """

    def evaporated(segment: Segment) -> None:
        density = float(segment.rows[len(segment.rows) // 2 :, COLUMNS.index("density_g_per_cm3")].mean())
        if density < work.options.evaporated_below_g_per_cm3:
            raise PhysicalFailure(
                Outcome.EVAPORATED,
                f"the density fell to {density:.3f} g/cm3 at {protocol['npt'].pressure_bar:g} bar and {work.bath.temperature_K:g} K, "
                f"below {work.options.evaporated_below_g_per_cm3:g} g/cm3",
            )

    done: list[FinishedStage] = []

    def follow(name: str, begin: Callable[[], Start], judge: Judge | None = None) -> Callable[[], Start]:
        earlier = tuple(finished.stage.name for finished in done)
        finished = run_stage(work, protocol[name], begin, earlier, judge)
        done.append(finished)
        return lambda: end_of(work, finished, begin, earlier, judge)

    end = follow("soft", lambda: start)
    end = follow("compress", end)
    end = follow("npt", end, evaporated)
    density = settled_density(done[-1].column("density_g_per_cm3"))
    if not density.levelled:
        logger.info("the density still drifts after %.0f ps at constant pressure: as long again", work.options.npt_ps)
        end = follow("npt-extension", end, evaporated)
        density = settled_density(done[-1].column("density_g_per_cm3"))
        if not density.levelled:
            logger.warning("the density still drifts after %.0f ps at constant pressure; its mean is used", 2 * work.options.npt_ps)
    edge_nm, expanded = work.bulk.edge(density.mean_g_per_cm3), end
    end = follow("nvt", lambda: rescaled(work, protocol["nvt"], expanded(), edge_nm))
    return Equilibrated(density, edge_nm, tuple(done), end)


def read_start(path: Path) -> Start | None:
    """The relaxed packing that `relaxed_start` wrote, None where it is missing or damaged."""
    try:
        return Start.from_xml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, openmm.OpenMMException):
        return None


def relaxed_start(work: Work, stage: Stage, packed: Start, path: Path) -> Start:
    """The packing after minimisation, with thermal velocities; kept in `path`. Raises PhysicalFailure (blow-up) for infinite energies."""
    context = _context(work, stage, packed)
    _minimise(context)
    context.setVelocitiesToTemperature(work.bath.temperature_K, derived_seed(work.bath.seed, "velocities"))
    text = openmm.XmlSerializer.serialize(context.getState(positions=True, velocities=True))
    write_text(path, text)
    return Start.from_xml(text)


def rescaled(work: Work, stage: Stage, start: Start, edge_nm: float) -> Start:
    """The liquid in a box of `edge_nm`: molecules are moved as rigid bodies with their centres of mass, velocities stay.

    Where the edge changes by more than 2 % overlaps are removed by a minimisation.
    """
    factor = edge_nm / start.edge_nm
    shift = (factor - 1) * work.bulk.centres(start.positions_nm)
    positions = start.positions_nm + np.repeat(shift, len(work.bulk.masses_Da), axis=0)
    moved = Start(positions, start.velocities_nm_per_ps, edge_nm)
    if abs(factor - 1) <= RESCALE_WITHOUT_MINIMISATION:
        return moved
    context = _context(work, stage, moved)
    _minimise(context)
    return Start(Start.of(context.getState(positions=True, velocities=True)).positions_nm, start.velocities_nm_per_ps, edge_nm)


def _context(work: Work, stage: Stage, start: Start) -> openmm.Context:
    speed = pace(stage, work.options, work.longest_step_fs, 0)
    context, _ = make_context(work.bulk, stage, speed, 0, start.edge_nm, work.bath, work.machine)
    context.setPeriodicBoxVectors(*np.diag([start.edge_nm] * 3))
    context.setPositions(start.positions_nm)
    context.applyConstraints(1e-6)
    return context


def _minimise(context: openmm.Context) -> None:
    try:
        openmm.LocalEnergyMinimizer.minimize(context, 10.0, MINIMISER_ITERATIONS)
        energy = context.getState(energy=True).getPotentialEnergy()._value
    except openmm.OpenMMException as error:
        if "nan" not in str(error).lower():
            raise
        raise PhysicalFailure(Outcome.BLOW_UP, "the packed molecules have no finite energy") from error
    if not np.isfinite(energy):
        raise PhysicalFailure(Outcome.BLOW_UP, "the packed molecules have no finite energy")
