import numpy as np
import pytest
import torch

from mobcg.learning.gaussian_process import (
    JITTER,
    Kernel,
    _negative_evidence,
    fit_kernel,
    inducing_rows,
    inverse_factor,
    posterior_variance,
    weights,
)

KERNEL = Kernel(np.array([2.0, 3.0]), np.array([0.3, 0.5]), 1.0, 0.7)


def points(count: int, seed: int = 0, width: float = 1.0) -> np.ndarray:
    return width * np.random.default_rng(seed).normal(size=(count, 2))


def drawn(kernel: Kernel, features: np.ndarray, outputs: int, noise: float, seed: int) -> np.ndarray:
    """Functions of the prior at the features, with white noise."""
    random = np.random.default_rng(seed)
    lower = np.linalg.cholesky(kernel(features, features) + 1e-10 * np.eye(len(features)))
    return lower @ random.normal(size=(len(features), outputs)) + noise * random.normal(size=(len(features), outputs))


def test_the_kernel_is_its_equation_and_its_own_variance() -> None:
    a, b = points(5), points(4, 1)
    square = (((a[:, None] - b) / KERNEL.lengths) ** 2).sum(-1)
    expected = KERNEL.constant**2 + (KERNEL.slopes**2 * a[:, None] * b).sum(-1) + KERNEL.amplitude**2 * np.exp(-0.5 * square)
    np.testing.assert_allclose(KERNEL(a, b), expected, rtol=1e-12)
    np.testing.assert_allclose(KERNEL.variance(a), np.diag(KERNEL(a, a)), rtol=1e-12)


def test_the_gradient_of_the_evidence_is_that_of_finite_differences() -> None:
    random = np.random.default_rng(3)
    x, y = torch.as_tensor(points(30)), torch.as_tensor(random.normal(size=(30, 4)))
    start = torch.tensor([0.2, 0.5, -1.0, -2.0, -1.0, -1.5, -0.5], dtype=torch.float64)

    def cost(p: torch.Tensor) -> torch.Tensor:
        scaled = x / p[:2].exp()
        covariance = (2 * p[2]).exp() * torch.exp(-0.5 * ((scaled[:, None] - scaled) ** 2).sum(-1)) + torch.diag(torch.full((30,), 1e-3))
        return _negative_evidence(covariance, y, p[3:])

    p = start.clone().requires_grad_()
    torch.autograd.backward(cost(p))
    assert p.grad is not None
    for index in range(len(start)):
        step = torch.zeros_like(start)
        step[index] = 1e-5
        slope = (cost(start + step) - cost(start - step)).item() / 2e-5
        assert p.grad[index].item() == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_the_evidence_is_the_logarithm_of_the_normal_density() -> None:
    x, noise = points(12), np.array([0.3, 0.1])
    y = np.random.default_rng(1).normal(size=(12, 2))
    expected = 0.0
    for column, own in zip(y.T, noise, strict=True):
        covariance = KERNEL(x, x) + (own**2 + JITTER) * np.eye(12)
        expected += 0.5 * column @ np.linalg.solve(covariance, column) + 0.5 * np.linalg.slogdet(covariance)[1]
    found = _negative_evidence(torch.as_tensor(KERNEL(x, x)), torch.as_tensor(y), torch.as_tensor(np.log(noise)))
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_the_fit_finds_the_kernel_that_drew_the_data() -> None:
    """200 rows, 8 functions: noise to some 2 %, scales to the tens of per cent that so few functions tell."""
    x = points(200, 4, 2.0)
    true = Kernel(np.array([1.5, 4.0]), np.array([0.02, 0.02]), 1.0, 0.02)
    kernel, noise = fit_kernel(x, drawn(true, x, 8, 0.1, 5), steps=150)
    np.testing.assert_allclose(noise, 0.1, rtol=0.25)
    np.testing.assert_allclose(np.log(kernel.lengths / true.lengths), 0.0, atol=0.5)
    assert 0.5 < kernel.amplitude < 2.0


