import math

import numpy as np
import pytest
from numba import njit

from mobcg.engines.ensemble.friction import RESIDUE, pair_friction, pair_noise, rub
from mobcg.engines.ensemble.noise import random_state, uniforms
from mobcg.engines.ensemble.simd import store
from mobcg.engines.ensemble.state import DPD, Beads, Plan
from mobcg.observables.blocks import block_average
from mobcg.units import thermal_energy
from tests.engines.ensemble.clusters import listed, pack, periodic_pairs, spread_beads, unpack

SINGLE = float(np.finfo(np.float32).eps)
CUTOFF, ROOT = 1.2, 0.83
BEADS, EDGE = 203, 3.3


@pytest.fixture(scope="module")
def liquid():
    return listed(spread_beads(BEADS, EDGE, 1, 0.3), EDGE, 1.1 * CUTOFF, ROOT)


def slow_pairs(lists):
    """Pairs nearer than the cutoff: first, second, unit vector from first to second, weight w."""
    first, second, vector = periodic_pairs(lists.coordinates, lists.edge, CUTOFF)
    r = np.linalg.norm(vector, axis=1)
    return first, second, vector / r[:, None], 1 - r / CUTOFF


def slow_friction(pairs, velocity, strength):
    first, second, e, w = pairs
    along = ((velocity[first] - velocity[second]) * e).sum(axis=1)
    change = np.zeros_like(velocity)
    np.add.at(change, first, -strength * (w**2 * along)[:, None] * e)
    np.add.at(change, second, strength * (w**2 * along)[:, None] * e)
    return change


def friction_of(lists, velocity, strength):
    change = np.zeros(16 * lists.clusters, dtype=np.float32)
    packed = pack(velocity)
    pair_friction(lists.position, packed, lists.start, lists.image, lists.home, CUTOFF * ROOT, strength, change)
    return change


def noise_of(lists, strength, random):
    change = np.full(16 * lists.clusters, np.nan, dtype=np.float32)
    pair_noise(lists.position, lists.start, lists.image, lists.home, CUTOFF * ROOT, strength, random, change)
    return change


def rounding(lists, pairs, size):
    """What single precision may do to a bead's sum of terms up to `size`: rounded positions move w and e, terms are added up."""
    neighbours = 2 * len(pairs[0]) / len(lists.coordinates)
    return size * SINGLE * neighbours * (2 * lists.edge / 0.3 + 8)


def test_friction_is_that_of_every_pair(liquid):
    velocity = np.random.default_rng(1).normal(0, 0.2, (BEADS, 3))
    pairs = slow_pairs(liquid)
    expected = slow_friction(pairs, velocity, 0.7)
    change = unpack(friction_of(liquid, velocity, 0.7), BEADS)
    assert np.abs(change - expected).max() < rounding(liquid, pairs, 0.7 * 0.2)
    # far below what one pair does
    assert rounding(liquid, pairs, 0.7 * 0.2) < 0.02 * np.abs(expected).max()


def test_friction_adds_to_what_is_there(liquid):
    velocity = np.random.default_rng(2).normal(0, 0.2, (BEADS, 3))
    change = np.full(16 * liquid.clusters, 5.0, dtype=np.float32)
    pair_friction(liquid.position, pack(velocity), liquid.start, liquid.image, liquid.home, CUTOFF * ROOT, 0.7, change)
    alone = friction_of(liquid, velocity, 0.7)
    assert change.astype(float) - 5.0 == pytest.approx(alone, abs=40 * SINGLE * 5)


def test_no_friction_in_common_motion_or_across_the_line_of_centres(liquid):
    together = np.tile([0.3, -0.2, 0.1], (BEADS, 1))
    assert np.array_equal(friction_of(liquid, together, 1.0), np.zeros(16 * liquid.clusters))
    pair = np.array([[1.0, 1.0, 1.0], [1.0, 1.5, 1.0]])
    lists = listed(pair, EDGE, 1.3, ROOT, sort=False)
    across = np.array([[0.3, 0.0, 0.2], [-0.1, 0.0, 0.4]])
    assert np.array_equal(friction_of(lists, across, 1.0), np.zeros(16))
    along = np.array([[0.3, 0.1, 0.2], [-0.1, 0.3, 0.4]])
    w = 1 - 0.5 / CUTOFF
    change = unpack(friction_of(lists, along, 1.0), 2)
    # they part at 0.2: the first is drawn along, the second held back
    assert change == pytest.approx(np.array([[0, w**2 * 0.2, 0], [0, -(w**2) * 0.2, 0]]), abs=20 * SINGLE)


