import numpy as np
import openmm
import pytest
from openmm import unit

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult, lattice
from mobcg.evaluation.isotherm import WINDOW, IsothermOptions, find_density
from mobcg.interop.openmm_xml import liquid_system
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.seeds import generator
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

DENSITY, MASS, TEMPERATURE = 4.6, 86.0, 298.15
GAS_BAR = thermal_energy(TEMPERATURE) * BAR_PER_KJ_MOL_NM3
"""Pressure of an ideal gas of one bead a nm3."""


class KnownLiquid:
    """An engine whose liquids have the pressure of an equation of state, with noise, and an error estimated from ten blocks."""

    name = "known"

    def __init__(self, pressure, noise_bar=0.0, fails=lambda density: None):
        self.pressure, self.noise, self.fails = pressure, noise_bar, fails
        self.batches = []

    def run(self, specifications):
        self.batches.append(list(specifications))
        return [self._one(each) for each in specifications]

    def _one(self, asked):
        density, random = asked.density_per_nm3, generator(asked.seed, "known")
        outcome = self.fails(density) or Outcome.OK
        value = self.pressure(density) + self.noise * random.normal()
        error = max(self.noise, 1e-3) * np.sqrt(random.chisquare(9) / 9)
        known = Estimate(value, error) if outcome is Outcome.OK else None
        return RunResult(outcome, "" if known else "froze", self.name, 20.0, asked.box_nm, 1.5, pressure_bar=known)


def murnaghan(density_0, modulus_bar, stiffening=8.0):
    return lambda density: modulus_bar / stiffening * ((density / density_0) ** stiffening - 1)


def wanted(density=DENSITY, cutoff=1.2):
    r = 0.01 + 0.02 * np.arange(round(cutoff / 0.02))
    rdf = RadialDistribution(r, np.ones_like(r), np.full_like(r, 0.01))
    return WantedLiquid(InversionTarget(rdf, density, TEMPERATURE, MASS), Estimate(2.0, 0.1))


def search(engine, potential, pressure_bar=1.0, seed=1, friction=0.0, liquid=None, beads=500, options=None):
    liquid = liquid or wanted()
    plan = liquid.plan(potential, CoarseGrainedOptions(beads=beads), ObservableOptions(bin_width_nm=0.02))
    return find_density(liquid, CoarseModel(potential, friction), engine, plan, pressure_bar, seed, options)


def test_density_and_compressibility_of_a_known_liquid(soft):
    engine = KnownLiquid(murnaghan(4.7, 10_000.0))
    found = search(engine, soft, friction=5.0)
    # where P = 1 bar the modulus is 10 000 + 8 bar
    assert found.density_per_nm3.value == pytest.approx(4.7 * (1 + 8e-4 / 8) ** (1 / 8), rel=1e-4)
    assert found.compressibility_per_GPa.value == pytest.approx(1 / 1.0008, rel=1e-3)
    assert found.wall_s == pytest.approx(1.5 * len(WINDOW))
    (batch,) = engine.batches
    assert {each.thermostat for each in batch} == {"global"}
    assert {each.options.beads for each in batch} == {500}
    assert len({each.seed for each in batch}) == len(batch)


def test_errors_cover_the_truth(soft):
    truth = np.array([4.7, 1.0])
    found = [search(KnownLiquid(murnaghan(4.7, 10_000.0), 20.0), soft, 0.0, seed) for seed in range(200)]
    estimates = np.array([(each.density_per_nm3, each.compressibility_per_GPa) for each in found])
    pulls = (estimates[:, :, 0] - truth) / estimates[:, :, 1]
    inside = np.mean(np.abs(pulls) < 1, axis=0)
    # 68 % with a binomial error of 3.3 %; a few points less or more for the noise of the errors themselves
    assert np.all((inside > 0.57) & (inside < 0.79)), inside
    assert np.all(np.mean(np.abs(pulls) < 2, axis=0) > 0.90)
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.3), "a mean pull of 200 errs by 0.07; 1/slope is biased by a little"
    # 7 points, quadratic: 20 bar sqrt(7/21) over 10 000 bar at the window's middle
    assert np.median(estimates[:, 0, 1]) == pytest.approx(4.7 * 20 * np.sqrt(1 / 3) / 10_000, rel=0.3)


@pytest.mark.parametrize("density_0", [3.0, 3.9, 4.15, 5.2, 6.2])
def test_a_pressure_kilobars_off_is_followed_outwards(soft, density_0):
    engine = KnownLiquid(murnaghan(density_0, 10_000.0), 20.0)
    found = search(engine, soft)
    assert found.density_per_nm3.value == pytest.approx(density_0, abs=4 * found.density_per_nm3.error + 0.001)
    assert found.density_per_nm3.error < 0.01 * density_0
    assert len(engine.batches) <= 6


def test_an_ideal_gas(soft):
    found = search(KnownLiquid(lambda density: GAS_BAR * density, 0.5), soft, GAS_BAR * 4.5)
    assert found.density_per_nm3.value == pytest.approx(4.5, abs=4 * found.density_per_nm3.error)
    expected = 1e4 / (GAS_BAR * 4.5)
    assert found.compressibility_per_GPa.value == pytest.approx(expected, abs=4 * found.compressibility_per_GPa.error)


