"""The GPU's kernels in numba's simulator, thread by thread. `test_gpu.py` runs this file in a process of its own: the simulator must be
chosen before numba is imported.
"""

from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import ObservableOptions
from mobcg.engines.ensemble.gpu import course, random
from mobcg.engines.ensemble.gpu.batch import batches, bytes_of, largest
from mobcg.engines.ensemble.gpu.device import SIMULATED
from mobcg.engines.ensemble.gpu.run import run_on_gpu
from mobcg.engines.ensemble.state import BLEW_UP
from mobcg.outcomes import InputError, Outcome
from mobcg.potential.pair import PairPotential
from tests.engines.ensemble.gpu_liquids import brute_force, liquid, run, same, specification

assert SIMULATED


def test_random_words_are_those_of_the_published_generators():
    # known answers of Salmon et al., file kat_vectors of Random123
    words = [np.uint32(int(word, 16)) for word in ("243f6a88", "85a308d3", "13198a2e", "03707344", "a4093822", "299f31d0")]
    assert [f"{int(word):08x}" for word in random.philox4(*words)] == ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"]
    zero = np.uint32(0)
    assert [f"{int(word):08x}" for word in random.philox4(*[zero] * 6)] == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]
    assert [f"{int(word):08x}" for word in random.philox2(zero, zero, zero)] == ["ff1dae59", "6cd10df2"]
    assert [f"{int(word):08x}" for word in random.philox2(*words[:3])] == ["dd7ce038", "f62a4c12"]


def test_energy_virial_histogram_and_displacements_are_numpys():
    made = liquid("nve", beads=27, frames=14)
    (record,), _ = run([made])
    positions = record.trajectory[:, :, : made.plan.beads].transpose(0, 2, 1).astype(float)
    edge, width, bins = made.plan.edge, made.plan.bin_width, record.counts.shape[1]
    counted = []
    for frame, (_, _, potential, virial) in zip(positions, record.series, strict=True):
        energy, work, r = brute_force(made, frame)
        assert potential == pytest.approx(energy, abs=2e-4)
        assert virial == pytest.approx(work, abs=2e-3)
        counted.append(np.histogram(r, bins, (0, bins * width))[0])
    for counts, frames in zip(record.counts, np.split(np.array(counted), record.block_ends[:-1]), strict=True):
        assert np.abs(counts - frames.sum(axis=0)).sum() <= 2  # a distance may round across the edge of a bin
        assert counts.sum() > 300
    depth = len(record.totals)
    for lag in range(1, depth):
        squared = ((positions[lag:] - positions[:-lag]) ** 2).sum(-1)
        assert record.totals[lag] == pytest.approx(squared.sum(axis=0), rel=1e-4)
        begin = 0
        for stretch, end in zip(record.stretches, record.stretch_ends, strict=True):
            part = positions[begin:end]
            assert stretch[lag] == pytest.approx(((part[lag:] - part[:-lag]) ** 2).sum(), rel=1e-4)
            begin = end
    assert len(record.stretch_ends) == 3
    assert np.array_equal(record.first[0], record.trajectory[0])
    assert np.array_equal(np.roll(record.last, -(14 % 10), axis=0), record.trajectory[-10:])
    assert np.mod(record.final.T - record.trajectory[-1, :, : made.plan.beads].T + edge / 2, edge).std(axis=0).max() < 1e-5


def test_energy_is_conserved_and_the_heat_bath_is_not_asked():
    (record,), _ = run([liquid("nve", frames=12)])
    total = record.series[:, 1] + record.series[:, 2]
    assert np.ptp(total) < 0.01 * np.mean(record.series[:, 1])
    assert np.ptp(record.series[:, 2]) > 5 * np.ptp(total)


@pytest.mark.parametrize("thermostat", ["global", "langevin", "dpd"])
def test_results_depend_on_neither_threads_nor_launches_nor_lists(thermostat):
    (reference,), _ = run([liquid(thermostat)], threads=4)
    (other,), _ = run([liquid(thermostat, sizes={"capacity": 3})], threads=7, launch_steps=5)
    assert same(reference, other)
    assert np.isfinite(reference.series).all()
    assert reference.series[:, 0].min() > 10


def test_a_replica_does_not_depend_on_its_batch():
    def make():
        return [liquid("global", frames=4), liquid("langevin", beads=16, frames=7, stride=1, seed=3, keep=False)]

    together, _ = run(make())
    alone = [run([one])[0][0] for one in make()]
    assert all(same(one, other) for one, other in zip(together, alone, strict=True))


def test_working_space_in_global_memory_gives_the_same():
    small, large = liquid("dpd", frames=4), liquid("dpd", frames=4, sizes={"arena": 20000})
    assert small.shared
    assert not large.shared
    assert same(run([small])[0][0], run([large])[0][0])


def test_friction_between_beads_conserves_momentum():
    # five steps of equilibration, after which the drift is taken off, and seven of friction before the first frame
    _, state = run([liquid("dpd", stride=10)], launch_steps=12, launches=1)
    v = state.v[0]
    assert state.done[0] == 12
    assert np.abs(v.sum(axis=1)).max() < 1e-6 * np.abs(v).sum()
    # the same liquid without friction moves otherwise
    _, other = run([liquid("nve", stride=10)], launch_steps=12, launches=1)
    assert np.abs(v - other.v[0]).max() > 0.01


def test_a_liquid_that_heats_without_end_stops():
    hot = liquid("nve", frames=40, beads=16, plan={"timestep": 0.4, "relaxation_moves": 0})
    _, state = run([hot])
    assert state.status[0] == BLEW_UP
    assert state.done[0] < hot.steps


def test_specifications_become_results_and_failures_outcomes():
    r = np.linspace(0.3, 0.75, 46)
    flat = PairPotential(r, -0.1 * (0.75 - r))
    bins = ObservableOptions(fit_window_ps=(0.0, 0.06), bin_width_nm=0.05, blocks=3)
    measured = replace(specification("global", frames=6), observables=bins)
    results = run_on_gpu([measured, specification("nve", potential=flat)], threads=4)
    assert results[1].outcome is Outcome.UNUSABLE_POTENTIAL
    assert results[0].outcome is Outcome.GLASS  # nothing diffuses in 0.2 ps
    assert results[0].steps == 5 + 12
    assert results[0].trajectory.positions_nm.shape == (6, 18, 3)
    assert results[0].diffusion.diffusion.value > 0
    assert results[0].pressure_bar.error > 0
    with pytest.raises(InputError, match="too short"):
        run_on_gpu([specification("global", frames=2)])


def test_batches_hold_what_one_kernel_serves_and_what_fits():
    liquids = [liquid("nve", beads=n, frames=8, keep=False) for n in (20, 40, 30)] + [liquid("dpd", frames=8, keep=False)]
    by_memory = batches(liquids, 1e9, 10)
    assert [[one.plan.beads for one in batch] for batch in by_memory] == [[40, 30, 20], [18]]
    assert [len(batch) for batch in batches(liquids, 1e9, 2)] == [2, 1, 1]
    two = 2 * bytes_of(largest(liquids[:3]), True)
    assert [len(batch) for batch in batches(liquids, two, 10)] == [2, 1, 1]
    with pytest.raises(MemoryError, match="40 beads"):
        batches(liquids, 1000.0, 10)
    assert course.kernel(True, False) is course.kernel(True, False)
