"""Is the liquid a liquid? Crystals, glasses and holes are recognised, so that they are never averaged over."""

from __future__ import annotations

import freud
import numpy as np
import numpy.typing as npt

from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome

CRYSTAL_Q6 = 0.36
"""Averaged bond order above which a frame is solid: liquids lie near 0.15-0.25, bcc, hcp and fcc crystals above 0.4."""

LIQUID_Q6 = 0.3
"""Averaged bond order of the last frame below which it is no crystal's: the frames before it, which differ by hundredths, are spared."""

GLASS_DISPLACEMENT = 0.2
"""Root mean square displacement over the run, in units of the molecular spacing, below which nothing diffused."""

LAST_FRAMES = 10
"""Frames at the end of a run in which crystals are looked for."""

HOLE_TAIL = 0.25
"""Deviation of g(r) from 1 near half the box that tells of a hole or a droplet."""


def bond_order(positions_nm: npt.NDArray[np.floating], box_nm: float) -> float:
    """Mean locally averaged Steinhardt order q6 over frames (dimensionless, 12 nearest neighbours); positions: (frames, molecules, 3).

    Source: Lechner and Dellago, J. Chem. Phys. 129, 114707 (2008).
    """
    box = freud.box.Box.cube(box_nm)
    steinhardt = freud.order.Steinhardt(l=6, average=True)
    values = []
    for positions in positions_nm:
        order = steinhardt.compute((box, box.wrap(positions)), neighbors={"num_neighbors": 12}).particle_order
        values.append(float(np.mean(order)))
    return float(np.mean(values))


def displacement(first_nm: npt.NDArray[np.floating], last_nm: npt.NDArray[np.floating], box_nm: float) -> float:
    """Root mean square displacement between two frames, drift removed, in units of rho^(-1/3)."""
    moved = last_nm - first_nm
    moved = moved - moved.mean(axis=0)
    return float(np.sqrt(np.mean(np.sum(moved**2, axis=1))) * len(moved) ** (1 / 3) / box_nm)


def classify(trajectory: Trajectory, rdf: RadialDistribution | None = None) -> tuple[Outcome, str]:
    """The outcome of a run and, unless it is OK, a sentence that says why.

    With `rdf` (up to about half the box) holes and droplets are recognised too.
    """
    positions = trajectory.positions_nm
    return judge(positions[0], positions[-LAST_FRAMES:], trajectory.box_nm, trajectory.interval_ps * (trajectory.frames - 1), rdf)


def judge(
    first_nm: npt.NDArray[np.floating],
    last_nm: npt.NDArray[np.floating],
    box_nm: float,
    length_ps: float,
    rdf: RadialDistribution | None = None,
) -> tuple[Outcome, str]:
    """`classify` from a run's first frame (molecules, 3), its last ones (frames, molecules, 3) and the time between."""
    order = bond_order(last_nm[-1:], box_nm)
    if order > LIQUID_Q6 and (order := bond_order(last_nm, box_nm)) > CRYSTAL_Q6:
        return Outcome.CRYSTAL, f"bond order q6 {order:.2f} is above {CRYSTAL_Q6}: the liquid froze"
    moved = displacement(first_nm, last_nm[-1], box_nm)
    if moved < GLASS_DISPLACEMENT:
        return (
            Outcome.GLASS,
            f"the molecules moved {moved:.2f} of their spacing in {length_ps:.0f} ps, less than {GLASS_DISPLACEMENT}: nothing diffused",
        )
    if rdf is not None:
        tail = float(np.mean(rdf.g[rdf.r_nm > 0.85 * rdf.r_nm[-1]]))
        if abs(tail - 1) > HOLE_TAIL:
            return Outcome.INHOMOGENEOUS, f"g(r) ends at {tail:.2f} instead of 1: the liquid has a hole or a droplet"
    return Outcome.OK, ""
