import numpy as np
import pytest
from numba import njit

from mobcg.engines.ensemble.forces import (
    PERMUTES,
    energy_and_virial,
    pair_forces,
    pair_forces_in_memory,
    pair_forces_in_registers,
)
from mobcg.engines.ensemble.segments import FINE_BITS, REGISTER_BITS, _fit
from mobcg.units import BOLTZMANN
from tests.conftest import lennard_jones
from tests.engines.ensemble.clusters import listed, periodic_pairs, spread_beads, unpack

SINGLE = float(np.finfo(np.float32).eps)
ROUNDED = SINGLE / 2 / np.sqrt(3)
"""Standard deviation of a relative error that is even between plus and minus half the last place."""

REGISTERS = pytest.param("registers", marks=pytest.mark.skipif(not PERMUTES, reason="neither AVX2 nor AVX-512 here"))
WAYS = pytest.mark.parametrize("way", [REGISTERS, "memory", "fine", "chosen", "chosen fine"])


@njit
def in_memory(position, force, start, image, home, table, offset):
    pair_forces_in_memory(position, force, start, image, home, table, offset)


def make_liquid(potential, temperature_K, beads, ratio, closest, seed, way):
    table = _fit(potential, temperature_K, FINE_BITS if "fine" in way else REGISTER_BITS)
    edge = ratio * potential.cutoff_nm
    lists = listed(spread_beads(beads, edge, seed, closest), edge, 1.1 * potential.cutoff_nm, np.sqrt(table.scale))
    return table, lists


def computed_forces(table, lists, way):
    force = np.full(16 * lists.clusters, np.nan, dtype=np.float32)
    function = {"registers": pair_forces_in_registers, "memory": in_memory, "fine": in_memory}.get(way, pair_forces)
    function(lists.position, force, lists.start, lists.image, lists.home, table.force.ravel(), np.float32(table.offset))
    assert np.all(np.isfinite(force))
    return force


class Slow:
    """Forces in kJ/mol/nm on every bead, energy and virial in kJ/mol in double precision, with what single precision may change."""

    def __init__(self, table, lists):
        beads = len(lists.coordinates)
        # from the positions that the engine sees: their own rounding is no error of the forces
        coordinates = unpack(lists.position[: 16 * lists.clusters], beads) / np.sqrt(table.scale)
        first, second, vector = periodic_pairs(coordinates, lists.edge, table.cutoff_nm)
        r = np.linalg.norm(vector, axis=1)
        force, energy = table.evaluate(r)
        pushed = (force / r)[:, None] * vector
        self.forces = np.zeros((beads, 3))
        np.add.at(self.forces, second, pushed)
        np.add.at(self.forces, first, -pushed)
        self.energy, self.virial = energy.sum(), (force * r).sum()
        # Roundings in quadrature, each of standard deviation ROUNDED times the number rounded, and six times that. Positions of images,
        # up to twice the edge away, are rounded anew; so are differences, q, the polynomial's terms, and sums over a bead's neighbours.
        moved = ROUNDED * 2 * lists.edge
        off = np.hypot(2 * table.scale * r * moved, 3 * ROUNDED)
        step = 1e-6
        inner, outer = np.sqrt(np.maximum(r**2 - step / table.scale, 1e-12)), np.sqrt(r**2 + step / table.scale)
        slope = np.abs(table.evaluate(outer)[0] / outer - table.evaluate(inner)[0] / inner) / (2 * step)
        per_pair = (slope * off * r) ** 2 + (force / r * moved) ** 2 + 12 * (ROUNDED * force) ** 2
        neighbours = 2 * len(r) / beads
        self.slack, summed = np.zeros(beads), np.zeros(beads)
        for bead in (first, second):
            np.add.at(self.slack, bead, per_pair)
            np.add.at(summed, bead, np.abs(force))
        self.slack = 6 * np.sqrt(self.slack + neighbours * (ROUNDED * summed) ** 2)
        # energies and virials are summed over a whole list before the sum is taken on in double precision
        terms = len(r) / lists.clusters
        lost = (force / r / (2 * table.scale) * off) ** 2 + (12 + terms**2) * (ROUNDED * energy) ** 2
        self.energy_slack = 6 * np.sqrt(lost.sum()) + len(r) * ROUNDED * np.abs(energy).max() / np.sqrt(table.segments)
        self.virial_slack = 6 * np.sqrt(np.sum(per_pair * r**2 + (terms * ROUNDED * force * r) ** 2))


def argon(cutoff=2.5):
    return lennard_jones(0.34, 120 * BOLTZMANN, cutoff * 0.34)


@WAYS
@pytest.mark.parametrize("beads", [216, 301, 303])
def test_forces_are_those_of_every_pair(soft, way, beads):
    table, lists = make_liquid(soft, 298.15, beads, 3.4, 0.4, beads, way)
    force = unpack(computed_forces(table, lists, way), beads) / np.sqrt(table.scale)
    slow = Slow(table, lists)
    assert np.abs(slow.forces).max() > 50
    assert np.all(np.abs(force - slow.forces) < slow.slack[:, None])
    # a bound that would see a single pair missing at 0.9 nm
    assert np.median(slow.slack) < 0.02 * abs(float(soft.force(0.9)))


