import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from mobcg.engines.ensemble.dynamics import (
    damp,
    drift,
    farthest,
    kinetic_energy,
    pack,
    rescale_positions,
    rescaling,
    sort_beads,
    stop_drift,
    tune_skin,
)
from mobcg.engines.ensemble.neighbours import FAR
from mobcg.engines.ensemble.noise import random_state
from mobcg.engines.ensemble.state import GLOBAL, Beads, Plan, Record
from mobcg.units import thermal_energy
from tests.engines.ensemble.clusters import unpack

SINGLE = float(np.finfo(np.float32).eps)
EDGE, CUTOFF, SCALE = 3.0, 1.2, 0.7


def make_plan(beads, **change):
    plan = Plan(beads, EDGE, 80.0, thermal_energy(300.0), 0.01, CUTOFF, SCALE, 0.0, 0, 0, 1, 1, GLOBAL, 0.0, 1.0, 0.01)
    return plan._replace(**change)


def make_beads(plan, coordinates, seed=1):
    clusters = (plan.beads + 3) // 4
    size = 16 * clusters
    single = [np.zeros(size, dtype=np.float32) for _ in range(3)]
    noise = np.zeros((size + 31) // 32 * 32, dtype=np.float32)
    order, boxes = np.empty(4 * clusters, dtype=np.int32), np.zeros(size, dtype=np.int32)
    beads = Beads(np.zeros(size), np.zeros(size), boxes, order, *single, noise)
    pack(plan, beads, np.ascontiguousarray(coordinates.T), random_state(seed))
    return beads


def outside(beads, seed):
    return np.random.default_rng(seed).uniform(-2 * EDGE, 3 * EDGE, (beads, 3))


@pytest.mark.parametrize("count", [64, 65, 66, 67])
def test_packing_keeps_positions_and_draws_velocities(count):
    plan = make_plan(count)
    coordinates = outside(count, 1)
    beads = make_beads(plan, coordinates)
    assert np.array_equal(unpack(beads.x, count), coordinates)
    assert np.array_equal(beads.order, [*range(count), *[-1] * (-count % 4)])
    rescale_positions(plan, beads)
    assert unpack(beads.position, count) == pytest.approx(coordinates * math.sqrt(SCALE), abs=SINGLE / 2 * 9 * 1.01)
    unused = beads.order < 0
    places = beads.position.reshape(-1, 4, 4)[:, :3].transpose(0, 2, 1).reshape(-1, 3)[unused]
    assert np.all(places >= FAR * 0.99)
    # far from each other too, not only from the liquid
    assert np.all(np.diff(places[:, 0]) > FAR * 0.99)
    velocities = beads.v.reshape(-1, 4, 4)[:, :3].transpose(0, 2, 1).reshape(-1, 3)
    assert np.all(velocities[unused] == 0)
    assert np.all(velocities[~unused] != 0)


def test_first_velocities_are_maxwell_s():
    count = 4000
    plan = make_plan(count)
    beads = make_beads(plan, outside(count, 2))
    speed = unpack(beads.v, count) / math.sqrt(plan.kT / plan.mass)
    assert stats.kstest(speed.ravel(), "norm").pvalue > 1e-4
    assert (speed**2).mean() == pytest.approx(1, abs=4 * math.sqrt(2 / speed.size))


@pytest.mark.parametrize("count", [64, 67, 250])
def test_sorting_keeps_every_bead_s_own(count):
    plan = make_plan(count)
    coordinates = outside(count, 3)
    beads = make_beads(plan, coordinates)
    velocities = unpack(beads.v, count)
    for step in range(3):
        sort_beads(plan, beads)
        names = beads.order[:count]
        assert sorted(names) == list(range(count))
        assert np.all(beads.order[count:] == -1)
        x, boxes = unpack(beads.x, count), unpack(beads.boxes, count)
        assert x.min() >= 0
        assert x.max() < EDGE
        # unwrapped positions in the beads' own order: nothing but the rounding of doubles
        assert x + boxes * EDGE == pytest.approx(coordinates[names], abs=1e-13)
        assert np.array_equal(unpack(beads.v, count), velocities[names])
        # on they go, across the box's boundary and among each other
        drift(beads, 1.5)
        coordinates = coordinates + 1.5 * velocities
        if step == 0:
            assert not np.array_equal(names, np.arange(count))


def test_clusters_after_sorting_are_near_each_other():
    plan = make_plan(512)
    beads = make_beads(plan, np.random.default_rng(4).uniform(0, EDGE, (512, 3)))
    sort_beads(plan, beads)
    extent = np.ptp(unpack(beads.x, 512).reshape(128, 4, 3), axis=1)
    # a random four spans 3/5 of the box along each axis, a box of four beads has edges of about a fifth
    assert extent.mean() < 0.25 * EDGE


def test_kinetic_energy_of_now_and_of_half_a_kick_later():
    plan = make_plan(65)
    beads = make_beads(plan, outside(65, 5))
    beads.force[:] = np.random.default_rng(5).normal(size=beads.force.size)
    v, f = beads.v, beads.force.astype(float)
    for kick in (0.0, 0.01):
        assert kinetic_energy(plan, beads, kick) == pytest.approx(0.5 * 80.0 * np.sum((v + kick * f) ** 2), rel=1e-12)


def test_stopping_the_drift():
    plan = make_plan(67)
    beads = make_beads(plan, outside(67, 6))
    before = unpack(beads.v, 67)
    stop_drift(plan, beads)
    after = unpack(beads.v, 67)
    assert after == pytest.approx(before - before.mean(axis=0), abs=1e-14)
    assert np.all(beads.v.reshape(-1, 4, 4)[-1, :, 3] == 0)


def test_farthest_is_the_longest_way_of_a_bead():
    plan = make_plan(67)
    beads = make_beads(plan, outside(67, 7))
    rescale_positions(plan, beads)
    beads.reference[:] = beads.position
    assert farthest(beads) == 0
    moves = np.random.default_rng(7).normal(0, 0.1, (67, 3))
    beads.x.reshape(-1, 4, 4)[:, :3].transpose(0, 2, 1)[:16] += moves[:64].reshape(16, 4, 3)
    rescale_positions(plan, beads)
    # positions up to 9 nm in single precision
    assert math.sqrt(farthest(beads)) == pytest.approx(math.sqrt(SCALE) * np.linalg.norm(moves[:64], axis=1).max(), abs=9 * SINGLE * 2)


@njit
def rescaled(plan, beads, random, duration, kinetic):
    for step in range(kinetic.size):
        beads.v[:] *= rescaling(plan, beads, random, duration)
        kinetic[step] = kinetic_energy(plan, beads, 0.0)


@pytest.mark.parametrize(("count", "begin"), [(64, 1.0), (64, 30.0), (500, 0.05)])
def test_rescaling_leads_to_the_canonical_kinetic_energy(count, begin):
    plan = make_plan(count, thermostat_time=0.5)
    beads = make_beads(plan, outside(count, 8))
    stop_drift(plan, beads)
    beads.v[:] *= math.sqrt(begin)
    direction = beads.v / np.linalg.norm(beads.v)
    kinetic = np.empty(20_050)
    # three times the thermostat's time: an energy remembers 5 % of the one before
    rescaled(plan, beads, random_state(8), 1.5, kinetic)
    kinetic = kinetic[50:] / plan.kT
    memory = math.exp(-3)
    independent = len(kinetic) * (1 - memory) / (1 + memory)
    shape = (3 * count - 3) / 2
    # gamma distribution: mean and variance are the shape, the fourth central moment 3 shape^2 + 6 shape
    assert kinetic.mean() == pytest.approx(shape, abs=4 * math.sqrt(shape / independent))
    assert kinetic.var() == pytest.approx(shape, abs=4 * math.sqrt((2 * shape**2 + 6 * shape) / independent))
    assert stats.kstest(kinetic[::2], "gamma", args=(shape,)).pvalue > 1e-4
    # the direction of motion is left alone, but for its sign
    assert np.abs(beads.v / np.linalg.norm(beads.v)) == pytest.approx(np.abs(direction), abs=1e-10)


def test_rescaling_forgets_within_its_time():
    plan = make_plan(64, thermostat_time=2.0)
    beads = make_beads(plan, outside(64, 9))
    kinetic = np.empty(40_000)
    rescaled(plan, beads, random_state(9), 0.5, kinetic)
    kinetic = kinetic[100:] - kinetic[100:].mean()
    for lag in (1, 4, 8):
        measured = np.mean(kinetic[lag:] * kinetic[:-lag]) / np.mean(kinetic**2)
        # Bartlett: a correlation's error is below sqrt((1 + memory^2) / (1 - memory^2) / n)
        memory = math.exp(-0.25)
        assert measured == pytest.approx(math.exp(-0.25 * lag), abs=4 * math.sqrt((1 + memory**2) / (1 - memory**2) / len(kinetic)))


def test_damping_keeps_a_share_and_makes_up_the_rest():
    count = 4003
    plan = make_plan(count)
    beads = make_beads(plan, outside(count, 10))
    beads.v[:] = 5.0
    damp(plan, beads, random_state(10), 0.8)
    v = unpack(beads.v, count)
    spread = math.sqrt((1 - 0.64) * plan.kT / plan.mass)
    assert v.mean() == pytest.approx(4.0, abs=4 * spread / math.sqrt(v.size))
    assert v.std() == pytest.approx(spread, rel=4 / math.sqrt(2 * v.size))
    assert np.all(beads.v.reshape(-1, 4, 4)[-1, :3, 3] == 0)


def make_record(skin):
    empty = np.zeros((0, 0))
    return Record(
        counts=np.zeros((0, 0), dtype=np.int64),
        block_ends=np.zeros(0, dtype=np.int64),
        totals=empty,
        stretches=empty,
        stretch_ends=np.zeros(0, dtype=np.int64),
        series=empty,
        first=np.zeros((0, 3, 0), dtype=np.float32),
        last=np.zeros((0, 3, 0), dtype=np.float32),
        trajectory=np.zeros((0, 3, 0), dtype=np.float32),
        final=empty,
        tally=np.zeros(6, dtype=np.int64),
        skin=np.array([skin * CUTOFF, 1.1, 0.0, 0.0, 0.0, 0.0]),
        stress=np.zeros((0, 6)),
    )


@settings(max_examples=30, deadline=None)
@given(
    ratio=st.floats(2.0001, 8.0),
    lists=st.lists(st.tuples(st.integers(0, 10**5), st.integers(0, 10**6), st.integers(1, 400)), min_size=1, max_size=200),
)
def test_the_skin_stays_between_its_bounds(ratio, lists):
    plan = make_plan(500, edge=ratio * CUTOFF)
    record = make_record(0.06)
    for tests, entries, steps in lists:
        record.tally[3:5] = entries, tests
        tune_skin(plan, record, 125, steps)
        assert 0.02 * CUTOFF * (1 - 1e-12) <= record.skin[0] <= 0.25 * CUTOFF * (1 + 1e-12)
        assert record.skin[1] == pytest.approx(1.1) or record.skin[1] == pytest.approx(1 / 1.1)
        if ratio > 2.1:
            # a pair and its nearest two images are never all in reach
            assert CUTOFF + record.skin[0] < plan.edge - CUTOFF


@pytest.mark.parametrize("begin", [0.03, 0.2])
def test_the_skin_finds_the_cheapest(begin):
    """Lists that last as the skin allows and hold as many pairs as the shell: the skin comes to lie where a step costs least, and stays."""
    plan, clusters = make_plan(500, edge=6.0), 125
    record = make_record(begin)

    def per_step(skin):
        steps, entries, tests = 250 * skin, 3000 * (1 + skin / CUTOFF) ** 3, 9000 * (1 + skin / CUTOFF) ** 3
        return (tests + 12 * clusters + entries * steps) / steps

    visited = []
    for _ in range(600):
        skin = record.skin[0]
        record.tally[3:5] = round(3000 * (1 + skin / CUTOFF) ** 3), round(9000 * (1 + skin / CUTOFF) ** 3)
        tune_skin(plan, record, clusters, max(1, round(250 * skin)))
        visited.append(record.skin[0])
    grid = np.linspace(0.02, 0.25, 500) * CUTOFF
    least = min(per_step(skin) for skin in grid)
    # moves of a tenth, back and forth across the least
    assert np.mean([per_step(skin) for skin in visited[300:]]) < 1.03 * least
    assert np.ptp(visited[300:]) < 0.5 * np.mean(visited[300:])
