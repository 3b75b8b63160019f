import numpy as np
import torch

from mobcg.learning.gaussian_process import Kernel
from mobcg.learning.regressor import KERNEL_ROWS, Regressor, fitted_kernel, regress


def data(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two smooth functions of three features, of very different size and offset; the third feature says nothing."""
    x = np.random.default_rng(seed).normal(size=(count, 3))
    return x, np.column_stack([100 + 20 * np.sin(x[:, 0]) + 5 * x[:, 1], -3 + 0.01 * np.cos(x[:, 1]) * x[:, 0]])


def test_it_learns_functions_of_any_size() -> None:
    machine = regress(*data(200), seed=1, inducing=60)
    x, y = data(100, 5)
    np.testing.assert_array_less(np.sqrt(((machine.predict(x) - y) ** 2).mean(0)), 0.05 * y.std(0))
    lengths, slopes = machine.array("lengths"), machine.array("slopes")
    assert lengths[2] > 2 * lengths[:2].max(), "the evidence tells the idle feature"
    assert slopes[2] < 0.2


def test_the_variance_is_small_among_the_rows_and_the_prior_far_away() -> None:
    x, y = data(200)
    machine = regress(x, y, seed=1, inducing=100)
    far = np.full((1, 3), 50.0)
    assert machine.variance(x).max() < 0.1
    assert machine.variance(far)[0] > 5 * machine.variance(x).max()
    assert machine.variance(far)[0] <= machine.kernel.variance(far)[0]


def test_all_of_it_is_in_the_state_dict() -> None:
    x, y = data(50)
    one = regress(x, y, seed=1, inducing=20)
    two = Regressor(50, 3, 2, 20)
    two.load_state_dict(one.state_dict())
    np.testing.assert_array_equal(one.predict(x + 0.1), two.predict(x + 0.1))
    np.testing.assert_array_equal(one.variance(x + 0.1), two.variance(x + 0.1))
    assert not list(one.parameters())


def test_rows_of_known_noise_count_less() -> None:
    x = np.zeros((2, 1))
    y = np.array([[1.0], [3.0]])
    kernel = Kernel(np.ones(1), np.zeros(1), 10.0, 0.0)
    machine = Regressor(2, 1, 1, 2).fill(x, y, kernel, np.array([1e-3]), np.array([0.01, 1.0]))
    # mean of two measurements weighted by their inverse variances
    np.testing.assert_allclose(machine.predict(x)[0, 0], (1 / 0.01 + 3 / 1.0) / (1 / 0.01 + 1 / 1.0), rtol=1e-3)
    np.testing.assert_allclose(machine.variance(x)[0] * machine.array("scale")[0] ** 2, 1 / (1 / 0.01 + 1 / 1.0), rtol=1e-3)


def test_the_kernel_rows_are_the_same_for_the_same_seed(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("mobcg.learning.regressor.KERNEL_ROWS", 40)
    assert KERNEL_ROWS > 40
    x, y = data(60)
    one, two, other = (fitted_kernel(x, y, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0].lengths, two[0].lengths)
    np.testing.assert_array_equal(one[1], two[1])
    assert not np.array_equal(one[0].lengths, other[0].lengths)


def test_a_column_without_change_is_predicted_as_it_is() -> None:
    x = data(20)[0]
    machine = regress(x, np.column_stack([x[:, 0], np.full(20, 7.0)]), seed=1, inducing=10)
    np.testing.assert_allclose(machine.predict(x)[:, 1], 7.0)
    assert torch.isfinite(machine.factor).all()
