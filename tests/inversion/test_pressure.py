from dataclasses import replace

import numpy as np
import pytest

from mobcg.inversion.pressure import LARGEST_CORRECTION_KT, linear_correction, pressure_change_wanted, pressure_met
from mobcg.inversion.target import Measurement
from mobcg.observables.blocks import Estimate
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy
from tests.inversion.dilute import DiluteEngine, R, dilute_target, measured


def measurement(soft, pressure, wanted):
    target = replace(dilute_target(soft), pressure_bar=wanted)
    run = replace(measured(target, soft, DiluteEngine()), pressure_bar=Estimate(pressure, 5.0))
    return Measurement.of(target, run)


@pytest.mark.parametrize(
    ("pressure", "wanted", "met", "change"),
    [
        (100.0, 100.0, True, 0.0),
        # half of the 50 bar, so that the long run keeps them too
        (124.0, 100.0, True, -24.0),
        (126.0, 100.0, False, -26.0),
        (76.0, 100.0, True, 24.0),
        (-10.0, 100.0, False, 110.0),
        # a liquid under tension on purpose
        (0.0, -300.0, False, -300.0),
        # none asked for: anything will do, and what leaves the band of 0 to 1000 bar is brought back to its edge
        (500.0, None, True, 0.0),
        (-200.0, None, True, 200.0),
        (1700.0, None, True, -700.0),
    ],
)
def test_what_a_pressure_needs(soft, pressure, wanted, met, change):
    found = measurement(soft, pressure, wanted)
    assert pressure_met(found) is met
    assert pressure_change_wanted(found) == pytest.approx(change)


def test_without_a_pressure_asked_for_there_is_no_correction(soft):
    assert (linear_correction(R, measurement(soft, 5000.0, None)) == 0).all()


@pytest.mark.parametrize("difference", [-20.0, 20.0])
def test_the_correction_brings_the_pressure_at_fixed_g(soft, difference):
    """Its own virial, -2 pi/3 rho2 int A'(r) g r3 dr, is the difference."""
    found = measurement(soft, 100.0, 100.0 + difference)
    correction = linear_correction(R, found)
    assert np.sign(correction[0]) == np.sign(difference)
    assert correction[-1] == pytest.approx(0.0, abs=1e-12)
    slope = np.gradient(correction, R)
    virial = -2 * np.pi / 3 * 4.0**2 * np.trapezoid(slope * found.g * R**3, R) * BAR_PER_KJ_MOL_NM3
    assert virial == pytest.approx(difference, rel=0.01)


@pytest.mark.parametrize("wanted", [-50000.0, 50000.0])
def test_the_correction_is_capped(soft, wanted):
    correction = linear_correction(R, measurement(soft, 100.0, wanted))
    amplitude = correction[0] / (1 - R[0] / R[-1])
    assert amplitude == pytest.approx(np.sign(wanted) * LARGEST_CORRECTION_KT * thermal_energy(300.0))
