import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions
from mobcg.library.parent import Parent
from mobcg.library.plan import plan_library
from mobcg.library.run import FOOT_KT, execute, prepare, random_potential
from mobcg.library.synthetic import random_shape, synthetic_parents
from mobcg.potential.pair import PairPotential
from mobcg.seeds import generator
from mobcg.units import ReducedUnits, thermal_energy

LIBRARY = LibraryOptions(runs=4, r_max_nm=1.2)
RUNS = CoarseGrainedOptions(beads=64, equilibration_ps=4, production_ps=40, sample_interval_ps=0.2)
BINS = ObservableOptions(bin_width_nm=0.02, fit_window_ps=(1.0, 4.0))
ROW = {
    "run_id": "x-000000",
    "parent": "a-00000",
    "mass_Da": 80.0,
    "reduced_friction": 0.0,
    "scale": 1.0,
    "perturbation_kT": 0.0,
    "blend": 0.0,
    "density_factor": 1.0,
    "seed": 7,
}


@pytest.fixture
def parent(soft):
    return Parent("a-00000", "a", "a", soft, 4.6, 298.15)


def test_a_row_without_changes_has_the_parent_s_own_table(parent):
    potential = random_potential(parent, ROW, LIBRARY)
    assert np.array_equal(potential.r_nm, parent.potential.r_nm)
    assert np.array_equal(potential.u_kj_per_mol, parent.potential.u_kj_per_mol)


def test_the_first_rows_of_a_plan_have_their_parents_own_tables(parent):
    library = LIBRARY.model_copy(update={"blend": 0.4, "density_factor": (0.9, 1.1)})
    first, second = plan_library(library, ["a-00000"], 1).to_dict("records")[:2]
    assert np.array_equal(random_potential(parent, first, library).u_kj_per_mol, parent.potential.u_kj_per_mol)
    assert prepare(first, parent, library, RUNS, BINS).record["density_per_nm3"] == parent.density_per_nm3
    assert second["blend"] > 0
    assert second["density_factor"] != 1


def test_scale_multiplies(parent):
    potential = random_potential(parent, ROW | {"scale": 0.5}, LIBRARY)
    assert np.array_equal(potential.u_kj_per_mol, 0.5 * parent.potential.u_kj_per_mol)


def test_a_blend_is_the_mean_of_parent_and_random_shape(parent):
    potential = random_potential(parent, ROW | {"blend": 0.3}, LIBRARY)
    shape = random_shape(LIBRARY.synthetic, 4.6, 298.15, generator(7, "blend"))
    assert potential.cutoff_nm == max(shape.cutoff_nm, parent.potential.cutoff_nm)
    r = potential.r_nm
    assert potential.u_kj_per_mol == pytest.approx(0.7 * parent.potential.energy(r) + 0.3 * shape.energy(r))
    assert potential.u_kj_per_mol[-1] == 0


def test_a_perturbation_follows_the_row_s_seed_and_grows_with_its_amplitude(parent):
    def change(**row):
        return random_potential(parent, ROW | row, LIBRARY).u_kj_per_mol - parent.potential.u_kj_per_mol

    weak, strong = change(perturbation_kT=0.1), change(perturbation_kT=0.2)
    assert np.abs(weak).max() > 0.01 * thermal_energy(298.15)
    assert strong == pytest.approx(2 * weak, abs=1e-12)
    assert not np.allclose(change(perturbation_kT=0.1, seed=8), weak)
    core = parent.potential.u_kj_per_mol > FOOT_KT * thermal_energy(298.15)
    foot = parent.potential.r_nm[core][-1]
    inside = parent.potential.r_nm < 0.9 * foot
    assert np.abs(strong[inside]).max() < 0.02 * 0.2 * thermal_energy(298.15)
    assert strong[-1] == 0


def test_the_density_factor_multiplies_the_density(parent):
    prepared = prepare(ROW | {"density_factor": 1.05}, parent, LIBRARY, RUNS, BINS)
    assert prepared.record["density_per_nm3"] == 1.05 * 4.6
    assert prepared.specification.density_per_nm3 == 1.05 * 4.6


def test_times_grow_with_the_root_of_the_mass(parent):
    """In reduced units runs of all masses are one run: the same steps, frames, friction and window of the fit."""
    library = LIBRARY.model_copy(update={"reference_mass_Da": 80.0})

    def numbers(mass, options=library):
        found = prepare(ROW | {"mass_Da": mass, "reduced_friction": 5.0}, parent, options, RUNS, BINS).specification
        unit = ReducedUnits(mass, 298.15, 4.6).time_ps
        counts = found.equilibration_steps, found.stride, found.frames, found.stress_stride, found.options.beads
        times = [found.step_ps, found.interval_ps, found.options.thermostat_time_ps, *found.observables.fit_window_ps]
        return counts, [time / unit for time in times] + [found.friction_per_ps * unit]

    counts, times = numbers(80.0)
    assert numbers(80.0, LIBRARY) == (counts, times), "beads of that mass keep the times as they stand in the config"
    for mass in (20.0, 150.0, 320.0):
        assert numbers(mass)[0] == counts
        assert numbers(mass)[1] == pytest.approx(times, rel=1e-12)
    assert numbers(320.0, LIBRARY)[0] != counts


@pytest.mark.parametrize("friction", [0.0, 5.0])
def test_the_same_reduced_run_has_the_same_structure_and_diffusion_at_every_mass(friction):
    """Not bit for bit: the friction of the equilibration is a fixed one in 1/ps, so that runs start from other positions of one liquid."""
    library = LibraryOptions(runs=0, reference_mass_Da=80.0, r_max_nm=1.0, synthetic={"runs": 2})
    plan = plan_library(library, [], 3)
    parents = synthetic_parents(plan["parent"], library.synthetic, 3)
    row = plan.to_dict("records")[0] | {"reduced_friction": friction}
    light, heavy = execute([row | {"mass_Da": mass} for mass in (25.0, 180.0)], parents, library, RUNS, BINS)
    one, two = (ReducedUnits(r["mass_Da"], r["temperature_K"], r["density_per_nm3"]).diffusion_nm2_per_ns for r in (light, heavy))
    diffusion = [light["diffusion_nm2_per_ns"] / one, heavy["diffusion_nm2_per_ns"] / two]
    error = np.hypot(light["diffusion_error_nm2_per_ns"] / one, heavy["diffusion_error_nm2_per_ns"] / two)
    # 4 combined errors; masses that were not scaled with would be off by a factor of 2.7
    assert abs(diffusion[0] - diffusion[1]) < 4 * error < 0.8 * min(diffusion)
    spread = np.hypot(light["g_error"], heavy["g_error"])
    known = spread > 0.01
    pulls = (np.array(light["g"]) - heavy["g"])[known] / spread[known]
    # 5 blocks a run: the root mean square of good pulls is about 1.2
    assert np.sqrt(np.mean(pulls**2)) < 2


def test_a_core_that_no_longer_repels_is_an_outcome(parent):
    flat = PairPotential(parent.potential.r_nm, 0.01 * parent.potential.u_kj_per_mol)
    prepared = prepare(ROW, Parent("a-00000", "a", "a", flat, 4.6, 298.15), LIBRARY, RUNS, BINS)
    assert prepared.specification is None
    assert prepared.record["outcome"] == "unusable-potential"
    assert "core does not repel" in prepared.record["reason"]
