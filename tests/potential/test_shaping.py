import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import continued_core, ending_at_cutoff, from_core, perturbed, smoothed, with_core

R = np.linspace(0.005, 1.195, 120)


def test_smoothing_keeps_straight_lines_and_damps_noise():
    line = 3 * R + 1
    assert smoothed(line, 3.0) == pytest.approx(line)
    noise = np.random.default_rng(1).normal(size=20000)
    # white noise through a Gaussian of width w keeps 1/sqrt(2 sqrt(pi) w) of its size; about 2000 independent values: 1.6 %
    assert smoothed(noise, 3.0)[20:-20].std() == pytest.approx(1 / np.sqrt(2 * np.sqrt(np.pi) * 3), rel=0.06)
    assert smoothed(noise, 0) is noise


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 100), st.floats(2, 12), st.integers(20, 50))
def test_core_is_continuous_and_rises_inwards(height, power, first):
    u = height * (0.4 / R) ** power
    u[:first] = np.nan
    result = with_core(R, u, first, 20.0)
    assert np.isfinite(result).all()
    assert (np.diff(result[: first + 1]) < 0).all()
    # the core fades into the table over at least four points and leaves the first one and all beyond alone
    assert result[first] == u[first]
    assert result[first + 4 :] == pytest.approx(u[first + 4 :], abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.floats(-20, 20), st.floats(-200, 50), st.floats(-1000, 5000), st.floats(1, 100), st.floats(0.1, 50))
def test_a_continued_core_repels_and_stiffens_inwards(value, slope, curvature, least_slope, height):
    depth = np.linspace(-0.4, 0.0, 101)
    core = continued_core(depth, value, slope, curvature, least_slope, height)
    slopes = np.diff(core) / np.diff(depth)
    assert core[-1] == pytest.approx(value)
    assert (slopes <= -least_slope).all()
    assert (np.diff(slopes) > 0).all()


def test_a_steep_core_goes_on_with_its_own_slope_and_curvature():
    depth = np.linspace(-0.01, 0.0, 11)
    assert continued_core(depth, 3.0, -50.0, 2000.0, 20.0, 5.0) == pytest.approx(3 - 50 * depth + 1000 * depth**2)
    # an exponential that has risen by 5 with a slope of 50 bends by 500
    assert continued_core(depth, 3.0, -50.0, 100.0, 20.0, 5.0) == pytest.approx(3 - 50 * depth + 250 * depth**2)


def test_a_core_leaves_no_kink_where_it_meets_a_noisy_table():
    r = np.arange(0.3, 1.2, 0.002)
    u = 20 * (0.5 / r) ** 9
    first, last = 60, 70
    noisy = u + np.random.default_rng(2).normal(0, 0.3, len(r)) * (r < r[last])
    bends = np.diff(with_core(r, noisy, first, 20.0), 2)[first - 3 : first + 3]
    exact = np.diff(u, 2)[first - 3 : first + 3]
    # noise of 0.3 makes second differences of 0.7 in the table; the curve's own are 0.2 here, and a parabola knows them to about a half
    assert np.abs(bends - exact).max() < 0.5 * exact.max()
    assert np.abs(np.diff(noisy, 2)[first : first + 6]).max() > 2 * exact.max()


def test_core_repels_even_where_the_table_does_not():
    result = with_core(R, np.sin(5 * R), 40, 20.0)
    assert (np.diff(result[:41]) < 0).all()


def test_end_at_the_cutoff_is_smooth_and_the_rest_only_shifted():
    u = np.cos(3 * R)
    result = ending_at_cutoff(R, u)
    assert result[-1] == 0
    assert abs(result[-1] - result[-2]) < 1e-3
    inner = R < 1.09
    assert np.ptp((result - u)[inner]) < 1e-12


def test_perturbation_of_a_purely_repulsive_potential(soft):
    repulsive = PairPotential(soft.r_nm, 60 * np.exp(-(soft.r_nm - 0.3) / 0.05) * (1 - (soft.r_nm - 0.3) / 0.9))
    changed = perturbed(repulsive, 1.0, 0.1, 0.42, np.random.default_rng(3))
    assert np.isfinite(changed.u_kj_per_mol).all()
    assert changed.u_kj_per_mol[-1] == pytest.approx(0)


def test_perturbation_spares_core_and_cutoff(soft):
    foot = 0.45
    for seed in range(20):
        changed = perturbed(soft, 1.0, 0.1, foot, np.random.default_rng(seed))
        difference = changed.u_kj_per_mol - soft.u_kj_per_mol
        assert np.array_equal(changed.r_nm, soft.r_nm)
        assert np.abs(difference).max() > 0.3
        assert difference[-1] == 0
        assert abs(difference[-2]) < 0.01, "and no slope at the cutoff"
        # its weight is 0.7 % at 0.9 foot; the wave is at most sqrt(48) amplitudes high
        assert np.abs(difference[soft.r_nm < 0.9 * foot]).max() < 0.007 * np.sqrt(48)
    assert np.array_equal(perturbed(soft, 0.0, 0.1, foot, np.random.default_rng(3)).u_kj_per_mol, soft.u_kj_per_mol)


def test_perturbation_is_a_gaussian_process_of_the_stated_size_and_length():
    flat, foot, length, amplitude, draws = PairPotential(R, np.zeros_like(R)), 0.5, 0.04, 0.7, 4000
    random = np.random.default_rng(11)
    # between 1.3 and 1.4 foot the weight is 1 within 0.7 %
    points = [int(np.argmin(np.abs(R - r))) for r in (0.66, 0.70)]
    waves = np.array([perturbed(flat, amplitude, length, foot, random).u_kj_per_mol[points] for _ in range(draws)])
    error = 1 / np.sqrt(draws)
    assert waves.mean(axis=0) == pytest.approx(0, abs=4 * amplitude * error)
    assert waves.std(axis=0) == pytest.approx(amplitude, rel=0.007 + 4 * error / np.sqrt(2))
    assert np.corrcoef(waves.T)[0, 1] == pytest.approx(np.exp(-0.5), abs=4 * error)
    # kurtosis of a sum of 24 cosines: 3 - 1.5/24; its standard error is sqrt(24 / draws)
    assert np.mean(waves**4, axis=0) / np.var(waves, axis=0) ** 2 == pytest.approx(3, abs=0.0625 + 4 * np.sqrt(24) * error)


def test_a_table_begins_where_it_last_falls_through_the_highest_energy():
    r = np.linspace(0.3, 1.2, 91)
    whole = PairPotential(r, (0.5 / r) ** 12)
    cut = from_core(whole, 20.0)
    assert cut.u_kj_per_mol[0] > 20 > cut.u_kj_per_mol[1]
    assert np.array_equal(cut.u_kj_per_mol, whole.u_kj_per_mol[-len(cut.r_nm) :])
    assert len(from_core(whole, 1e9).r_nm) == len(r)
    assert len(from_core(whole, -1.0).r_nm) == 10  # never so short that nothing is left to interpolate