def van_der_waals(critical_kT):
    """Excluded volume 1/9 nm3; unstable between spinodals below the critical temperature, here in units of TEMPERATURE."""
    attraction = 27 / 8 / 9 * critical_kT
    return lambda density: GAS_BAR * (density / (1 - density / 9) - attraction * density**2)


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_the_root_is_the_liquid_s_and_not_the_unstable_one(soft, noise):
    law = van_der_waals(1.35)  # P(4.6) = -55 bar on the falling branch; the roots at 1 bar are the gas, one near 3 and 6.05
    grid = np.linspace(4.6, 6.9, 20001)
    truth = grid[np.argmin(np.abs(law(grid) - 1.0))]
    found = search(KnownLiquid(law, noise), soft)
    assert found.density_per_nm3.value == pytest.approx(truth, abs=4 * found.density_per_nm3.error + 0.002)
    assert found.compressibility_per_GPa.value > 0


def test_a_liquid_that_boils_and_one_that_is_never_dense_enough_say_so(soft):
    boiling = search(KnownLiquid(van_der_waals(1.05), 1.0), soft)  # no negative pressure at any density
    assert boiling.density_per_nm3 is None
    assert boiling.compressibility_per_GPa is None
    assert "boils" in boiling.reason
    assert "1 bar" in boiling.reason
    cohesive = search(KnownLiquid(lambda density: -5000.0 + density), soft)
    assert "no liquid dense enough" in cohesive.reason
    assert max(density for density, _ in cohesive.states) < 1.5 * DENSITY


def test_past_the_spinodal_the_search_ends(soft):
    engine = KnownLiquid(lambda density: 300 + 4000 * (density / 4.3 - 1) ** 2, 2.0)
    assert "boils" in search(engine, soft).reason
    assert len(engine.batches) == 2, "the second batch shows the minimum"


def test_states_that_end_badly_are_left_out(soft):
    frozen = KnownLiquid(murnaghan(4.7, 10_000.0), 20.0, lambda density: Outcome.CRYSTAL if density > 4.82 else None)
    found = search(frozen, soft)
    assert found.density_per_nm3.value == pytest.approx(4.7, abs=4 * found.density_per_nm3.error)
    assert all(density <= 4.82 for density, _ in found.states)
    none = search(KnownLiquid(murnaghan(4.7, 10_000.0), 20.0, lambda density: Outcome.CRYSTAL), soft)
    assert none.density_per_nm3 is None
    assert "crystal: froze" in none.reason
    narrow = KnownLiquid(murnaghan(4.7, 10_000.0), 20.0, lambda density: None if 4.65 < density < 4.75 else Outcome.BLOW_UP)
    assert "runs ended badly, the last as blow-up" in search(narrow, soft).reason


def test_enough_beads_for_the_smallest_box(soft):
    engine = KnownLiquid(murnaghan(6.2, 10_000.0))
    search(engine, soft, beads=64)
    assert all(each.box_nm > 2 * soft.cutoff_nm for batch in engine.batches for each in batch)


def test_weak_repulsion_gives_the_second_virial_coefficient():
    """Real runs: P = rho kT (1 + B2 rho); the third coefficient of so weak a core adds 1e-4."""
    r = np.linspace(0.02, 1.2, 119)
    u = 0.1 * thermal_energy(TEMPERATURE) * (np.exp(-((r / 0.5) ** 2)) - np.exp(-((1.2 / 0.5) ** 2)))
    virial = -2 * np.pi * np.trapezoid(r**2 * np.expm1(-u / thermal_energy(TEMPERATURE)), r)
    law = GAS_BAR * 4.0 * (1 + virial * 4.0)
    options = IsothermOptions(equilibration_ps=5, production_ps=30)
    found = search(get_engine("auto"), PairPotential(r, u), law, 3, liquid=wanted(4.0), beads=125, options=options)
    assert found.reason == ""
    assert found.density_per_nm3.value == pytest.approx(4.0, abs=4 * found.density_per_nm3.error + 0.004)
    expected = 1e4 / (GAS_BAR * 4.0 * (1 + 2 * virial * 4.0))
    assert found.compressibility_per_GPa.value == pytest.approx(expected, abs=4 * found.compressibility_per_GPa.error)
    assert found.compressibility_per_GPa.error < 0.1 * expected


@pytest.mark.slow
def test_the_same_density_as_at_constant_pressure_in_openmm(soft):
    pressure, beads = 800.0, 250
    found = search(get_engine("auto"), soft, pressure, 7, beads=beads)
    system = liquid_system(soft, MASS, beads, (beads / DENSITY) ** (1 / 3))
    barostat = openmm.MonteCarloBarostat(pressure * unit.bar, TEMPERATURE * unit.kelvin, 10)
    barostat.setRandomNumberSeed(11)
    system.addForce(barostat)
    integrator = openmm.LangevinMiddleIntegrator(TEMPERATURE, 1.0, 0.01)
    integrator.setRandomNumberSeed(12)
    context = openmm.Context(system, integrator, openmm.Platform.getPlatformByName("CPU"), {"Threads": "1"})
    context.setPositions(lattice(beads, (beads / DENSITY) ** (1 / 3), generator(5, "lattice")))
    openmm.LocalEnergyMinimizer.minimize(context, 10.0, 200)
    integrator.step(2000)
    volumes = []
    for _ in range(900):
        integrator.step(10)
        volumes.append(context.getState().getPeriodicBoxVolume().value_in_unit(unit.nanometer**3))
    blocks = np.array([beads / block.mean() for block in np.array_split(np.array(volumes), 6)])
    error = blocks.std(ddof=1) / np.sqrt(len(blocks))
    combined = np.hypot(error, found.density_per_nm3.error)
    assert combined < 0.01 * found.density_per_nm3.value
    assert found.density_per_nm3.value == pytest.approx(blocks.mean(), abs=4 * combined)
