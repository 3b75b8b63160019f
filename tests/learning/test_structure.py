import numpy as np
import pytest

from mobcg.learning.structure import StructureSpace

X = 0.3 + 0.0125 * np.arange(137)
NOISE = 0.05


def curves(count: int, seed: int) -> np.ndarray:
    """Curves like g(x): a core and damped waves of random size, length and damping, and six smaller modes."""
    random = np.random.default_rng(seed)
    size, wave, damping = random.uniform(0.8, 2, count), random.uniform(6, 7.5, count), random.uniform(1.5, 3, count)
    depth = np.maximum(X - 0.9, 0)
    waves = 1 + size[:, None] * np.cos(wave[:, None] * (X - 1.05)) * np.exp(-damping[:, None] * depth)
    modes = np.array([0.1 / k * np.cos(k * np.pi * (X - 0.9) / 1.1) for k in range(1, 7)])
    return (waves + random.normal(size=(count, 6)) @ modes) / (1 + np.exp(-(X - 0.92) / 0.015))


@pytest.fixture(scope="module")
def space() -> StructureSpace:
    return StructureSpace.of(curves(200, 1), 12, NOISE)


def test_the_components_are_orthonormal_and_above_the_noise(space: StructureSpace) -> None:
    np.testing.assert_allclose(space.components.T @ space.components, np.eye(space.components.shape[1]), atol=1e-12)
    assert (np.diff(space.variance) <= 0).all()
    assert (space.variance > NOISE**2).all()
    assert StructureSpace.of(curves(200, 1), 3, NOISE).components.shape[1] == 3
    assert StructureSpace.of(curves(3, 1), 12, NOISE).components.shape[1] == 2
    assert StructureSpace.of(curves(50, 1), 12, 10.0).components.shape[1] == 1, "one at least"


def test_scores_shrink_by_the_part_that_may_be_noise_and_give_the_curves_back(space: StructureSpace) -> None:
    known = curves(200, 1)
    seen = space.see(known)
    np.testing.assert_allclose(space.features(seen.scores).std(0), space.variance / (space.variance + NOISE**2), rtol=1e-6)
    assert np.abs(seen.g - known).mean() < 0.5 * NOISE
    np.testing.assert_array_less(seen.residual, 1.0)


def test_the_filter_beats_plain_projection_on_noisy_curves_that_end_early(space: StructureSpace) -> None:
    """Errors over 200 new curves in units of the scores' deviations; projection is least squares on the same known points."""
    clean, random = curves(200, 2), np.random.default_rng(3)
    noisy = clean + NOISE * random.normal(size=clean.shape)
    known = X <= 1.6
    axes = space.components
    truth = space.features((clean - space.mean) @ axes)
    projected = space.features(np.linalg.lstsq(axes[known], (noisy - space.mean)[:, known].T)[0].T)
    zero_filled = space.features(np.where(known, noisy - space.mean, 0) @ axes)
    found = space.features(space.see(np.where(known, noisy, np.nan)).scores)
    error = np.sqrt(((found - truth) ** 2).mean())
    assert error < 0.7 * np.sqrt(((projected - truth) ** 2).mean())
    assert error < 0.7 * np.sqrt(((zero_filled - truth) ** 2).mean())


def test_what_is_not_known_is_completed_from_the_rest(space: StructureSpace) -> None:
    clean = curves(100, 4)
    known = X <= 1.6
    seen = space.see(np.where(known, clean, np.nan))
    assert np.isfinite(seen.g).all()
    beyond = ~known
    missed = np.sqrt(((seen.g - clean)[:, beyond] ** 2).mean())
    assert missed < 0.6 * np.sqrt(((clean - space.mean)[:, beyond] ** 2).mean())


def test_noise_is_taken_out_and_new_features_stay(space: StructureSpace) -> None:
    clean = curves(50, 5)
    noisy = clean + NOISE * np.random.default_rng(6).normal(size=clean.shape)
    outer = X > 1.0
    seen = space.see(noisy)
    assert (seen.g - space.see(clean).g)[:, outer].std() < 0.5 * NOISE
    shoulder = 0.3 * np.exp(-(((X - 1.3) / 0.06) ** 2))
    strange = space.see(clean + shoulder)
    assert strange.g[:, np.argmax(shoulder)] == pytest.approx((clean + shoulder)[:, np.argmax(shoulder)], abs=0.06)
    assert (strange.residual > 2 * space.see(clean).residual.max()).all(), "and are told"


def test_g_is_never_negative(space: StructureSpace) -> None:
    assert (space.see(curves(20, 7) - 0.3).g >= 0).all()
