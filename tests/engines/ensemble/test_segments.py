import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.engines.ensemble.segments import ACCESSIBLE_KT, CORE_KT, DEGREE, OCTAVES, TOLERANCE_KT, segmented
from mobcg.potential.pair import PairPotential
from mobcg.units import BOLTZMANN, thermal_energy
from tests.conftest import lennard_jones

TEMPERATURE = 298.15
KT = thermal_energy(TEMPERATURE)
SIGMA, EPSILON_ARGON = 0.34, 120 * BOLTZMANN
SINGLE = float(np.finfo(np.float32).eps)


def accessible(potential, temperature_K=TEMPERATURE, points=20001):
    """Distances from where U has climbed `ACCESSIBLE_KT` up to the cutoff, found on a grid of their own."""
    r = np.linspace(potential.r_nm[0], potential.cutoff_nm * (1 - 1e-6), points)
    high = np.flatnonzero(potential.energy(r) > potential.u_kj_per_mol.min() + ACCESSIBLE_KT * thermal_energy(temperature_K))
    return r[high[-1] + 1 if len(high) else 0 :]


def wiggly(soft):
    """A ripple of 1 kT, three periods to the longest of 32 segments."""
    ripple = np.where(soft.r_nm > 0.4, 2.5 * np.sin(2 * np.pi * (soft.r_nm - 1.2) / 0.045), 0.0)
    return PairPotential(soft.r_nm, soft.u_kj_per_mol + ripple)


def starts(table):
    """q at which each segment begins, the innermost first."""
    per_octave = table.segments // OCTAVES
    return (2.0 ** np.arange(-OCTAVES, 0)[:, None] * (1 + np.arange(per_octave) / per_octave)).ravel()


def edges(table):
    """Distances at which segments begin, the first of them excepted."""
    return np.sqrt((starts(table)[1:] - table.offset) / table.scale)


def roundings(table):
    """Bounds, at the end of each segment but the last, of what single-precision coefficients do to F/r and to U."""
    start = starts(table)
    place = (start.astype(np.float32).view(np.uint32) >> (23 - table.mantissa_bits)) % table.segments
    width, powers = np.diff(start), np.arange(DEGREE + 1)[:, None]
    size = SINGLE / 2 * np.abs(table.force[:, place[:-1]].astype(float)) * width**powers
    return size.sum(axis=0), (size * width / (2 * table.scale * (powers + 1))).sum(axis=0)


def assert_reproduces(potential, temperature_K=TEMPERATURE):
    kT = thermal_energy(temperature_K)
    table = segmented(potential, temperature_K)
    r = accessible(potential, temperature_K)
    force, energy = table.evaluate(r)
    worst = np.max(np.abs(energy - potential.energy(r))) / kT
    # judged on another grid, which may miss a maximum by a little
    assert worst <= table.deviation_kT * 1.02 + 1e-6
    assert table.deviation_kT <= TOLERANCE_KT
    # the error of F vanishes at four points of a segment and in the mean over it, as t(t-.2)(t-.5)(t-.8)(t-1) does, whose largest value
    # is 7.8 times that of its integral: so F is off by about 7.8 dU/width, a few segments with more than one such wave apart
    widths = np.diff(edges(table))
    slack = 4 * 7.8 * worst * kT / np.interp(r, edges(table)[:-1], widths)
    assert np.all(np.abs(force - potential.force(r)) < slack + 4 * SINGLE * np.abs(force).max())
    return table


def test_soft_potential_fits_registers(soft):
    table = assert_reproduces(soft)
    assert table.fits_registers
    assert table.segments == 32
    assert table.force.shape == (DEGREE + 1, 32)
    assert table.force.dtype == np.float32
    assert table.force.flags.c_contiguous
    assert table.energy.flags.c_contiguous


@pytest.mark.parametrize("cutoff", [2.0 ** (1 / 6), 2.0, 2.5, 3.0, 4.0])
def test_lennard_jones(cutoff):
    potential = lennard_jones(SIGMA, EPSILON_ARGON, cutoff * SIGMA)
    table = assert_reproduces(potential, 102.0)
    assert table.cutoff_nm == potential.cutoff_nm


@settings(max_examples=40, deadline=None)
@given(
    depths=st.lists(st.floats(-3.0, 3.0), min_size=3, max_size=3),
    centres=st.lists(st.floats(0.45, 1.0), min_size=3, max_size=3),
    width=st.floats(0.06, 0.2),
    core=st.floats(0.03, 0.08),
)
def test_random_smooth_potentials(depths, centres, width, core):
    r = np.linspace(0.3, 1.2, 181)
    u = 60.0 * np.exp(-(r - 0.3) / core)
    for depth, centre in zip(depths, centres, strict=True):
        u += depth * np.exp(-(((r - centre) / width) ** 2))
    u *= (1 - ((r - 0.3) / 0.9) ** 4) ** 2
    assert_reproduces(PairPotential(r, u - u[-1]))