def test_momentum_and_angular_momentum_are_conserved(liquid):
    velocity = np.random.default_rng(3).normal(0, 0.2, (BEADS, 3))
    for change in (friction_of(liquid, velocity, 0.7), noise_of(liquid, 0.1, random_state(1))):
        blocks = change.reshape(-1, 4, 4)
        assert np.all(blocks[:, 3] == 0)
        assert np.all(blocks[-1, :, 3] == 0)
        size = np.abs(blocks).sum()
        # each pair gives and takes the same number; some 40 additions a bead are rounded
        assert np.abs(blocks.astype(float).sum(axis=(0, 2))).max() < 40 * SINGLE / 2 * size
    # a droplet that does not meet its images: forces along the line of centres turn nothing
    droplet = np.random.default_rng(4).uniform(0, 1.1, (30, 3)) + 1.0
    lists = listed(droplet, 9.0, 1.3, ROOT, sort=False)
    for change in (friction_of(lists, velocity[:30], 0.7), noise_of(lists, 0.1, random_state(2))):
        change = unpack(change, 30)
        torque = np.cross(droplet, change).sum(axis=0)
        assert np.abs(change).max() > 0.05
        assert np.abs(torque).max() < 200 * SINGLE * np.abs(change).sum() * 2.1


@njit
def zetas(random, out):
    for entry in range(out.shape[0]):
        store(out[entry], 0, uniforms(random))


