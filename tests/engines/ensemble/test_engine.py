import math
import time
from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble import engine as module
from mobcg.engines.ensemble.engine import EnsembleEngine, make_plan, make_record, run_replica
from mobcg.engines.ensemble.segments import segmented
from mobcg.engines.measure import sample_trajectory
from mobcg.engines.specification import RunSpecification
from mobcg.observables.order import LAST_FRAMES
from mobcg.outcomes import Outcome
from mobcg.units import BOLTZMANN
from tests.conftest import lennard_jones

SINGLE = float(np.finfo(np.float32).eps)
OPTIONS = CoarseGrainedOptions(beads=130, equilibration_ps=2, production_ps=40, sample_interval_ps=0.2)
OBSERVABLES = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(1.0, 5.0))


def liquid(soft, seed=1, **change):
    return replace(RunSpecification(soft, 86.0, 4.6, 298.15, seed, options=OPTIONS, observables=OBSERVABLES), **change)


class Coarse(RunSpecification):
    """Takes far longer steps than its potential allows."""

    timestep_fs = 200.0


class Fitted:
    """The force that the engine computes, in double precision, as a potential."""

    def __init__(self, potential, temperature_K):
        self.table, self.cutoff_nm = segmented(potential, temperature_K), potential.cutoff_nm

    def force(self, r):
        return self.table.evaluate(r)[0]


@pytest.fixture
def sampled(monkeypatch):
    """What each run hands over to be concluded."""
    handed, conclude = [], module.conclude

    def kept(specification, sampled, *rest):
        handed.append(sampled)
        return conclude(specification, sampled, *rest)

    monkeypatch.setattr(module, "conclude", kept)
    return handed


def assert_same(one, other):
    for name in ("outcome", "reason", "timestep_fs", "box_nm", "steps", "pressure_bar", "temperature_K", "energy_drift_kT_per_bead_ns"):
        assert getattr(one, name) == getattr(other, name), name
    assert np.array_equal(one.final_nm, other.final_nm)
    assert np.array_equal(one.rdf.g, other.rdf.g)
    assert np.array_equal(one.rdf.g_error, other.rdf.g_error)
    assert np.array_equal(one.diffusion.msd_nm2, other.diffusion.msd_nm2)
    assert one.diffusion.diffusion == other.diffusion.diffusion


@pytest.mark.parametrize(("thermostat", "friction", "r_max_nm"), [("global", 0.0, None), ("langevin", 2.0, 1.0), ("dpd", 2.0, None)])
def test_what_is_measured_on_the_way_is_what_the_trajectory_holds(soft, sampled, thermostat, friction, r_max_nm):
    specification = liquid(soft, thermostat=thermostat, friction_per_ps=friction, r_max_nm=r_max_nm, keep_trajectory=True)
    result = run_replica(specification)
    assert result.ok, result.reason
    sampled, trajectory = sampled[-1], result.trajectory
    assert trajectory.frames == specification.frames
    assert trajectory.interval_ps == pytest.approx(specification.interval_ps)
    assert trajectory.positions_nm.mean(axis=1) == pytest.approx(np.zeros((specification.frames, 3)), abs=1e-6)
    other = sample_trajectory(replace(specification, potential=soft), trajectory, sampled.temperatures_K, sampled.energies_kj_per_mol)

    # rounded to single precision on either side: two coordinates here, the same two less their mean there
    span = max(np.abs(trajectory.positions_nm).max(), specification.box_nm)
    slack = 2 * SINGLE / 2 / math.sqrt(3) * span
    ours, theirs = result.rdf, other.rdf
    assert np.array_equal(ours.r_nm, theirs.r_nm)
    bins, frames, beads = len(ours.r_nm), specification.frames, OPTIONS.beads
    shells = 4 / 3 * np.pi * np.diff((0.01 * np.arange(bins + 1)) ** 3)
    per_pair = beads * (beads - 1) / 2 / specification.box_nm**3 * shells * frames
    counted = np.array([ours.g * per_pair, theirs.g * per_pair])
    assert counted == pytest.approx(np.rint(counted), abs=1e-6)
    # so many pairs lie that near to the edge of a bin, and are counted in one bin less and one more
    expected = counted[1].sum() * slack / 0.01
    assert np.abs(counted[0] - counted[1]).sum() <= 2 * (expected + 5 * math.sqrt(expected) + 1)
    assert ours.g_error[20:] == pytest.approx(theirs.g_error[20:], abs=5 / per_pair[20])

    assert result.diffusion.diffusion.value == pytest.approx(other.diffusion.diffusion.value, rel=1e-4)
    assert result.diffusion.diffusion.error == pytest.approx(other.diffusion.diffusion.error, rel=1e-3)
    assert result.diffusion.linear == other.diffusion.linear
    lags = len(result.diffusion.msd_nm2)
    assert lags * specification.interval_ps > OBSERVABLES.fit_window_ps[1]
    # freud's sums over origins are differences of squares of single-precision positions
    squares = np.max(np.sum((trajectory.positions_nm - trajectory.positions_nm[0]) ** 2, axis=2))
    assert result.diffusion.msd_nm2[1:] == pytest.approx(other.diffusion.msd_nm2[1:lags], rel=1e-5, abs=4 * SINGLE * squares)

    fitted = sample_trajectory(
        replace(specification, potential=Fitted(soft, 298.15)), trajectory, sampled.temperatures_K, sampled.energies_kj_per_mol
    )
    # distances off by the slack, times the slope of r F, some 1e3 kJ/mol/nm on the core, for 1000 pairs that add up at random (1 kJ/mol of
    # virial is 0.2 bar); the potential's own force differs by the fit, 1e-5 kT of U over segments of 0.05 nm
    assert sampled.pressures_bar == pytest.approx(fitted.pressures_bar, abs=5 * slack * 1e3 * math.sqrt(1000) * 0.2)
    assert sampled.pressures_bar == pytest.approx(other.pressures_bar, abs=0.05)
    assert np.std(other.pressures_bar) > 10

    drift_free = trajectory.positions_nm
    assert np.array_equal(sampled.first_nm, drift_free[0].astype(np.float32))
    assert np.array_equal(sampled.last_nm, drift_free[-LAST_FRAMES:].astype(np.float32))
    apart = sampled.final_nm - drift_free[-1]
    apart -= apart[0]
    assert apart == pytest.approx(specification.box_nm * np.round(apart / specification.box_nm), abs=8 * SINGLE * span)
    assert np.all((result.final_nm >= 0) & (result.final_nm <= specification.box_nm))


