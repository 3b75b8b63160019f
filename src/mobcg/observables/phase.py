"""Is the liquid a liquid, in a cell of any shape? `order.classify` for cubes, the same criteria elsewhere."""

from __future__ import annotations

import freud
import numpy as np

from mobcg.observables import order
from mobcg.observables.distances import freud_box
from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome

FEWEST = 30
"""Molecules below which neither a crystal nor a hole can be told."""


def phase(trajectory: Trajectory, rdf: RadialDistribution) -> tuple[Outcome, str]:
    """The outcome of a run and, unless it is OK, a sentence that says why; `rdf` goes up to half the box."""
    if trajectory.molecules < FEWEST:
        return Outcome.OK, ""
    if trajectory.cells_nm is None:
        return order.classify(trajectory, rdf)
    solid = bond_order(trajectory)
    if solid > order.CRYSTAL_Q6:
        return Outcome.CRYSTAL, f"bond order q6 {solid:.2f} is above {order.CRYSTAL_Q6}: the liquid froze"
    moved = order.displacement(trajectory.positions_nm[0], trajectory.positions_nm[-1], trajectory.box_nm)
    if moved < order.GLASS_DISPLACEMENT:
        length = trajectory.time_ps[-1] - trajectory.time_ps[0]
        return Outcome.GLASS, f"the molecules moved {moved:.2f} of their spacing in {length:.0f} ps: nothing diffused"
    tail = float(np.mean(rdf.g[rdf.r_nm > 0.85 * rdf.r_nm[-1]]))
    if abs(tail - 1) > order.HOLE_TAIL:
        return Outcome.INHOMOGENEOUS, f"g(r) ends at {tail:.2f} instead of 1: the liquid has a hole or a droplet"
    return Outcome.OK, ""


def bond_order(trajectory: Trajectory) -> float:
    """`order.bond_order` of the last frames in cells of any shape."""
    assert trajectory.cells_nm is not None
    steinhardt = freud.order.Steinhardt(l=6, average=True)
    values = []
    for places, cell in zip(trajectory.places_nm[-order.LAST_FRAMES :], trajectory.cells_nm[-order.LAST_FRAMES :], strict=True):
        box, rotation = freud_box(cell)
        found = steinhardt.compute((box, box.wrap(places @ rotation)), neighbors={"num_neighbors": 12})
        values.append(float(np.mean(found.particle_order)))
    return float(np.mean(values))
