"""The kernels on a real GPU."""

import time

import numpy as np
import pytest

from mobcg.engines.ensemble.gpu.available import gpu_available
from tests.engines.ensemble.gpu_statistics import assert_agreement, soft_specifications

pytestmark = pytest.mark.skipif(not gpu_available(), reason="no CUDA device")


@pytest.fixture(scope="module")
def run_on_gpu():
    from mobcg.engines.ensemble.gpu.run import run_on_gpu

    return run_on_gpu


@pytest.mark.parametrize("thermostat", ["global", "langevin", "dpd"])
def test_structure_diffusion_and_pressure_are_those_of_the_processors_path(run_on_gpu, thermostat):
    assert_agreement(run_on_gpu, soft_specifications(thermostat, 8))


@pytest.mark.parametrize("thermostat", ["nve", "global", "langevin", "dpd"])
def test_results_repeat_and_do_not_depend_on_the_launch(run_on_gpu, thermostat):
    asked = soft_specifications(thermostat, 3, beads=256, production_ps=40.0)
    expected = run_on_gpu(asked)
    for found in (run_on_gpu(asked), run_on_gpu(asked[::-1], launch_steps=333, threads=96)[::-1]):
        for one, other in zip(expected, found, strict=True):
            assert np.array_equal(one.final_nm, other.final_nm)
            assert np.array_equal(one.rdf.g, other.rdf.g)
            assert one.pressure_bar == other.pressure_bar
            assert one.diffusion.diffusion == other.diffusion.diffusion


def test_energy_is_conserved(run_on_gpu):
    (result,) = run_on_gpu(soft_specifications("nve", 1))
    assert abs(result.energy_drift_kT_per_bead_ns) < 0.02


def test_speed(run_on_gpu, capsys):
    run_on_gpu(soft_specifications("global", 1, production_ps=20.0))
    for replicas in (1, 128, 1024):
        asked = soft_specifications("global", replicas, production_ps=50.0)
        started = time.perf_counter()
        results = run_on_gpu(asked)
        rate = sum(result.steps for result in results) * 500 / (time.perf_counter() - started)
        with capsys.disabled():
            print(f"\n{replicas} liquids of 500 beads: {rate / 1e6:.1f} million bead steps a second")  # noqa: T201
        assert rate > 0
