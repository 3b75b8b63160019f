import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobcg.interop import lennard_jones
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential
from mobcg.units import thermal_energy
from tests.conftest import lennard_jones as exact


@given(st.floats(0.3, 0.7), st.floats(0.3, 5.0), st.floats(150, 500))
def test_a_lennard_jones_potential_is_found_again(sigma, epsilon, temperature):
    """The table's natural spline is off by h4 U''''/384, here under 1e-4 kT below 4 kT."""
    fit = lennard_jones.fit(exact(sigma, epsilon, 2.5 * sigma), temperature)
    assert fit.sigma_nm == pytest.approx(sigma, rel=1e-4)
    assert fit.epsilon_kj_per_mol == pytest.approx(epsilon, rel=1e-3)
    assert fit.rms_error_kT < 1e-3
    assert fit.rms_error_kT <= fit.largest_error_kT < 1e-2
    r = np.linspace(sigma, 2.6 * sigma, 100)
    x6 = (sigma / r) ** 6
    expected = np.where(r < 2.5 * sigma, 4 * epsilon * (x6**2 - x6 - 2.5**-12 + 2.5**-6), 0)
    assert fit.energy(r) == pytest.approx(expected, abs=3e-3 * epsilon)


def test_the_error_is_that_of_the_fit_over_the_thermal_energy(soft):
    fit = lennard_jones.fit(soft, 298.15)
    kT = thermal_energy(298.15)
    r = np.linspace(0.3, 1.2, 4 * 91)[:-1]
    accessible = soft.energy(r) < 4 * kT
    difference = ((fit.energy(r) - soft.energy(r)) / kT)[accessible]
    weight = np.exp(-soft.energy(r)[accessible] / kT)
    assert fit.largest_error_kT == pytest.approx(np.abs(difference).max())
    assert fit.rms_error_kT == pytest.approx(np.sqrt(np.average(difference**2, weights=weight)))
    # a soft core is not of this form, and the fit says so
    assert fit.rms_error_kT > 0.1
    # the best of its kind: any change of either parameter is worse
    for factor6, factor12 in [(1.02, 1), (0.98, 1), (1, 1.02), (1, 0.98)]:
        other = lennard_jones.LennardJonesFit(
            factor6 * fit.c6_kj_nm6_per_mol, factor12 * fit.c12_kj_nm12_per_mol, fit.cutoff_nm, 298.15, 0.0, 0.0
        )
        worse = (other.energy(r) - soft.energy(r))[accessible] / kT
        assert np.sqrt(np.average(worse**2, weights=weight)) > fit.rms_error_kT


def test_a_purely_repulsive_or_attractive_potential_has_none():
    r = np.linspace(0.3, 1.2, 181)
    with pytest.raises(InputError, match="no Lennard-Jones potential is near"):
        lennard_jones.fit(PairPotential(r, 5 * ((0.5 / r) ** 6 - (0.5 / 1.2) ** 6)), 298.15)
    with pytest.raises(InputError, match="both must be positive"):
        lennard_jones.fit(PairPotential(r, (0.5 / 1.2) ** 12 - (0.5 / r) ** 12), 298.15)