def test_noise_is_strength_times_weight_along_every_pair(liquid):
    strength = 0.4
    change = unpack(noise_of(liquid, strength, random_state(5)), BEADS)
    # the same numbers, taken in the order of the lists: sixteen for each, the lanes row by row
    u = np.empty((liquid.image.size, 16), dtype=np.float32)
    zetas(random_state(5), u)
    owner = np.repeat(np.arange(liquid.clusters), np.diff(liquid.start))
    expected = np.zeros((4 * liquid.clusters, 3))
    lane = np.arange(16)
    for entry, cluster in enumerate(owner):
        i, j = 4 * cluster + lane // 4, liquid.home[entry] // 4 + lane % 4
        here, there = 16 * cluster, liquid.image[entry]
        apart = np.stack(
            [liquid.position[there + 4 * k + lane % 4].astype(float) - liquid.position[here + 4 * k + lane // 4] for k in range(3)], axis=1
        )
        r = np.linalg.norm(apart, axis=1) / ROOT
        counts = (r < CUTOFF) & ((entry != liquid.start[cluster]) | (lane % 4 > lane // 4))
        zeta = (u[entry].astype(float) - 0.5) * math.sqrt(12)
        push = (strength * (1 - r / CUTOFF) * zeta)[counts, None] * (apart[counts] / ROOT / r[counts, None])
        np.add.at(expected, j[counts], push)
        np.add.at(expected, i[counts], -push)
    assert np.abs(change - expected[:BEADS]).max() < rounding(liquid, slow_pairs(liquid), strength)
    assert np.abs(change).max() > strength / 4


def test_noise_has_the_variance_that_belongs_to_the_friction(liquid):
    """Over many draws each bead's change has variance strength2 sum w2 along the lines of centres, as the friction matrix has."""
    first, second, e, w = slow_pairs(liquid)
    expected = np.zeros((BEADS, 3))
    for bead in (first, second):
        np.add.at(expected, bead, (w**2)[:, None] * e**2)
    random, draws = random_state(6), 2000
    changes = np.array([unpack(noise_of(liquid, 1.0, random), BEADS) for _ in range(draws)])
    # normal numbers would have a variance off by sqrt(2/draws); a sum of even ones by less. 609 of them: 5 standard errors
    assert np.abs(changes.var(axis=0) / expected - 1).max() < 5 * math.sqrt(2 / draws)
    assert np.abs(changes.mean(axis=0) / np.sqrt(expected)).max() < 5 / math.sqrt(draws)
    one, other = first[np.argmax(w)], second[np.argmax(w)]
    covariance = np.mean(changes[:, one] * changes[:, other], axis=0)
    slack = 5 * np.sqrt(2 * expected[one] * expected[other] / draws)
    assert np.all(np.abs(covariance + w.max() ** 2 * e[np.argmax(w)] ** 2) < slack)


@njit
def rubbed(plan, beads, lists, random, steps, kinetic):
    for step in range(steps):
        rub(plan, beads, lists, random)
        kinetic[step] = np.sum(beads.v**2)


def make_beads(lists, velocity):
    size = 16 * lists.clusters
    single = np.zeros(size, dtype=np.float32)
    places = np.arange(4 * lists.clusters, dtype=np.int32)
    return Beads(
        np.zeros(size),
        pack(velocity, dtype=float),
        np.zeros(size, dtype=np.int32),
        places,
        lists.position,
        single,
        single.copy(),
        single.copy(),
    )


def make_plan(bead_friction_step, lists, mass=80.0):
    """A plan whose friction takes this share of an average bead's velocity a step."""
    w = slow_pairs(lists)[3]
    kT, timestep = thermal_energy(300.0), 0.02
    friction = bead_friction_step / timestep / (2 * np.sum(w**2) / 3 / len(lists.coordinates))
    return Plan(len(lists.coordinates), lists.edge, mass, kT, timestep, CUTOFF, ROOT**2, 0.0, 0, 0, 1, 1, DPD, float(friction), 1.0, 0.01)


@pytest.mark.parametrize("begin", [0.0, 3.0])
def test_rubbing_alone_leads_to_the_bath_s_temperature(liquid, begin):
    """Positions at rest, 0.3 of a bead's velocity rubbed off a step: equipartition, whatever the velocities began as."""
    plan = make_plan(0.3, liquid)
    random = np.random.default_rng(7)
    velocity = begin * math.sqrt(plan.kT / plan.mass) * random.normal(size=(BEADS, 3))
    velocity -= velocity.mean(axis=0)
    beads = make_beads(liquid, velocity)
    lists = (liquid.start, liquid.image, liquid.home)
    kinetic = np.empty(25_000)
    rubbed(plan, beads, lists, random_state(8), kinetic.size, kinetic)
    temperature = block_average(plan.mass * kinetic[1000:] / (3 * BEADS - 3) / plan.kT, 10)
    # errors from 10 blocks, Student's t: 4.8 of them for one in a thousand
    assert abs(temperature.value - 1) < 4.8 * temperature.error
    # small enough to see a midpoint that is found in three turns only: that is half a percent too cold
    assert temperature.error < 0.0015
    # the mean velocity stays where it was, but for the rounding of so many changes
    blocks = beads.v.reshape(-1, 4, 4)
    assert np.abs(blocks.sum(axis=(0, 2))).max() / BEADS < kinetic.size**0.5 * 40 * SINGLE * math.sqrt(plan.kT / plan.mass)
    assert np.all(blocks[:, 3] == 0)
    assert np.all(blocks[-1, :, 3] == 0)


def test_friction_alone_decays_as_the_friction_matrix_says(liquid):
    """One cold step against the midpoint rule solved exactly: (1 + G/2) v' = (1 - G/2) v."""
    plan = make_plan(0.3, liquid)._replace(kT=0.0)
    velocity = np.random.default_rng(9).normal(0, 0.2, (BEADS, 3))
    beads = make_beads(liquid, velocity)
    rubbed(plan, beads, (liquid.start, liquid.image, liquid.home), random_state(1), 1, np.empty(1))
    pairs = slow_pairs(liquid)
    columns = [slow_friction(pairs, unit.reshape(BEADS, 3), plan.friction * plan.timestep).ravel() for unit in np.eye(3 * BEADS)]
    matrix, unit = -np.array(columns).T, np.eye(3 * BEADS)
    expected = np.linalg.solve(unit + matrix / 2, (unit - matrix / 2) @ velocity.ravel())
    after = unpack(beads.v, BEADS)
    left_out = np.linalg.norm(after.ravel() - expected)
    assert left_out < RESIDUE * np.linalg.norm(after - velocity)
    assert np.linalg.norm(after - velocity) > 0.2 * np.linalg.norm(velocity)


def test_even_density_gives_the_friction_that_the_step_is_chosen_by():
    """The average over beads of gamma/3 sum w2 is 4 pi rho rc3/90 gamma."""
    lists = listed(spread_beads(2000, 8.0, 10), 8.0, 1.1 * CUTOFF, ROOT)
    w = slow_pairs(lists)[3]
    expected = 4 * np.pi / 90 * 2000 / 8.0**3 * CUTOFF**3
    # independent pairs: Poisson
    assert 2 * np.sum(w**2) / 3 / 2000 == pytest.approx(expected, abs=4 * 2 / 3 / 2000 * math.sqrt(np.sum(w**4)))
