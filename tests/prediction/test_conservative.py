import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunResult
from mobcg.learning import front as module
from mobcg.learning.front import _conservative, conservative_front
from mobcg.outcomes import Outcome
from mobcg.prediction.conservative import EDGES, _next_shift, predict_conservative, refine_conservative, widening_front
from tests.prediction.conftest import SHORT, UNITS


@pytest.fixture(scope="module")
def seen(known, flagship):
    rdf = known.wanted.structure.rdf
    return flagship.read(rdf.r_nm / UNITS.length_nm, rdf.g)


def test_gradient_of_the_diffusion(seen, flagship):
    features = flagship.features(seen.scores, 0.5)[0]
    _, slope = _conservative(flagship, features)
    for axis in range(len(features)):
        step = 1e-5 * np.eye(len(features))[axis]
        numeric = (_conservative(flagship, features + step)[0] - _conservative(flagship, features - step)[0]) / 2e-5
        assert slope[axis] == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def test_gradient_of_the_variance(seen, flagship):
    features = flagship.features(seen.scores, 0.5)[0]
    slope = flagship.correction.variance_gradient(features)
    scale = np.abs(slope).max()
    for axis in range(len(features)):
        step = 1e-4 * np.eye(len(features))[axis]
        change = flagship.correction.variance((features + step)[None]) - flagship.correction.variance((features - step)[None])
        assert slope[axis] == pytest.approx(float(change[0]) / 2e-4, abs=1e-3 * scale)


def test_the_front_trades_structure_for_diffusion(known, seen, flagship):
    target = float(np.log(known.wanted.diffusion.value / UNITS.diffusion_nm2_per_ns))
    front = conservative_front(flagship, seen, target, 0.0, [0.001, 0.01, 0.1, 1.0])
    structure = [choice.structure_error for choice in front]
    mobility = [choice.mobility_error for choice in front]
    assert structure == sorted(structure)
    assert mobility == sorted(mobility, reverse=True)
    assert structure[0] < 0.001
    assert mobility[-1] < 0.1 < mobility[0]


def test_the_search_takes_one_thread_and_leaves_the_others_as_they_were(seen, flagship, monkeypatch):
    """With two, libraries wait for each other over matrices of twenty numbers."""
    threads = []

    def threads_of_blas():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def search(*_):
        threads.append(threads_of_blas())
        return flagship.features(seen.scores, 0.0)[0]

    monkeypatch.setattr(module, "_search", search)
    with threadpool_limits(2):
        conservative_front(flagship, seen, 0.0, 0.0, [0.1, 1.0])
        assert threads == [{1}, {1}]
        assert threads_of_blas() == {2}


def test_the_front_widens_only_for_what_is_not_reached_within(known, seen, flagship):
    reduced = float(np.log(known.wanted.diffusion.value / UNITS.diffusion_nm2_per_ns))
    weights = [0.001, 0.01, 0.1, 1.0]
    own = conservative_front(flagship, seen, reduced, 0.0, [1e-6])[0].log_ratio + reduced
    near, edge = widening_front(flagship, seen, own - 0.05, 0.0, weights)
    assert edge == EDGES[0]
    assert len(near) == len(weights)
    far, edge = widening_front(flagship, seen, own - 2.0, 0.0, weights)
    assert edge > EDGES[0]
    mobility = [choice.mobility_error for choice in far]
    assert mobility == sorted(mobility, reverse=True)
    first = conservative_front(flagship, seen, own - 2.0, 0.0, weights, EDGES[0])
    np.testing.assert_array_equal([choice.u for choice in far[: len(weights)]], [choice.u for choice in first])


def test_a_conservative_model_is_slower_than_the_inversion(known, flagship):
    """Its S + M, measured, is below that of the liquid's own potential without friction, whose M is that of D(0)/D."""
    found, choice = predict_conservative(known.wanted, flagship, 1.0)
    assert found.model.friction_per_ps == 0
    engine = get_engine("ensemble")
    best = refine_conservative(known.wanted, flagship, engine, SHORT, 2, 1.0, seed=4)
    good = best.history[best.history["outcome"] == "ok"]
    ratio = good["diffusion_nm2_per_ns"] / known.wanted.diffusion.value
    measured = (good["structure_error"] + np.abs(np.log(ratio))).min()
    inversion = np.log(predict_without_friction(known, flagship) / known.wanted.diffusion.value)
    assert choice is not None
    assert measured < 0.6 * inversion
    chosen = (good["structure_error"] + np.abs(np.log(ratio))).idxmin()
    assert best.prediction.diffusion_nm2_per_ns == good["diffusion_nm2_per_ns"][chosen], "the D of its run, not the one expected"


def test_the_next_shift_lies_between_a_liquid_too_fast_and_one_too_slow():
    assert _next_shift([(0.0, 0.5)], 0.1) == pytest.approx(0.4)  # 0.4 faster than expected
    assert _next_shift([(0.0, 0.5), (0.4, -0.3)], 0.0) == pytest.approx(0.25)
    assert _next_shift([(0.0, 0.5), (0.4, -0.3), (0.25, 0.1)], 0.0) == pytest.approx(0.25 + 0.15 / 4)


class Freezing:
    """Freezes what is slower than wanted; the others are the engine's own."""

    name = "freezing"

    def __init__(self) -> None:
        self.potentials = []

    def run(self, specifications):
        self.potentials.append(specifications[0].potential)
        if len(self.potentials) == 1:
            return [RunResult(Outcome.CRYSTAL, "q6", self.name, 10.0, 3.0, 0.0)]
        return get_engine("ensemble").run(specifications)


def test_after_a_crystal_the_next_is_faster(known, flagship):
    engine = Freezing()
    best = refine_conservative(known.wanted, flagship, engine, SHORT, 3, 1.0, seed=4)
    assert list(best.history["outcome"]) == ["crystal", "ok", "ok"]
    second, third = best.history["diffusion_nm2_per_ns"][1:]
    assert second > third > known.wanted.diffusion.value
    assert not np.array_equal(engine.potentials[0].u_kj_per_mol, engine.potentials[1].u_kj_per_mol)


def predict_without_friction(known, flagship) -> float:
    return flagship.predict(
        known.wanted.structure.mass_Da,
        known.wanted.structure.rdf.r_nm,
        known.wanted.structure.rdf.g,
        known.wanted.diffusion.value,
        known.wanted.structure.density_per_nm3,
        known.wanted.structure.temperature_K,
    ).conservative_diffusion_nm2_per_ns
