"""The reduced model on liquids whose potential and diffusion are known, none of them of a training parent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.database.store import Database
from mobcg.learning.dataset import Rows, rows_of
from mobcg.learning.flagship import FlagshipModel, pair_entropy
from mobcg.learning.prediction import Prediction
from mobcg.learning.training import Training
from mobcg.outcomes import InputError
from mobcg.units import ReducedUnits


@pytest.fixture(scope="module")
def model(flagship: Training) -> FlagshipModel:
    assert isinstance(flagship.model, FlagshipModel)
    return flagship.model


@pytest.fixture(scope="module")
def unseen(database: Database, flagship: Training) -> Rows:
    rows = rows_of(database)
    return rows.take(np.isin(rows.parent, flagship.metrics["parents_test"]))


def predict(model: FlagshipModel, rows: Rows, row: int, g: np.ndarray | None = None, faster: float = 1.0) -> Prediction:
    return model.predict(
        float(rows.mass_Da[row]),
        rows.r_nm,
        rows.g[row] if g is None else g,
        faster * float(rows.diffusion_nm2_per_ns[row]),
        float(rows.density_per_nm3[row]),
        float(rows.temperature_K[row]),
    )


def energy_error(rows: Rows, row: int, found: Prediction, from_g: float = 0.1) -> float:
    chosen = (rows.r_nm >= rows.r_nm[np.argmax(rows.g[row] >= from_g)]) & (rows.r_nm < rows.cutoff_nm[row])
    u = np.interp(rows.r_nm[chosen], found.r_nm, found.u_kj_per_mol, right=0.0)
    return float(np.sqrt(np.mean((u - rows.u_kj_per_mol[row][chosen]) ** 2))) / rows.units(row).energy_kj_per_mol


def test_the_potential_of_unseen_parents_is_found(model: FlagshipModel, unseen: Rows) -> None:
    errors = [energy_error(unseen, row, predict(model, unseen, row)) for row in range(len(unseen))]
    assert np.mean(errors) < 0.05, "0.03 kT where the potential of mean force is 0.29 kT off"
    assert max(errors) < 0.1


def test_the_friction_of_unseen_parents_is_found(model: FlagshipModel, unseen: Rows) -> None:
    chosen = np.flatnonzero(unseen.reduced_friction >= 2)
    ratios = [predict(model, unseen, row).friction_per_ps / unseen.friction_per_ps[row] for row in chosen]
    assert len(ratios) >= 2
    np.testing.assert_allclose(ratios, 1.0, atol=0.12)
    found = predict(model, unseen, int(chosen[0]))
    assert 0.01 < found.friction_error_per_ps / found.friction_per_ps < 0.3
    assert 0.01 < found.diffusion_error_nm2_per_ns / found.diffusion_nm2_per_ns < 0.2


def test_runs_without_friction_need_hardly_any(model: FlagshipModel, unseen: Rows) -> None:
    for row in np.flatnonzero(unseen.friction_per_ps == 0):
        found = predict(model, unseen, row)
        assert found.conservative_diffusion_nm2_per_ns == pytest.approx(unseen.diffusion_nm2_per_ns[row], rel=0.15)
        assert found.friction_per_ps * unseen.units(row).time_ps < 0.15 / unseen.reduced_diffusion[row]


def test_the_model_expects_the_target_diffusion_or_says_that_it_is_too_fast(model: FlagshipModel, unseen: Rows) -> None:
    row = int(np.argmax(unseen.reduced_friction))
    found = predict(model, unseen, row)
    assert found.diffusion_nm2_per_ns == pytest.approx(unseen.diffusion_nm2_per_ns[row], rel=1e-6)
    assert not found.faster_than_possible
    fast = predict(model, unseen, row, faster=1000.0)
    assert fast.faster_than_possible
    assert fast.friction_per_ps == 0
    assert fast.diffusion_nm2_per_ns == pytest.approx(fast.conservative_diffusion_nm2_per_ns)
    assert any("times faster than the conservative liquid" in note for note in fast.notes)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 5), st.floats(0.3, 4), st.floats(0.2, 5))
def test_mass_temperature_and_density_drop_out_exactly(
    model: FlagshipModel, unseen: Rows, mass: float, temperature: float, density: float
) -> None:
    row = int(np.argmax(unseen.reduced_friction))
    one = unseen.units(row)
    two = ReducedUnits(one.mass_Da * mass, one.temperature_K * temperature, one.density_per_nm3 * density)
    first = predict(model, unseen, row)
    scaled = model.predict(
        two.mass_Da,
        unseen.r_nm * (two.length_nm / one.length_nm),
        unseen.g[row],
        float(unseen.diffusion_nm2_per_ns[row]) * two.diffusion_nm2_per_ns / one.diffusion_nm2_per_ns,
        two.density_per_nm3,
        two.temperature_K,
    )
    np.testing.assert_allclose(scaled.r_nm / two.length_nm, first.r_nm / one.length_nm, rtol=1e-9)
    np.testing.assert_allclose(
        scaled.u_kj_per_mol / two.energy_kj_per_mol, first.u_kj_per_mol / one.energy_kj_per_mol, rtol=1e-6, atol=1e-6
    )
    assert scaled.friction_per_ps / two.friction_per_ps == pytest.approx(first.friction_per_ps / one.friction_per_ps, rel=1e-6)


def test_the_noise_of_a_short_run_does_not_go_straight_into_the_potential(model: FlagshipModel, unseen: Rows) -> None:
    """64 molecules, 60 ps: about 220 g independent pairs in a bin of 0.005 nm at 0.45 nm, growing with r squared."""
    random = np.random.default_rng(5)
    counts = 220 * (unseen.r_nm / 0.45) ** 2
    errors = []
    for row in range(len(unseen)):
        noisy = random.poisson(unseen.g[row] * counts) / counts
        found, clean = predict(model, unseen, row, noisy), predict(model, unseen, row)
        errors.append(energy_error(unseen, row, found, from_g=0.2))
        start = float(unseen.r_nm[np.argmax(unseen.g[row] >= 0.3)])
        near = (unseen.r_nm > start) & (unseen.r_nm < 1.0)
        naive = np.diff(np.log(np.maximum(noisy[near], 1e-3) / unseen.g[row][near]), 2).std()
        change = (found.u_kj_per_mol - np.interp(found.r_nm, clean.r_nm, clean.u_kj_per_mol)) / unseen.units(row).energy_kj_per_mol
        again = np.interp(unseen.r_nm[near], found.r_nm, change)
        assert np.diff(again, 2).std() < 0.1 * naive
    assert np.mean(errors) < 0.08


def test_the_potential_is_smooth_repulsive_inside_and_zero_at_the_end(model: FlagshipModel, unseen: Rows) -> None:
    found = predict(model, unseen, 0)
    energy = unseen.units(0).energy_kj_per_mol
    steps = np.diff(found.r_nm)
    np.testing.assert_allclose(steps, steps[0])
    assert found.r_nm[0] == pytest.approx(steps[0])
    assert found.u_kj_per_mol[-1] == 0
    inside = found.r_nm < unseen.r_nm[np.argmax(unseen.g[0] > 0.04)]
    assert (np.diff(found.u_kj_per_mol[inside]) < 0).all()
    assert found.u_kj_per_mol[0] > 50 * energy
    low = np.abs(found.u_kj_per_mol) < 4 * energy
    slopes = np.diff(found.u_kj_per_mol[low]) / steps[0]
    assert np.abs(np.diff(slopes)).max() < 0.25 * np.abs(slopes).max(), "no kink where the core begins"


def test_a_g_known_too_short_names_both_ends(model: FlagshipModel, unseen: Rows) -> None:
    near = unseen.r_nm < 0.8
    with pytest.raises(InputError, match=r"known to r = 0\.7975 nm .* reads it to x = 2 \("):
        model.predict(100.0, unseen.r_nm[near], unseen.g[0][near], 1.0, float(unseen.density_per_nm3[0]), 300.0)


@pytest.mark.parametrize(
    "changes", [{"mass_Da": 0.0}, {"temperature_K": -1.0}, {"diffusion_nm2_per_ns": 0.0}, {"density_per_nm3": float("nan")}]
)
def test_impossible_numbers_are_named(model: FlagshipModel, unseen: Rows, changes: dict[str, float]) -> None:
    numbers = {"mass_Da": 100.0, "temperature_K": 300.0, "diffusion_nm2_per_ns": 1.0, "density_per_nm3": 5.0} | changes
    with pytest.raises(InputError, match=next(iter(changes))):
        model.predict(r_nm=unseen.r_nm, g=unseen.g[0], **numbers)


def test_unseen_parents_are_in_the_domain_and_foreign_structures_are_not(model: FlagshipModel, unseen: Rows) -> None:
    assert np.mean([predict(model, unseen, row).in_domain for row in range(len(unseen))]) > 0.7
    crystal = unseen.g[0] * (1 + 0.8 * np.cos(2 * np.pi * unseen.r_nm / 0.2))
    found = predict(model, unseen, 0, crystal)
    assert not found.in_domain
    assert found.domain_distance > 1
    assert any("differs from the nearest training run" in note for note in found.notes)
    slow = predict(model, unseen, 0, faster=1e-4)
    assert not slow.in_domain
    assert any("reduced diffusion" in note for note in slow.notes)


def test_pair_entropy_of_hard_walls() -> None:
    """g = 0 inside 0.8, 1 outside: s2 = -2 pi 0.8^3/3."""
    x = np.arange(0.3, 2.0, 0.0005)
    assert pair_entropy(x, (x > 0.8).astype(float)[None])[0] == pytest.approx(-2 * np.pi * 0.8**3 / 3, rel=2e-3)
