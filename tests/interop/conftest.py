import numpy as np
import pytest
from hypothesis import strategies as st

from mobcg.interop.liquid import Liquid
from mobcg.potential.pair import PairPotential


@st.composite
def potentials(draw, lowest_nm=0.0):
    """Any table: grids that begin at `lowest_nm` or above, rough values below a core, shifted to zero at the cutoff or not."""
    points = draw(st.integers(12, 60))
    first = draw(st.floats(lowest_nm, 0.5))
    spacing = draw(st.floats(0.002, 0.02))
    u = draw(st.lists(st.floats(-50, 500, allow_subnormal=False), min_size=points, max_size=points))
    return PairPotential(first + spacing * np.arange(points), np.array([600.0, *u[1:]]))


@pytest.fixture
def liquid():
    return Liquid(86.0, 4.6, 298.15, 0.01, beads=216, thermostat="langevin", friction_per_ps=5.0)


def scattered(beads, box_nm, closest_nm, seed=1):
    """Random positions in a periodic box, no two nearer than `closest_nm`."""
    random = np.random.default_rng(seed)
    found = []
    while len(found) < beads:
        trial = random.uniform(0, box_nm, 3)
        apart = np.array([trial - other for other in found]).reshape(-1, 3)
        apart -= box_nm * np.round(apart / box_nm)
        if np.all(np.linalg.norm(apart, axis=1) > closest_nm):
            found.append(trial)
    return np.array(found)


def pairs(positions, box_nm):
    """Distances (beads, beads) with infinity on the diagonal, and unit vectors from j to i."""
    apart = positions[:, None] - positions[None]
    apart -= box_nm * np.round(apart / box_nm)
    distance = np.linalg.norm(apart, axis=2)
    np.fill_diagonal(distance, np.inf)
    return distance, apart / distance[..., None]


def energy_and_forces(potential, positions, box_nm):
    distance, direction = pairs(positions, box_nm)
    return potential.energy(distance).sum() / 2, (potential.force(distance)[..., None] * direction).sum(axis=1)
