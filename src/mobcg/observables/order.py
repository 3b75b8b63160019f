"""Is the liquid a liquid? Crystals, glasses and holes are recognised, so that they are never averaged over."""

from __future__ import annotations

import freud
import numpy as np

from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome

CRYSTAL_Q6 = 0.36
"""Averaged bond order above which a frame is solid: liquids lie near 0.15-0.25, bcc, hcp and fcc crystals above 0.4."""

GLASS_DISPLACEMENT = 0.2
"""Root mean square displacement over the run, in units of the molecular spacing, below which nothing diffused."""

HOLE_TAIL = 0.25
"""Deviation of g(r) from 1 near half the box that tells of a hole or a droplet."""


def bond_order(trajectory: Trajectory, frames: int = 10) -> float:
    """Mean locally averaged Steinhardt order q6 over the last frames (dimensionless, 12 nearest neighbours).

    Source: Lechner and Dellago, J. Chem. Phys. 129, 114707 (2008).
    """
    box = freud.box.Box.cube(trajectory.box_nm)
    steinhardt = freud.order.Steinhardt(l=6, average=True)
    values = []
    for positions in trajectory.positions_nm[-frames:]:
        order = steinhardt.compute((box, box.wrap(positions)), neighbors={"num_neighbors": 12}).particle_order
        values.append(float(np.mean(order)))
    return float(np.mean(values))


def displacement(trajectory: Trajectory) -> float:
    """Root mean square displacement from first to last frame, drift removed, in units of rho^(-1/3)."""
    moved = trajectory.positions_nm[-1] - trajectory.positions_nm[0]
    moved = moved - moved.mean(axis=0)
    return float(np.sqrt(np.mean(np.sum(moved**2, axis=1))) * trajectory.density_per_nm3 ** (1 / 3))


def classify(trajectory: Trajectory, rdf: RadialDistribution | None = None) -> tuple[Outcome, str]:
    """The outcome of a run and, unless it is OK, a sentence that says why.

    With `rdf` (up to about half the box) holes and droplets are recognised too.
    """
    order = bond_order(trajectory)
    if order > CRYSTAL_Q6:
        return Outcome.CRYSTAL, f"bond order q6 {order:.2f} is above {CRYSTAL_Q6}: the liquid froze"
    moved = displacement(trajectory)
    if moved < GLASS_DISPLACEMENT:
        length = trajectory.interval_ps * (trajectory.frames - 1)
        return (
            Outcome.GLASS,
            f"the molecules moved {moved:.2f} of their spacing in {length:.0f} ps, less than {GLASS_DISPLACEMENT}: nothing diffused",
        )
    if rdf is not None:
        tail = float(np.mean(rdf.g[rdf.r_nm > 0.85 * rdf.r_nm[-1]]))
        if abs(tail - 1) > HOLE_TAIL:
            return Outcome.INHOMOGENEOUS, f"g(r) ends at {tail:.2f} instead of 1: the liquid has a hole or a droplet"
    return Outcome.OK, ""
