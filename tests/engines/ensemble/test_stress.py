"""The recorded stress against numpy's, and the physics that it is recorded for."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble import engine as module
from mobcg.engines.ensemble.engine import EnsembleEngine, run_replica
from mobcg.engines.ensemble.noise import fill_normals, random_state
from mobcg.engines.openmm_engine import OpenMMEngine
from mobcg.engines.specification import RunSpecification, start_positions
from mobcg.observables.viscosity import MPA_S_PER_KJ_MOL_NM3_PS
from mobcg.units import BOLTZMANN, ReducedUnits
from tests.conftest import lennard_jones
from tests.engines.ensemble.clusters import periodic_pairs, unpack
from tests.engines.ensemble.test_replica import simulated, slow_forces

COMPONENTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
OPTIONS = CoarseGrainedOptions(beads=130, equilibration_ps=1, production_ps=60, sample_interval_ps=0.2)
OBSERVABLES = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(1.0, 5.0))

SIGMA, DEPTH, ARGON = 0.34, 120 * BOLTZMANN, 39.948
TIME = SIGMA * np.sqrt(ARGON / DEPTH)
VISCOSITY = MPA_S_PER_KJ_MOL_NM3_PS * DEPTH * TIME / SIGMA**3


def liquid(soft, seed=1, **change):
    return replace(RunSpecification(soft, 86.0, 4.6, 298.15, seed, options=OPTIONS, observables=OBSERVABLES, viscosity=True), **change)


def triple_point(beads, production_ps, seed=1):
    """Argon-like Lennard-Jones beads, T* = 0.722 and rho* = 0.8442, cut and shifted at 2.5 sigma."""
    options = CoarseGrainedOptions(beads=beads, equilibration_ps=40, production_ps=production_ps, sample_interval_ps=0.4)
    observables = ObservableOptions(fit_window_ps=(4.0, 16.0))
    potential = lennard_jones(SIGMA, DEPTH, 2.5 * SIGMA)
    return RunSpecification(
        potential, ARGON, 0.8442 / SIGMA**3, 0.722 * 120, seed, options=options, observables=observables, viscosity=True
    )


def test_the_recorded_stress_is_newton_s(soft):
    """Of a run integrated in numpy: sum of m v v and r F over volume, the velocities those of the positions' time."""
    options = CoarseGrainedOptions(beads=67, equilibration_ps=1, production_ps=1.6, sample_interval_ps=0.1, maximum_timestep_fs=5)
    observables = ObservableOptions(bin_width_nm=0.01, fit_window_ps=(0.2, 0.8))
    specification = liquid(soft, 3, thermostat="nve", options=options, observables=observables)
    _, plan, record, table = simulated(specification)
    beads, dt, mass, stride = plan.beads, plan.timestep, plan.mass, plan.stress_stride
    # not a divisor of the frames' stride, so that records fall between frames
    assert stride > 1
    assert plan.stride % stride
    assert len(record.stress) == plan.frames * plan.stride // stride
    noise = np.zeros((16 * 17 + 31) // 32 * 32, dtype=np.float32)
    fill_normals(random_state(5), noise)
    v = np.sqrt(plan.kT / mass) * unpack(noise[: 16 * 17], beads)
    v -= v.mean(axis=0)
    x = start_positions(specification)
    force, _, _ = slow_forces(table, x, plan.edge)
    for row in range(len(record.stress)):
        for _ in range(stride):
            v = v + dt / mass * force
            x = x + dt * v
            force, _, virial = slow_forces(table, x, plan.edge)
        _, _, vector = periodic_pairs(x, plan.edge, table.cutoff_nm)
        r = np.linalg.norm(vector, axis=1)
        pull = (table.evaluate(r)[0] / r)[:, None] * vector
        now = v + dt / 2 / mass * force
        expected = (vector.T @ pull + mass * now.T @ now) / plan.edge**3
        # forces of single precision: 1e-6 of the sum's largest terms, as in the test of the course
        assert record.stress[row] == pytest.approx([expected[pair] for pair in COMPONENTS], rel=1e-4, abs=1e-3), row
        trace = (virial + mass * (now**2).sum()) / plan.edge**3
        assert record.stress[row, :3].sum() == pytest.approx(trace, rel=1e-4, abs=1e-3)


def test_the_record_changes_nothing_else(soft):
    with_stress, without = (run_replica(liquid(soft, 7, viscosity=viscosity)) for viscosity in (True, False))
    assert without.viscosity_mPa_s is None
    assert without.diffusion_infinite is None
    assert with_stress.viscosity_mPa_s.value > 0
    assert with_stress.diffusion_infinite.value > with_stress.diffusion.diffusion.value
    assert with_stress.diffusion_infinite.error > with_stress.diffusion.diffusion.error
    assert np.array_equal(with_stress.final_nm, without.final_nm)
    assert np.array_equal(with_stress.rdf.g, without.rdf.g)
    assert with_stress.diffusion.diffusion == without.diffusion.diffusion
    assert with_stress.pressure_bar == without.pressure_bar


@pytest.mark.parametrize("thermostat", ["langevin", "dpd"])
def test_friction_on_beads_has_no_viscosity_to_tell(soft, thermostat):
    specification = liquid(soft, thermostat=thermostat, friction_per_ps=2.0)
    assert specification.stress_stride == 0
    result = run_replica(specification)
    assert result.ok, result.reason
    assert result.viscosity_mPa_s is None
    assert result.diffusion_infinite is None


def test_the_stress_is_recorded_at_the_liquid_s_pace(soft):
    light, heavy = (liquid(soft, mass_Da=mass, options=OPTIONS.model_copy(update={"maximum_timestep_fs": 1.0})) for mass in (20.0, 180.0))
    for specification in (light, heavy):
        unit = ReducedUnits(specification.mass_Da, 298.15, 4.6).time_ps
        assert specification.stress_stride * specification.step_ps / unit == pytest.approx(0.03, abs=0.5 * specification.step_ps / unit)
    assert heavy.stress_stride == pytest.approx(3 * light.stress_stride, abs=2)
    assert liquid(soft, viscosity=False).stress_stride == 0


def test_a_viscosity_is_measured_on_the_cpu(soft, monkeypatch):
    monkeypatch.setattr(module, "gpu_available", lambda: pytest.fail("a GPU was looked for"))
    monkeypatch.setattr(module, "run_replica", lambda specification: specification.seed)
    assert EnsembleEngine().run([liquid(soft, seed) for seed in range(5)]) == list(range(5))


def test_openmm_says_that_it_measures_none(soft, caplog):
    options = CoarseGrainedOptions(beads=130, equilibration_ps=0.2, production_ps=3.0, sample_interval_ps=0.1)
    specification = liquid(soft, options=options, observables=ObservableOptions(fit_window_ps=(0.5, 1.5)))
    with caplog.at_level(logging.WARNING):
        result = OpenMMEngine().run([specification])[0]
    assert result.viscosity_mPa_s is None
    assert "the ensemble engine measures it" in caplog.text


@pytest.mark.slow
def test_viscosity_of_lennard_jones_at_its_triple_point():
    """Published values lie between 3.0 and 3.3: Meier, Laesecke and Kabelac, J. Chem. Phys. 121, 3671 (2004), and those it compares."""
    result = run_replica(triple_point(256, 4000))
    assert result.ok, result.reason
    viscosity, error = (number / VISCOSITY for number in result.viscosity_mPa_s)
    assert error < 0.25
    assert abs(viscosity - 3.15) < 0.15 + 3 * error


@pytest.mark.slow
def test_boxes_of_all_sizes_have_one_diffusion_without_box():
    """D(L) grows by a tenth from 125 to 1000 beads; freed of the box by each run's own viscosity it is one."""
    results = [run_replica(triple_point(beads, length, beads)) for beads, length in ((125, 6000), (250, 4000), (1000, 1000))]
    assert all(result.ok for result in results)

    def scatter(estimates):
        """Chi squared of a common value."""
        values, errors = np.array(estimates).T
        mean = np.sum(values / errors**2) / np.sum(1 / errors**2)
        return np.sum(((values - mean) / errors) ** 2)

    # two degrees of freedom: above 13.8 once in 1000
    assert scatter([result.diffusion_infinite for result in results]) < 13.8
    assert scatter([result.diffusion.diffusion for result in results]) > 13.8