@pytest.mark.parametrize("production_ps", [11.0, 11.4, 12.2])
def test_the_last_frames_are_in_order(soft, sampled, production_ps):
    """Kept as a ring that has turned to different places when the run ends."""
    options = OPTIONS.model_copy(update={"production_ps": production_ps, "equilibration_ps": 0.2})
    result = run_replica(liquid(soft, options=options, keep_trajectory=True))
    tail = result.trajectory.positions_nm[-LAST_FRAMES:]
    assert np.array_equal(sampled[0].last_nm, tail.astype(np.float32))


@pytest.mark.parametrize("thermostat", ["global", "langevin", "dpd", "nve"])
def test_a_liquid_s_course_depends_on_its_specification_alone(soft, thermostat):
    """Alone, again, and among others on two threads: the same to the last bit."""
    friction = 3.0 if thermostat in ("langevin", "dpd") else 0.0
    options = OPTIONS.model_copy(update={"production_ps": 12.0, "equilibration_ps": 1.0})
    specification = liquid(soft, 11, thermostat=thermostat, friction_per_ps=friction, options=options)
    alone, again = EnsembleEngine().run([specification])[0], EnsembleEngine().run([specification])[0]
    others = [replace(specification, seed=seed) for seed in (12, 13)]
    batch = EnsembleEngine(threads=2).run([others[0], specification, others[1], specification])
    for result in (again, batch[1], batch[3]):
        assert_same(alone, result)
    for result in (batch[0], batch[2]):
        assert result.diffusion.diffusion != alone.diffusion.diffusion
        assert not np.any(result.final_nm == alone.final_nm)


def test_threads_come_from_the_options_and_results_in_order(soft, monkeypatch):
    used = []
    pool = module.ThreadPoolExecutor
    monkeypatch.setattr(module, "ThreadPoolExecutor", lambda threads: used.append(threads) or pool(threads))
    monkeypatch.setattr(module, "run_replica", lambda specification: specification.seed)
    options = OPTIONS.model_copy(update={"threads": 3})
    batch = [liquid(soft, seed, options=options) for seed in range(5)]
    assert EnsembleEngine().run(batch) == list(range(5))
    assert EnsembleEngine().run(batch[:2]) == [0, 1]
    assert EnsembleEngine(threads=4).run(batch) == list(range(5))
    assert EnsembleEngine(threads=1).run(batch) == list(range(5))
    assert EnsembleEngine().run(batch[:1]) == [0]
    assert EnsembleEngine().run([]) == []
    assert used == [3, 2, 4]


@pytest.mark.parametrize(("beads", "density"), [(256, 18.0), (500, 18.0)])
@pytest.mark.parametrize(("thermostat", "friction"), [("global", 0.0), ("langevin", 0.1), ("dpd", 0.1), ("nve", 0.0)])
def test_a_blow_up_is_an_outcome_and_is_seen_at_once(beads, density, thermostat, friction):
    stiff = lennard_jones(0.34, 120 * BOLTZMANN, 0.85)
    options = CoarseGrainedOptions(beads=beads, equilibration_ps=200, production_ps=2000, sample_interval_ps=0.2)
    specification = Coarse(stiff, 40.0, density, 300.0, 1, thermostat, friction, options=options, observables=OBSERVABLES)
    started = time.perf_counter()
    result = run_replica(specification)
    assert result.outcome is Outcome.BLOW_UP
    assert "at a step of 200.0 fs" in result.reason
    assert result.rdf is None
    assert result.engine == "ensemble"
    # 11000 steps of 500 beads would take a minute
    assert time.perf_counter() - started < 10