def test_known_noise_of_rows_is_not_found_again() -> None:
    x = points(150, 6, 2.0)
    y = drawn(Kernel(np.array([3.0, 3.0]), np.array([0.1, 0.1]), 1.0, 0.1), x, 1, 0.0, 7)
    size = np.where(np.arange(150) % 2, 0.5, 0.05)
    noisy = y + size[:, None] * np.random.default_rng(8).normal(size=y.shape)
    kernel, rest = fit_kernel(x, noisy, size**2)
    blind, whole = fit_kernel(x, noisy)
    assert rest[0] < 0.1 < 0.25 < whole[0]
    t = points(100, 9, 1.5)
    truth = drawn(Kernel(np.array([3.0, 3.0]), np.array([0.1, 0.1]), 1.0, 0.1), np.vstack([x, t]), 1, 0.0, 7)[150:]
    informed = np.mean((kernel(t, x) @ weights(kernel, x, noisy, rest, size**2) - truth) ** 2)
    assert informed < 0.5 * np.mean((blind(t, x) @ weights(blind, x, noisy, whole) - truth) ** 2), "good rows count for more"


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_mean_interpolates_data_without_noise(outputs: int) -> None:
    x = points(40)
    y = drawn(KERNEL, x, outputs, 0.0, 2)
    found = KERNEL(x, x) @ weights(KERNEL, x, y, np.full(outputs, 1e-4))
    np.testing.assert_allclose(found, y, atol=2e-3)
    single = KERNEL(x, x) @ weights(KERNEL, x, y[:, :1], np.array([1e-4]))
    np.testing.assert_allclose(found[:, :1], single, atol=1e-3, err_msg="Cholesky and spectrum agree")


@pytest.mark.parametrize("noise", [0.3, 0.05])
def test_the_variance_is_exact_where_all_rows_are_inducing(noise: float) -> None:
    x, t = points(80), points(50, 1, 1.5)
    own = np.random.default_rng(2).uniform(0, 0.1, 80)
    factor = inverse_factor(KERNEL, x, x, noise, own)
    covariance = KERNEL(x, x) + np.diag(noise**2 + own)
    across = KERNEL(x, t)
    exact = KERNEL.variance(t) - (across * np.linalg.solve(covariance, across)).sum(0)
    np.testing.assert_allclose(posterior_variance(KERNEL, factor, x, t), exact, rtol=1e-3)


def test_the_variance_survives_a_covariance_of_low_rank() -> None:
    """Rows so close that their covariance is singular to rounding, noise of a thousandth."""
    x = points(300, 0, 0.5)
    factor = inverse_factor(KERNEL, x[inducing_rows(KERNEL, x, 300)], x, 1e-3)
    near, far = (posterior_variance(KERNEL, factor, x[inducing_rows(KERNEL, x, 300)], t) for t in (points(50, 1, 0.4), points(50, 1) + 20))
    assert (near < 1e-4).all()
    assert (far > 0.5).all()


def test_few_inducing_rows_tell_nearly_as_much_and_never_promise_more() -> None:
    x, t = points(400, 3), points(60, 4)
    whole, few = x, x[inducing_rows(KERNEL, x, 40)]
    exact = posterior_variance(KERNEL, inverse_factor(KERNEL, whole, x, 0.2), whole, t)
    thinned = posterior_variance(KERNEL, inverse_factor(KERNEL, few, x, 0.2), few, t)
    assert (thinned > exact - 1e-6).all()
    np.testing.assert_allclose(thinned, exact, rtol=0.1)


def test_inducing_rows_are_distinct_even_among_copies() -> None:
    x = np.repeat(points(10), 5, axis=0)
    chosen = inducing_rows(KERNEL, x, 30)
    assert len(set(chosen)) == 30
    assert len({tuple(row) for row in x[chosen[:10]]}) == 10, "each point once before any copy"
    assert len(inducing_rows(KERNEL, x, 100)) == 50


def test_nine_of_ten_truths_lie_within_the_90_percent_interval() -> None:
    """400 points of each of 5 functions with a fitted kernel; a function's errors go together, so 85 to 95 % is some two deviations."""
    inside = []
    for seed in range(5):
        both = points(520, 20 + seed, 1.5)
        x, t = both[:120], both[120:]
        y = drawn(Kernel(np.array([1.0, 1.4]), np.array([0.3, 0.3]), 1.0, 0.2), both, 1, 0.0, 30 + seed)
        noisy = y[:120] + 0.1 * np.random.default_rng(seed).normal(size=(120, 1))
        kernel, noise = fit_kernel(x, noisy)
        mean = (kernel(t, x) @ weights(kernel, x, noisy, noise))[:, 0]
        variance = posterior_variance(kernel, inverse_factor(kernel, x, x, float(noise[0])), x, t)
        inside.append(np.mean(np.abs(mean - y[120:, 0]) < 1.645 * np.sqrt(variance)))
    assert 0.85 < np.mean(inside) < 0.95
