import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import RunSpecification
from mobcg.evaluation.reference import Reference
from mobcg.observables.blocks import Estimate
from mobcg.potential.pair import PairPotential

RUNS = CoarseGrainedOptions(beads=125, equilibration_ps=5, production_ps=30, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(2.0, 8.0))


@pytest.fixture(scope="session")
def reference() -> tuple[PairPotential, Reference]:
    """A liquid of a known potential stands for the atomistic one: it diffuses half as fast as its beads do without friction."""
    r = np.linspace(0.3, 1.2, 91)
    u = (60.0 * np.exp(-(r - 0.3) / 0.05) - 1.5 * np.exp(-(((r - 0.62) / 0.12) ** 2))) * (1 - np.clip((r - 1.0) / 0.2, 0, 1) ** 2)
    potential = PairPotential(r, u)
    result = OpenMMEngine().run([RunSpecification(potential, 86.0, 4.6, 298.15, 99, options=RUNS, observables=BINS, r_max_nm=1.2)])[0]
    assert result.ok
    measured = result.diffusion.diffusion
    slower = Estimate(measured.value / 2, measured.error / 2)
    moved, pressure = result.diffusion, result.pressure_bar.value
    return potential, Reference("a", result.rdf, slower, 86.0, 4.6, 298.15, result.box_nm, moved.time_ps, moved.msd_nm2 / 2, pressure)
