from dataclasses import dataclass

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification
from mobcg.inversion.target import InversionTarget
from mobcg.learning.flagship import FlagshipModel
from mobcg.library.synthetic import mie
from mobcg.potential.pair import PairPotential
from mobcg.potential.shaping import from_core
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.prediction.refine import RefinementOptions
from mobcg.prediction.shipped import find_trained
from mobcg.units import ReducedUnits, thermal_energy

STATE = {"mass_Da": 90.0, "density_per_nm3": 5.2, "temperature_K": 310.0}
UNITS = ReducedUnits(**STATE)
FRICTION = 4.0 * UNITS.friction_per_ps
SHORT = RefinementOptions(beads=500, equilibration_ps=20, production_ps=150, maximum_ps=150)


@dataclass(frozen=True)
class KnownLiquid:
    """A liquid whose potential and friction are known: what a prediction should come near to."""

    wanted: WantedLiquid
    potential: PairPotential


@pytest.fixture(scope="session")
def flagship() -> FlagshipModel:
    model = find_trained("flagship")
    assert isinstance(model, FlagshipModel)
    return model


@pytest.fixture(scope="session")
def known() -> KnownLiquid:
    """A Mie 11-4 liquid with a well of 0.9 kT under friction, at a mass, density and temperature that no library run has together."""
    kT = thermal_energy(STATE["temperature_K"])
    x = 0.01 * np.arange(1, 251)
    t = np.clip((x - 1.9) / 0.6, 0, 1)
    u = kT * mie(x, 0.84, 0.9, 11.0, 4.0) * (1 - t**3 * (10 - 15 * t + 6 * t**2))
    potential = from_core(PairPotential(x * UNITS.length_nm, u), 25 * kT)
    options = CoarseGrainedOptions(beads=1000, equilibration_ps=30, production_ps=400, sample_interval_ps=0.2)
    run = RunSpecification(
        potential, **STATE, seed=11, thermostat="langevin", friction_per_ps=FRICTION, options=options, observables=ObservableOptions()
    )
    (result,) = get_engine("ensemble").run([run])
    assert result.ok
    return KnownLiquid(WantedLiquid(InversionTarget(result.rdf, **_state(STATE)), result.diffusion.diffusion), potential)


def _state(state: dict[str, float]) -> dict[str, float]:
    return {name: state[name] for name in ("density_per_nm3", "temperature_K", "mass_Da")}


@pytest.fixture(scope="session")
def start(known, flagship) -> CoarseModel:
    """The known potential, its well a tenth too deep, and half of the friction."""
    r, u = known.potential.r_nm, known.potential.u_kj_per_mol
    return CoarseModel(PairPotential(r, np.where(u < 0, 1.1 * u, u)), 0.5 * FRICTION)
