"""The stages of an atomistic run, and how each is cut into segments."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mobcg.config import AtomisticOptions

COMPRESSION_BAR = 1000.0
"""Pressure that closes the loose start; liquids are then a few per cent too dense and expand in a few ps."""

SHORT_TIME = "short-time"
"""Name of the stage that samples the molecules' velocities."""


@dataclass(frozen=True)
class Stage:
    """One part of the protocol.

    friction_per_ps: of the Langevin bath, None for the Nose-Hoover chain; pressure_bar: None at fixed volume;
    barostat_interval: steps between volume moves; barostat_time_ps: coupling time of a barostat that has one (GROMACS);
    refinement: whole number that divides the step;
    hottest: the kinetic temperature over the bath's at which the run counts as blown up;
    sample_interval_ps: time between samples, None for the options'.
    """

    name: str
    duration_ps: float
    friction_per_ps: float | None
    pressure_bar: float | None = None
    barostat_interval: int = 10
    barostat_time_ps: float = 2.0
    refinement: int = 1
    hottest: float = 3.0
    sample_interval_ps: float | None = None


@dataclass(frozen=True)
class Pace:
    """Steps of a stage: step, steps between samples, samples in all, samples in a full segment."""

    timestep_fs: float
    stride: int
    samples: int
    samples_per_segment: int

    @property
    def segments(self) -> int:
        """Number of segments."""
        return math.ceil(self.samples / self.samples_per_segment)

    @property
    def interval_ps(self) -> float:
        """Time between samples in ps."""
        return self.stride * self.timestep_fs / 1000

    def samples_of(self, segment: int) -> int:
        """Samples in one segment; the last may be shorter."""
        return min(self.samples_per_segment, self.samples - segment * self.samples_per_segment)


def stages(options: AtomisticOptions, pressure_bar: float) -> dict[str, Stage]:
    """The protocol in its order: soft start, compression, constant pressure (and its extension), fixed volume, production, and with
    `short_time_ps` a finely sampled stretch like production.

    Production has a Nose-Hoover chain on all atoms together: it exchanges kinetic energy by one common factor, does not touch momentum
    and so leaves diffusion as in the microcanonical ensemble, where a Langevin or Andersen bath slows it.
    Source: Basconi and Shirts, J. Chem. Theory Comput. 9, 2887 (2013).
    """
    protocol = [
        Stage("soft", 0.5, 10.0, refinement=4, hottest=6.0),
        Stage("compress", min(5.0, options.npt_ps), 5.0, COMPRESSION_BAR + pressure_bar, barostat_interval=5, barostat_time_ps=1.0),
        Stage("npt", options.npt_ps, 2.0, pressure_bar),
        Stage("npt-extension", options.npt_ps, 2.0, pressure_bar),
        Stage("nvt", options.nvt_ps, 1.0),
        Stage("production", options.production_ps, None),
    ]
    if options.short_time_ps:
        protocol.append(Stage(SHORT_TIME, options.short_time_ps, None, sample_interval_ps=options.short_time_interval_ps))
    return {stage.name: stage for stage in protocol}


def pace(stage: Stage, options: AtomisticOptions, longest_step_fs: float, halvings: int) -> Pace:
    """The longest step not above `longest_step_fs`/2^halvings of which a whole number makes the sample interval exactly.

    Segments have the same number of samples at any interval, since they are held in memory.
    """
    interval_ps = stage.sample_interval_ps or options.sample_interval_ps
    stride = math.ceil(1000 * interval_ps / longest_step_fs - 1e-9) * stage.refinement * 2**halvings
    samples = max(1, round(stage.duration_ps / interval_ps))
    per_segment = max(1, round(options.checkpoint_ps / options.sample_interval_ps))
    return Pace(1000 * interval_ps / stride, stride, samples, per_segment)
