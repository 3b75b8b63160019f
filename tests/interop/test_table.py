import logging

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.interpolate import CubicSpline

from mobcg.interop.table import aligned_grid, check_force, deviation, sampled
from mobcg.potential.pair import PairPotential
from tests.interop.conftest import potentials


@settings(deadline=None, max_examples=40)
@given(potentials())
def test_the_potential_is_the_natural_spline_on_its_aligned_grid(potential):
    for subdivisions in (1, 3):
        grid = aligned_grid(potential, subdivisions)
        assert -potential.spacing_nm < grid[0] <= 1e-12
        assert grid[-1] == potential.cutoff_nm
        spline = CubicSpline(grid, sampled(potential, grid)[0], bc_type="natural")
        r = np.linspace(0, potential.cutoff_nm * (1 - 1e-9), 997)
        scale = np.abs(potential.u_kj_per_mol).max() + 1
        assert spline(r) == pytest.approx(potential.energy(r), abs=1e-8 * scale)


def test_values_at_the_cutoff_are_those_from_within():
    r = np.linspace(0.3, 1.0, 71)
    jumping = PairPotential(r, 1 / r)
    u, f = sampled(jumping, np.array([1.0, 1.1]))
    assert u == pytest.approx([1.0, 0.0])
    assert f == pytest.approx([1.0, 0.0], rel=0.02)


def test_deviation_is_the_largest_difference(soft):
    other = PairPotential(soft.r_nm, soft.u_kj_per_mol + 0.25 * (soft.r_nm - 0.3))
    found = deviation(soft, other)
    assert found.energy_kj_per_mol == pytest.approx(0.25 * 0.9, rel=1e-6)
    assert found.force_kj_per_mol_nm == pytest.approx(0.25, rel=1e-6)
    assert deviation(soft, soft).energy_kj_per_mol == 0


def test_a_force_that_is_not_the_slope_is_told(soft, caplog):
    own = soft.force(soft.r_nm)
    with caplog.at_level(logging.WARNING):
        check_force("a.table", soft, own)
        assert not caplog.records
        check_force("a.table", soft, -own)
    assert "a.table: its force differs from minus the slope" in caplog.text