def test_a_wiggly_potential_takes_the_fine_table(soft):
    potential = wiggly(soft)
    table = segmented(potential, TEMPERATURE)
    assert not table.fits_registers
    assert table.segments == 256
    r = accessible(potential)
    # a segment's error falls with the fifth power of its length or faster: an eighth of it meets the tolerance
    assert np.max(np.abs(table.evaluate(r)[1] - potential.energy(r))) <= TOLERANCE_KT * KT


def test_force_is_minus_the_slope_of_the_energy(soft):
    table = segmented(soft, TEMPERATURE)
    # inside segments, away from their ends by more than the difference's step; below the first segment too
    ends = np.concatenate([[0.1], edges(table), [table.cutoff_nm]])
    r = (ends[:-1] + np.diff(ends) * np.array([[0.3], [0.5], [0.7]])).ravel()
    step = 1e-5
    slope = (table.evaluate(r + step)[1] - table.evaluate(r - step)[1]) / (2 * step)
    # central difference of an energy of up to 1e3 in double precision (1e3 1e-16 / 1e-5) plus its third derivative times step2/6
    assert -slope == pytest.approx(table.evaluate(r)[0], rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("fine", [False, True])
def test_continuous_at_the_segments_ends(soft, fine):
    potential = wiggly(soft) if fine else soft
    table = segmented(potential, TEMPERATURE)
    assert table.fits_registers is not fine
    ends = edges(table)
    inner, outer = ends * (1 - 1e-9), ends * (1 + 1e-9)
    (before, u_before), (after, u_after) = table.evaluate(inner), table.evaluate(outer)
    jump, step = roundings(table)
    change = np.abs(potential.force(outer) - potential.force(inner))
    # the next segment's constant is rounded too
    assert np.all(np.abs(after - before) < 1.1 * (change + ends * jump + SINGLE / 2 * np.abs(after)))
    assert np.all(np.abs(u_after - u_before) < step + 1.1 * np.abs(potential.energy(outer) - potential.energy(inner)) + 1e-12)


def test_begins_at_the_potential_s_own_values(soft):
    table = segmented(soft, TEMPERATURE)
    ends = edges(table)
    force, energy = table.evaluate(ends * (1 + 1e-12))
    assert energy == pytest.approx(soft.energy(ends), abs=1e-8)
    # one rounding of F/r, and t of 1e-12
    assert force == pytest.approx(soft.force(ends), rel=SINGLE / 2 * 1.01, abs=1e-8)


def test_below_the_core_the_ratio_is_constant_and_the_energy_finite(soft):
    table = segmented(soft, TEMPERATURE)
    first = np.sqrt((2.0**-OCTAVES - table.offset) / table.scale)
    # there U has climbed CORE_KT
    assert soft.energy(first) == pytest.approx(
        soft.u_kj_per_mol.min() + CORE_KT * KT, abs=abs(float(soft.force(first))) * soft.cutoff_nm / 4000
    )
    r = np.linspace(0.0, first, 200)
    force, energy = table.evaluate(r)
    assert force[1:] / r[1:] == pytest.approx(np.full(199, force[-1] / first), rel=1e-6)
    assert np.all(np.isfinite(energy))
    assert np.all(np.diff(energy) < 0)
    # a parabola: U(0) - U(first) = F first / 2
    assert energy[0] - energy[-1] == pytest.approx(force[-1] * first / 2, rel=1e-6)


def test_beyond_the_cutoff_nothing_and_below_it_an_unshifted_table_s_value():
    potential = lennard_jones(SIGMA, EPSILON_ARGON, 2.5 * SIGMA, shift=False)
    table = segmented(potential, 102.0)
    last = 4 * EPSILON_ARGON * (2.5**-12 - 2.5**-6)
    force, energy = table.evaluate(potential.cutoff_nm * np.array([1 - 1e-5, 1.0, 1.00001, 1.5, 100.0]))
    assert energy[0] == pytest.approx(last, rel=1e-3)
    assert np.array_equal(force[2:], np.zeros(3))
    assert np.array_equal(energy[2:], np.zeros(3))


def test_a_core_that_climbs_nowhere_high_enough_still_makes_a_table():
    r = np.linspace(0.0, 1.0, 101)
    gentle = PairPotential(r, 3.0 * KT * (1 - r**2) ** 2)
    table = segmented(gentle, TEMPERATURE)
    inside = np.linspace(0.02, 0.999, 500)
    assert np.max(np.abs(table.evaluate(inside)[1] - gentle.energy(inside))) < TOLERANCE_KT * KT


def test_colder_means_a_larger_innermost_distance(soft):
    # 20 kT of less kT lie lower on the core
    warm, cold = segmented(soft, 400.0), segmented(soft, 100.0)
    first = [np.sqrt((2.0**-OCTAVES - table.offset) / table.scale) for table in (warm, cold)]
    assert first[0] < first[1]
    for table, temperature in ((warm, 400.0), (cold, 100.0)):
        assert table.scale * table.cutoff_nm**2 + table.offset == pytest.approx(1.0)
        assert table.deviation_kT <= TOLERANCE_KT, temperature
