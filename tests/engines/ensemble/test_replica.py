"""The whole course of a replica against the same one in numpy: double precision, every pair of beads, no lists."""

import math

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble.compiled import compiled_simulate
from mobcg.engines.ensemble.engine import make_plan, make_record
from mobcg.engines.ensemble.neighbours import most_images
from mobcg.engines.ensemble.noise import fill_normals, random_state
from mobcg.engines.ensemble.segments import segmented
from mobcg.engines.ensemble.state import BLEW_UP, FINISHED
from mobcg.engines.specification import RunSpecification, start_positions
from tests.engines.ensemble.clusters import periodic_pairs, unpack

OPTIONS = CoarseGrainedOptions(beads=67, equilibration_ps=1, production_ps=1.6, sample_interval_ps=0.1, maximum_timestep_fs=5)
OBSERVABLES = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(0.2, 0.8))


def specify(soft, **change):
    return RunSpecification(soft, 86.0, 4.6, 298.15, 3, "nve", options=OPTIONS, observables=OBSERVABLES, keep_trajectory=True, **change)


def simulated(specification, seed=5, **change):
    """A replica without relaxation and equilibration."""
    table = segmented(specification.potential, specification.temperature_K)
    plan = make_plan(specification, table)._replace(relaxation_moves=0, equilibration_steps=0, **change)
    record = make_record(specification)
    room = most_images(plan.edge, 1.25 * plan.cutoff, (plan.beads + 3) // 4)
    start = np.ascontiguousarray(start_positions(specification).T)
    status = compiled_simulate(plan, start, table.force.ravel(), table.energy.astype(np.float32).ravel(), random_state(seed), room, record)
    return status, plan, record, table


def slow_forces(table, x, edge):
    first, second, vector = periodic_pairs(x, edge, table.cutoff_nm)
    r = np.linalg.norm(vector, axis=1)
    force, energy = table.evaluate(r)
    result = np.zeros_like(x)
    np.add.at(result, second, (force / r)[:, None] * vector)
    np.add.at(result, first, -(force / r)[:, None] * vector)
    return result, energy.sum(), (force * r).sum()


def test_a_course_without_thermostat_is_newton_s(soft):
    specification = specify(soft)
    status, plan, record, table = simulated(specification)
    assert status == FINISHED
    beads, dt, mass = plan.beads, plan.timestep, plan.mass
    noise = np.zeros((16 * 17 + 31) // 32 * 32, dtype=np.float32)
    fill_normals(random_state(5), noise)
    v = math.sqrt(plan.kT / mass) * unpack(noise[: 16 * 17], beads)
    v -= v.mean(axis=0)
    x = start_positions(specification)
    force, _, _ = slow_forces(table, x, plan.edge)
    # the soft core is steep: a rounding of 1e-7 of positions grows over the run; the engine's forces are good to 1e-6 of the largest
    for frame in range(specification.frames):
        for _ in range(plan.stride):
            v = v + dt / mass * force
            x = x + dt * v
            force, potential, virial = slow_forces(table, x, plan.edge)
        placed = record.trajectory[frame][:, :beads].T.astype(float)
        assert placed == pytest.approx(x - x.mean(axis=0), abs=2e-6), frame
        kinetic = 0.5 * mass * np.sum(v**2), 0.5 * mass * np.sum((v + dt / 2 / mass * force) ** 2)
        assert record.series[frame] == pytest.approx([*kinetic, potential, virial], rel=1e-5, abs=1e-3)
    assert np.mod(record.final.T, plan.edge) == pytest.approx(np.mod(x, plan.edge), abs=2e-6)
    assert record.first[0][:, :beads] == pytest.approx(record.trajectory[0][:, :beads], abs=0)
    assert record.tally[0] == specification.frames * plan.stride
    # far enough for beads to have met: half of the box's neighbour distances
    assert np.abs(record.trajectory[-1] - record.trajectory[0])[:, :beads].max() > 0.1


def test_a_replica_that_heats_stops_early(soft):
    specification = specify(soft)
    hot = start_positions(specification) * 0.4
    status, plan, record, _ = simulated(specify(soft, start_nm=hot), timestep=0.1)
    assert status == BLEW_UP
    assert record.tally[0] < plan.frames * plan.stride
    assert np.all(record.series[-1] == 0)


def test_another_seed_draws_other_velocities_and_the_same_seed_the_same(soft):
    one, same, other = (simulated(specify(soft), seed)[2] for seed in (1, 1, 2))
    assert np.array_equal(one.trajectory, same.trajectory)
    assert np.array_equal(one.series, same.series)
    assert not np.any(one.series[:, 0] == other.series[:, 0])


@pytest.mark.parametrize("beads", [64, 65, 66])
def test_the_last_cluster_may_be_incomplete(soft, beads):
    options = OPTIONS.model_copy(update={"beads": beads})
    specification = RunSpecification(soft, 86.0, 4.6, 298.15, 3, "nve", options=options, observables=OBSERVABLES, keep_trajectory=True)
    status, plan, record, _ = simulated(specification)
    assert status == FINISHED
    total = record.series[:, 1] + record.series[:, 2]
    # energies of a step of 5 fs wander by its square: a thousandth of the kinetic energy
    assert np.ptp(total) < 1e-3 * record.series[:, 1].mean()
    # pairs of the histogram: none lost to places that are not used
    assert record.counts.sum() <= beads * (beads - 1) / 2 * plan.frames
    assert np.all(np.isfinite(record.trajectory[:, :, :beads]))
    assert np.all(record.trajectory[:, :, beads:] == 0)
