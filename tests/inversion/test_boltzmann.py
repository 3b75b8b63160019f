import numpy as np
import pytest

from mobcg.inversion.boltzmann import core_index, direct_inversion
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError
from mobcg.units import thermal_energy

R = np.arange(0.005, 1.2, 0.01)


def rdf(g):
    return RadialDistribution(R, g, 0 * g)


def test_low_density_limit_returns_the_potential(soft):
    g = np.exp(-soft.energy(R) / thermal_energy(300))
    potential = direct_inversion(rdf(g), 300, 1.19)
    # up to where the core has faded into the table
    known = (R[core_index(g)] + 0.04 < R) & (R < 1.05)
    shift = soft.energy(1.185) - potential.energy(1.185)
    assert potential.energy(R[known]) + shift == pytest.approx(soft.energy(R[known]), abs=1e-6)
    potential.check_core(300)


def test_first_reliable_bin():
    g = np.array([0.0, 0.06, 0.0, 0.06, 1.0, 2.0, 0.01, 1.0])
    assert core_index(g) == 3


@pytest.mark.parametrize(
    ("target", "cutoff", "message"),
    [(rdf(np.zeros_like(R)), 1.1, "nothing to invert"), (rdf(np.ones_like(R)), 1.5, "ends at 1.195 nm, before the cutoff of 1.5")],
)
def test_what_cannot_be_inverted_says_why(target, cutoff, message):
    with pytest.raises(InputError, match=message):
        direct_inversion(target, 300, cutoff)
