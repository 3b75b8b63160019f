from dataclasses import replace

import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions
from mobcg.engines.specification import LARGEST_FRICTION_STEP, RunSpecification, lattice

OPTIONS = CoarseGrainedOptions(beads=216, production_ps=40, sample_interval_ps=0.2)


@pytest.mark.parametrize(
    "change", [{"mass_Da": 0.0}, {"temperature_K": float("nan")}, {"friction_per_ps": -1.0}, {"friction_per_ps": 1.0, "thermostat": "nve"}]
)
def test_senseless_specifications_are_refused(soft, change):
    with pytest.raises(ValueError, match=r"must be|needs the langevin"):
        replace(RunSpecification(soft, 80.0, 4.0, 300.0, 1), **change)


def test_friction_limits_the_step(soft):
    base = RunSpecification(soft, 20.0, 4.6, 298.15, 1, options=OPTIONS)
    strong = replace(base, thermostat="langevin", friction_per_ps=60.0)
    assert strong.timestep_fs == pytest.approx(1000 * LARGEST_FRICTION_STEP / 60)
    assert replace(strong, friction_per_ps=1e-3).timestep_fs == base.timestep_fs


def test_pair_friction_of_a_bead_is_the_mean_over_its_neighbours(soft):
    paired = RunSpecification(soft, 80.0, 4.6, 298.15, 1, "dpd", 3.0, OPTIONS)
    random = np.random.default_rng(1)
    around = random.uniform(-1.2, 1.2, (200_000, 3))
    r = np.linalg.norm(around, axis=1)
    inside = r < soft.cutoff_nm
    # the x component of gamma w2 e e, summed over neighbours of even density
    samples = np.where(inside, (1 - r / soft.cutoff_nm) ** 2 * (around[:, 0] / r) ** 2, 0.0) * 3.0 * 4.6 * 2.4**3
    assert paired.bead_friction_per_ps == pytest.approx(samples.mean(), abs=4 * samples.std() / np.sqrt(len(samples)))


def test_frames_fill_the_production(soft):
    specification = RunSpecification(soft, 80.0, 4.6, 298.15, 1, options=OPTIONS)
    assert specification.interval_ps == pytest.approx(0.2, rel=0.1)
    assert specification.frames * specification.interval_ps == pytest.approx(40, rel=0.01)


def test_same_seed_same_start_and_other_seed_other():
    one = lattice(100, 3.0, np.random.default_rng(1))
    assert np.array_equal(one, lattice(100, 3.0, np.random.default_rng(1)))
    assert not np.array_equal(one, lattice(100, 3.0, np.random.default_rng(2)))
    assert one.shape == (100, 3)
