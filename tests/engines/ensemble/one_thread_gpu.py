"""The GPU's kernels against the engine's own path, with liquids of real size: compiled for one thread of the processor, see `one_thread`.

`test_gpu.py` runs this file in a process of its own.
"""

from tests.engines.ensemble.one_thread import install

install()

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from mobcg.engines.ensemble.gpu.run import run_on_gpu  # noqa: E402
from tests.engines.ensemble.gpu_liquids import brute_force, liquid, run, same  # noqa: E402
from tests.engines.ensemble.gpu_statistics import assert_agreement, soft_specifications  # noqa: E402


@pytest.mark.parametrize("thermostat", ["global", "langevin", "dpd"])
def test_structure_diffusion_and_pressure_are_those_of_the_processors_path(thermostat):
    assert_agreement(run_on_gpu, soft_specifications(thermostat, 4, beads=150, production_ps=60.0))


def test_energy_is_conserved_over_many_steps():
    (result,) = run_on_gpu(soft_specifications("nve", 1, beads=150, production_ps=100.0))
    assert abs(result.energy_drift_kT_per_bead_ns) < 0.02


def test_energies_of_a_larger_liquid_are_numpys_and_lists_change_nothing():
    def make(**sizes):
        return liquid("langevin", beads=300, frames=60, stride=5, sizes=sizes)

    made = make()
    assert made.sizes.capacity < 60
    (record,), state = run([made])
    bins, counted = record.counts.shape[1], 0
    for frame, (_, _, potential, virial) in zip(record.trajectory[:, :, :300].transpose(0, 2, 1).astype(float), record.series, strict=True):
        energy, work, r = brute_force(made, frame)
        assert potential == pytest.approx(energy, rel=2e-5)
        assert virial == pytest.approx(work, rel=2e-5, abs=0.02)
        counted = counted + np.histogram(r, bins, (0, bins * made.plan.bin_width))[0]
    # distances may round across the edges of bins
    assert np.abs(record.counts.sum(axis=0) - counted).sum() < 1e-4 * counted.sum()
    # beads went far beyond the skin, so lists were made anew
    moved = np.linalg.norm(record.trajectory[-1] - record.trajectory[0], axis=0)
    assert np.median(moved[:300]) > 0.15
    (other,), _ = run([make(capacity=5)])
    assert same(record, other)
    assert state.near_count[0].mean() > 5


@pytest.mark.parametrize(
    ("thermostat", "idle"), [("global", {"thermostat_time": 1e9}), ("langevin", {"friction": 0.0}), ("dpd", {"friction": 0.0})]
)
def test_a_thermostat_that_does_nothing_leaves_the_motion_alone(thermostat, idle):
    (free,), _ = run([liquid("nve", beads=64, frames=10)])
    (record,), _ = run([liquid(thermostat, beads=64, frames=10, plan=idle)])
    assert np.abs(record.trajectory - free.trajectory).max() < 2e-5
    assert np.ptp(free.trajectory, axis=0).max() > 0.02
