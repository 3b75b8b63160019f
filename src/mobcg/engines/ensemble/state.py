"""What a replica is made of inside compiled code, and how it is put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]

NVE, GLOBAL, LANGEVIN, DPD = 0, 1, 2, 3
THERMOSTATS = {"nve": NVE, "global": GLOBAL, "langevin": LANGEVIN, "dpd": DPD}

FINISHED, BLEW_UP = 0, 1
"""How a replica ended."""


class Plan(NamedTuple):
    """A run's numbers in nm, ps, Da, kJ/mol: the same type for every run, so the engine is compiled once.

    stress_stride: steps between two records of the stress, zero for none.
    """

    beads: int
    edge: float
    mass: float
    kT: float
    timestep: float
    cutoff: float
    scale: float
    offset: float
    relaxation_moves: int
    equilibration_steps: int
    stride: int
    frames: int
    thermostat: int
    friction: float
    thermostat_time: float
    bin_width: float
    stress_stride: int = 0


class Record(NamedTuple):
    """What a replica leaves behind.

    counts: (blocks, bins) pairs by distance; block_ends: (blocks,) frame at which each block ends; totals: (lags + 1, beads) and stretches:
    (stretches, lags + 1) summed squared displacements; stretch_ends: (stretches,). series: (frames, 4) kinetic energy half a step before
    the frame and at it, potential energy and virial, all in kJ/mol. first, last: (1 and tail, 3, places) float32, drift-free unwrapped
    positions of the first and the last frames, the latter as a ring. trajectory: (frames or 0, 3, places). final: (3, beads) positions in
    nm. tally: steps done, lists built, cluster pairs evaluated, entries listed last; skin: (1,) nm. stress: (samples or 0, 6) in
    kJ/mol/nm3, xx, yy, zz, xy, xz, yz.
    """

    counts: npt.NDArray[np.int64]
    block_ends: npt.NDArray[np.int64]
    totals: Floats
    stretches: Floats
    stretch_ends: npt.NDArray[np.int64]
    series: Floats
    first: Singles
    last: Singles
    trajectory: Singles
    final: Floats
    tally: npt.NDArray[np.int64]
    skin: Floats
    stress: Floats


class Beads(NamedTuple):
    """A replica in motion, packed by clusters: see `forces`.

    x in nm and v in nm/ps (float64); boxes: whole boxes left behind by wrapping; order: the bead at each place, -1 where unused; position,
    reference: scaled float32 positions now and when the lists were built; force, noise: float32.
    """

    x: Floats
    v: Floats
    boxes: Integers
    order: Integers
    position: Singles
    reference: Singles
    force: Singles
    noise: Singles
