from dataclasses import replace

import numpy as np
import pytest

from mobcg.engines.registry import get_engine
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.predict import predict, refined, verified
from mobcg.prediction.shipped import find_mobility, find_trained
from mobcg.units import thermal_energy
from tests.prediction.conftest import FRICTION, SHORT, UNITS


def wanted(g, diffusion, r=None):
    r = 0.005 * np.arange(400) + 0.0025 if r is None else r
    rdf = RadialDistribution(r, g, np.zeros_like(g))
    return WantedLiquid(InversionTarget(rdf, 5.2, 310.0, 90.0), Estimate(diffusion, 0.0))


def test_a_known_liquid_is_found_again(known, flagship):
    """Structure and friction of a liquid outside the library, without refinement."""
    found = predict(known.wanted, flagship)
    assert found.prediction.in_domain
    assert abs(np.log(found.model.friction_per_ps / FRICTION)) < 0.25
    checked = verified(known.wanted, found, get_engine("ensemble"), SHORT, 2, seed=3).verification
    assert checked.structure_error.value < 0.004
    assert abs(np.log(checked.diffusion.value / known.wanted.diffusion.value)) < 0.12


def test_an_ideal_gas_is_an_outcome(flagship):
    found = predict(wanted(np.ones(400), 3.0), flagship)
    assert found.model.outcome is Outcome.UNUSABLE_POTENTIAL
    assert found.model.potential is None
    assert verified(wanted(np.ones(400), 3.0), found, get_engine("ensemble"), SHORT, 2, 1) is found


def test_a_dilute_gas_is_out_of_domain(flagship):
    r = 0.005 * np.arange(400) + 0.0025
    found = predict(wanted(np.where(r < 0.45, 0.0, 1.0), 3.0), flagship)
    assert found.prediction is None or not found.prediction.in_domain


def test_a_crystal_is_out_of_domain(flagship):
    """g(r) of a face-centred cubic crystal of hard vibrations."""
    r = 0.005 * np.arange(400) + 0.0025
    edge = (4 / 5.2) ** (1 / 3)
    shells = {0.5: 12, 1.0: 6, 1.5: 24, 2.0: 12, 2.5: 24, 3.0: 8, 3.5: 48, 4.0: 6, 4.5: 36, 5.0: 24}
    g = sum(
        n * np.exp(-((r - edge * np.sqrt(s)) ** 2) / (2 * 0.02**2)) / (np.sqrt(2 * np.pi) * 0.02 * 4 * np.pi * r**2 * 5.2)
        for s, n in shells.items()
    )
    found = predict(wanted(g, 3.0), flagship)
    assert found.prediction is None or not found.prediction.in_domain


@pytest.mark.parametrize("diffusion", [1000.0, 1e-4])
def test_an_impossible_diffusion_is_out_of_domain(known, flagship, diffusion):
    target = WantedLiquid(known.wanted.structure, Estimate(diffusion, 0.0))
    assert not predict(target, flagship).prediction.in_domain


def test_no_runs_change_nothing(known, flagship):
    found = predict(known.wanted, flagship)
    assert refined(known.wanted, found, flagship, get_engine("ensemble"), SHORT, 0, 1) is found


def test_corrections_hold_the_pressure_that_was_predicted_for(known, flagship):
    """No pressure is asked for; the start is the known potential and a weak ramp, which g hardly feels."""
    engine = get_engine("ensemble")
    r = known.potential.r_nm
    ramp = 0.2 * thermal_energy(known.wanted.structure.temperature_K) * (1 - r / r[-1])
    steep = CoarseModel(PairPotential(r, known.potential.u_kj_per_mol + ramp), FRICTION)
    start = replace(predict(known.wanted, flagship), model=steep)
    found = verified(known.wanted, refined(known.wanted, start, flagship, engine, SHORT, 4, 1), engine, SHORT, 2, seed=3)
    assert abs(found.history["pressure_bar"][0]) > 300
    assert abs(found.verification.pressure.value) < 50
    assert found.verification.structure_error.value < 0.004


def test_models_are_found_by_name_or_folder(tmp_path, flagship):
    with pytest.raises(InputError, match=r"no model 'nothing'.*flagship"):
        find_trained("nothing")
    assert find_mobility(flagship) is flagship


def test_reduced_units_carry_the_prediction(known, flagship):
    """The same reduced liquid at another mass and temperature: the same U/kT, friction in its units."""
    state = known.wanted.structure
    one = predict(known.wanted, flagship).prediction
    factor = np.sqrt((30.0 / 250.0) / (90.0 / 310.0))
    other = WantedLiquid(
        InversionTarget(state.rdf, state.density_per_nm3, 250.0, 30.0), Estimate(known.wanted.diffusion.value / factor, 0.0)
    )
    two = predict(other, flagship).prediction
    assert two.u_kj_per_mol / 250.0 == pytest.approx(one.u_kj_per_mol / 310.0, rel=1e-9, abs=1e-12)
    assert two.friction_per_ps * factor == pytest.approx(one.friction_per_ps, rel=1e-6)
    assert UNITS.friction_per_ps > 0
