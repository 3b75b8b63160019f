import numpy as np
import pytest

from mobcg.engines.registry import get_engine
from mobcg.inversion.target import InversionTarget, Measurement
from mobcg.observables.rdf import RadialDistribution
from mobcg.potential.pair import PairPotential
from mobcg.prediction.liquid import CoarseModel
from mobcg.prediction.newton import Correction
from tests.prediction.conftest import FRICTION, SHORT


def cut(target: InversionTarget, end_nm: float) -> InversionTarget:
    kept = target.rdf.r_nm < end_nm
    rdf = RadialDistribution(target.rdf.r_nm[kept], target.rdf.g[kept], target.rdf.g_error[kept])
    return InversionTarget(rdf, target.density_per_nm3, target.temperature_K, target.mass_Da)


@pytest.fixture(scope="module")
def measured(known, start):
    return measurement(known, start.potential)


def measurement(known, potential: PairPotential) -> Measurement:
    run = CoarseModel(potential, FRICTION).run(known.wanted, 3, SHORT.plan(known.wanted, potential))
    (result,) = get_engine("ensemble").run([run])
    return Measurement.of(known.wanted.structure, result)


def test_a_step_goes_towards_the_structure(known, start, measured):
    """The start's well is a tenth too deep."""
    correction = Correction(known.wanted.structure, start.potential, 0.03)
    assert correction.start() is start.potential
    better = correction.update(start.potential, [measured], 0.5)
    after = measurement(known, better)
    assert after.excess + 2 * after.excess_error < measured.excess - 2 * measured.excess_error
    assert np.array_equal(better.r_nm, start.potential.r_nm)


def test_steps_are_limited_where_beads_are(known, start, measured):
    rdf, r = known.wanted.structure.rdf, start.potential.r_nm
    correction = Correction(known.wanted.structure, start.potential, 0.03)
    outside, found = r >= correction.basis.first_nm, np.minimum(np.interp(r, rdf.r_nm, rdf.g, right=1.0), 1.0)
    moved = correction.update(start.potential, [measured], 0.01).u_kj_per_mol - start.potential.u_kj_per_mol
    assert np.abs(found * moved)[outside].max() == pytest.approx(0.01 * correction.kT, rel=1e-6)
    assert np.abs(moved[outside]).max() > 0.01 * correction.kT, "the foot of the core may move further"


def test_beyond_the_target_the_prediction_stays(known, start):
    """A target that ends before the potential does."""
    end = 0.8 * start.potential.cutoff_nm
    target = cut(known.wanted.structure, end)
    plan = SHORT.plan(type(known.wanted)(target, known.wanted.diffusion), start.potential)
    (result,) = get_engine("ensemble").run([CoarseModel(start.potential, FRICTION).run(known.wanted, 3, plan)])
    correction = Correction(target, start.potential, 0.03)
    better = correction.update(start.potential, [Measurement.of(target, result)], 0.5)
    far = start.potential.r_nm > end
    assert np.array_equal(better.u_kj_per_mol[far], start.potential.u_kj_per_mol[far])
    assert isinstance(better, PairPotential)
    assert not np.array_equal(better.u_kj_per_mol[~far], start.potential.u_kj_per_mol[~far])