@WAYS
@pytest.mark.parametrize(("beads", "ratio"), [(64, 2.0001), (65, 2.05), (256, 4.5)])
def test_forces_of_lennard_jones_in_small_and_large_boxes(way, beads, ratio):
    table, lists = make_liquid(argon(), 102.0, beads, ratio, 0.32, 3, way)
    force = unpack(computed_forces(table, lists, way), beads) / np.sqrt(table.scale)
    slow = Slow(table, lists)
    # a pair may lie at the cutoff to within rounding; the force there is not zero
    at_cutoff = abs(float(argon().force(table.cutoff_nm * (1 - 1e-9))))
    near = periodic_pairs(lists.coordinates, lists.edge, table.cutoff_nm * (1 + 1e-6))
    near = np.abs(np.linalg.norm(near[2], axis=1) - table.cutoff_nm) < 1e-6 * table.cutoff_nm
    assert np.all(np.abs(force - slow.forces) < slow.slack[:, None] + at_cutoff * near.sum())


@WAYS
def test_unused_places_feel_nothing_and_momentum_is_conserved(soft, way):
    table, lists = make_liquid(soft, 298.15, 301, 2.9, 0.35, 1, way)
    force = computed_forces(table, lists, way).reshape(-1, 4, 4)
    assert np.all(force[:, 3] == 0)
    assert np.all(force[-1, :, 1:] == 0)
    assert np.all(force[-1, :3, 0] != 0)
    total = force.astype(float).sum(axis=(0, 2))
    # both of a pair get the same numbers, which are then rounded in the sums: the roundings of 301 beads, each of some 30 additions
    assert np.all(np.abs(total) < 30 * SINGLE / 2 * np.abs(force).sum())


def test_the_ways_agree(soft):
    ways = ["memory", "chosen"] + (["registers"] if PERMUTES else [])
    table, lists = make_liquid(soft, 298.15, 250, 2.5, 0.35, 2, "memory")
    results = [unpack(computed_forces(table, lists, way), 250) / np.sqrt(table.scale) for way in ways]
    slack = Slow(table, lists).slack[:, None]
    for result in results[1:]:
        assert np.all(np.abs(result - results[0]) < slack)


def test_beads_on_top_of_each_other_feel_finite_forces(soft):
    table = _fit(soft, 298.15, REGISTER_BITS)
    coordinates = spread_beads(64, 3.0, 1, 0.4)
    coordinates[1] = coordinates[0]
    coordinates[3] = coordinates[2] + [0.05, 0.0, 0.0]
    lists = listed(coordinates, 3.0, 1.3, np.sqrt(table.scale))
    force = unpack(computed_forces(table, lists, "chosen"), 64) / np.sqrt(table.scale)
    slow = Slow(table, Moved(lists))
    largest = np.abs(force).max()
    assert largest == pytest.approx(np.abs(slow.forces).max(), rel=1e-4)


class Moved:
    """The same lists with coinciding beads 1e-7 nm apart, where a pair's direction is defined."""

    def __init__(self, lists):
        self.coordinates, self.edge, self.clusters, self.start = lists.coordinates, lists.edge, lists.clusters, lists.start
        self.position = lists.position.astype(float)
        self.position[: 16 * lists.clusters] += np.random.default_rng(1).uniform(0, 1e-7, 16 * lists.clusters)


@pytest.mark.parametrize("way", ["register table", "fine table"])
@pytest.mark.parametrize("beads", [64, 301])
def test_energy_and_virial_are_those_of_every_pair(soft, way, beads):
    table, lists = make_liquid(soft, 298.15, beads, 2.0 * (beads / 64) ** (1 / 3) + 0.001, 0.4, beads, way)
    energy, virial = energy_and_virial(
        lists.position,
        lists.start,
        lists.image,
        table.force.ravel(),
        table.energy.astype(np.float32).ravel(),
        np.float32(table.offset),
        table.scale,
    )
    slow = Slow(table, lists)
    assert abs(energy - slow.energy) < slow.energy_slack
    assert abs(virial - slow.virial) < slow.virial_slack
    # and so are the potential's own, to what the table is fitted to
    r = np.linalg.norm(periodic_pairs(lists.coordinates, lists.edge, soft.cutoff_nm)[2], axis=1)
    assert energy == pytest.approx(soft.energy(r).sum(), abs=slow.energy_slack + len(r) * table.deviation_kT * 2.48)
    assert slow.energy_slack < 1e-3 * abs(slow.energy)
    assert slow.virial_slack < 1e-3 * abs(slow.virial)


def test_energy_in_the_core_below_the_first_segment(soft):
    table = _fit(soft, 298.15, REGISTER_BITS)
    edge, root = 3.0, np.sqrt(table.scale)
    for r in (0.02, 0.1, 0.25, 0.32):
        coordinates = np.full((64, 3), 1.5) + np.arange(64)[:, None] * 100.0
        coordinates[1] = coordinates[0] + [0.0, r, 0.0]
        lists = listed(coordinates, edge, 1.3, root, sort=False)
        energy, virial = energy_and_virial(
            lists.position,
            lists.start,
            lists.image,
            table.force.ravel(),
            table.energy.astype(np.float32).ravel(),
            np.float32(table.offset),
            table.scale,
        )
        force, expected = table.evaluate(r)
        assert energy == pytest.approx(float(expected), rel=1e-5), r
        # r2 of positions near 1.5 nm: their rounding
        assert virial == pytest.approx(float(force) * r, rel=1e-5 + 8 * SINGLE * 1.5 / r), r