def test_a_blow_up_does_not_disturb_its_neighbours(soft):
    options = OPTIONS.model_copy(update={"production_ps": 12.0, "equilibration_ps": 1.0})
    specification = liquid(soft, 4, options=options)
    stiff = lennard_jones(0.34, 120 * BOLTZMANN, 0.85)
    broken = Coarse(stiff, 40.0, 18.0, 300.0, 1, options=options.model_copy(update={"beads": 256}), observables=OBSERVABLES)
    results = EnsembleEngine(threads=2).run([broken, specification, broken])
    assert [result.outcome for result in results] == [Outcome.BLOW_UP, Outcome.OK, Outcome.BLOW_UP]
    assert_same(results[1], run_replica(specification))


def test_a_liquid_heated_within_bounds_is_told_by_its_temperature(soft, monkeypatch):
    """Between 1.5 and 4 times the bath's temperature a run goes to its end, and what it says is how hot it became."""

    def twice_as_hot(plan, start, table, energy, random, capacity, record):
        record.series[:, 0] = 2 * 0.5 * (3 * OPTIONS.beads - 3) * plan.kT
        return 0

    monkeypatch.setattr(module, "compiled_simulate", twice_as_hot)
    result = run_replica(liquid(soft))
    assert result.outcome is Outcome.BLOW_UP
    assert "heated to 596 K in a bath of 298 K" in result.reason


def test_a_replica_of_500_beads_fits_into_5_mb(soft):
    options = CoarseGrainedOptions(beads=500, equilibration_ps=100, production_ps=1000, sample_interval_ps=0.2)
    specification = liquid(soft, options=options, observables=ObservableOptions(fit_window_ps=(5.0, 20.0)))
    record = make_record(specification)
    room = 64 * module._room_for_images(specification)
    clusters = 125
    ring = record.totals.shape[0] * record.first.nbytes
    # x, v (8), boxes, reference, force, noise (4) and position by clusters; lists of some 60 entries a cluster, room for 75 while they grow
    beads = clusters * 16 * (2 * 8 + 5 * 4) + room
    lists = clusters * 75 * 2 * 4 * 2
    assert sum(array.nbytes for array in record) + ring + beads + lists < 5e6
    assert record.trajectory.size == 0


def test_plan_and_record_follow_the_specification(soft):
    specification = liquid(soft, thermostat="langevin", friction_per_ps=3.0)
    table = segmented(soft, 298.15)
    plan, record = make_plan(specification, table), make_record(specification)
    assert plan.thermostat == 2
    assert plan.friction == 3.0
    assert plan.kT == pytest.approx(BOLTZMANN * 298.15)
    assert plan.stride * plan.timestep == pytest.approx(specification.interval_ps)
    # single precision holds the scaled edge exactly, and it is the box's to that
    edge = plan.edge * math.sqrt(plan.scale)
    assert float(np.float32(edge)) == pytest.approx(edge, rel=1e-15)
    assert plan.edge == pytest.approx(specification.box_nm, rel=SINGLE)
    assert record.block_ends[-1] == specification.frames
    assert np.ptp(np.diff(record.block_ends, prepend=0)) <= 1
    assert record.totals.shape[0] - 1 == pytest.approx(5.0 / specification.interval_ps, abs=1)
    assert (record.totals.shape[0] - 1) * specification.interval_ps >= 5.0 * (1 - 1e-9)
    assert record.first.shape[2] >= OPTIONS.beads + 16
    assert all(array.flags.c_contiguous for array in record)


def test_energy_drift_of_a_smooth_liquid_at_four_femtoseconds():
    from benchmarks.bead_liquids import soft_liquid

    liquid = soft_liquid()
    options = CoarseGrainedOptions(
        beads=500, equilibration_ps=5, production_ps=100, sample_interval_ps=0.1, steps_per_period=8, maximum_timestep_fs=4
    )
    specification = RunSpecification(
        liquid.potential,
        liquid.mass_Da,
        liquid.density_per_nm3,
        liquid.temperature_K,
        1,
        "nve",
        options=options,
        observables=ObservableOptions(fit_window_ps=(2, 10)),
    )
    assert specification.timestep_fs == 4
    result = EnsembleEngine(threads=1).run([specification])[0]
    assert result.ok, result.reason
    # kT per bead and ns; the energy's own noise lets the slope of 100 ps scatter by some 1e-5
    assert abs(result.energy_drift_kT_per_bead_ns) < 1e-4
