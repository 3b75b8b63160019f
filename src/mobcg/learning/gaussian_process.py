"""Gaussian process regression with one kernel for several outputs: exact means, cheap variances, hyperparameters by evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from tqdm import tqdm

Array = npt.NDArray[np.float64]

STEPS = 80
"""Steps of Adam on the logarithm of the evidence."""

LEARNING_RATE = 0.08

JITTER = 1e-8


@dataclass(frozen=True)
class Kernel:
    """k(a, b) = constant2 + sum_d slope_d2 a_d b_d + amplitude2 exp(-sum_d (a_d-b_d)2 / 2 length_d2).

    A linear model with a smooth departure from it. lengths, slopes: (features,).
    """

    lengths: Array
    slopes: Array
    amplitude: float
    constant: float

    def __call__(self, a: Array, b: Array) -> Array:
        """Covariances (rows of a, rows of b)."""
        one, other = a / self.lengths, b / self.lengths
        square = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
        curved = self.amplitude**2 * np.exp(-0.5 * np.maximum(square, 0.0))
        return np.asarray(self.constant**2 + (a * self.slopes**2) @ b.T + curved)

    def gradients(self, a: Array, b: Array) -> Array:
        """Derivatives of k(a, b) with respect to one point a (features,): (rows of b, features)."""
        apart = (b - a) / self.lengths**2
        curved = self.amplitude**2 * np.exp(-0.5 * ((b - a) ** 2 / self.lengths**2).sum(1))
        return np.asarray(b * self.slopes**2 + curved[:, None] * apart)

    def variance(self, a: Array) -> Array:
        """Prior variance of each row."""
        return np.asarray(self.constant**2 + (a**2 * self.slopes**2).sum(1) + self.amplitude**2)


def fit_kernel(features: Array, outputs: Array, row_variance: Array | None = None, steps: int = STEPS) -> tuple[Kernel, Array]:
    """The kernel and the noise (standard deviation of each output) of the greatest evidence, summed over the outputs.

    features: (rows, features), about unit size; outputs: (rows, outputs), about unit size and mean zero; row_variance: (rows,) known
    variance of each row's noise, in addition. The gradient comes from the spectrum of the covariance, O(rows3) a step.
    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, eqs. 5.8, 5.9.
    """
    x, y = torch.as_tensor(features), torch.as_tensor(outputs)
    known = torch.zeros(len(x), dtype=x.dtype) if row_variance is None else torch.as_tensor(row_variance)
    size = x.shape[1]
    lengths = torch.full((size,), float(np.log(3.0)), dtype=x.dtype, requires_grad=True)
    slopes = torch.full((size,), float(np.log(0.3)), dtype=x.dtype, requires_grad=True)
    scales = torch.zeros(2, dtype=x.dtype, requires_grad=True)
    noise = torch.full((y.shape[1],), float(np.log(0.1)), dtype=x.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([lengths, slopes, scales, noise], lr=LEARNING_RATE)
    for _ in tqdm(range(steps), desc="kernel", disable=None, leave=False):
        optimiser.zero_grad()
        scaled = x / lengths.exp()
        square = (scaled**2).sum(1)[:, None] + (scaled**2).sum(1) - 2 * scaled @ scaled.T
        curved = (2 * scales[0]).exp() * torch.exp(-0.5 * square.clamp(min=0))
        covariance = (2 * scales[1]).exp() + (x * (2 * slopes).exp()) @ x.T + curved + torch.diag(known)
        torch.autograd.backward(_negative_evidence(covariance, y, noise))
        optimiser.step()
        with torch.no_grad():
            noise.clamp_(min=float(np.log(1e-3)))
            lengths.clamp_(max=float(np.log(1e3)))
    numbers = [value.detach().exp().numpy() for value in (lengths, slopes, scales, noise)]
    return Kernel(numbers[0], numbers[1], float(numbers[2][0]), float(numbers[2][1])), numbers[3]


def _negative_evidence(covariance: torch.Tensor, outputs: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Minus the summed log evidence, with the gradient with respect to the covariance put in by hand (that of eigh is singular)."""
    with torch.no_grad():
        spectrum, vectors = torch.linalg.eigh(covariance)
        projected = vectors.T @ outputs
    total = spectrum.clamp(min=0)[:, None] + (2 * noise).exp() + JITTER
    value = 0.5 * (projected**2 / total + total.log()).sum()
    with torch.no_grad():
        weights = vectors @ (projected / total)
        gradient = 0.5 * ((vectors * (1 / total).sum(1)) @ vectors.T - weights @ weights.T)
    total_value: torch.Tensor = value + (gradient * (covariance - covariance.detach())).sum()
    return total_value


def weights(kernel: Kernel, features: Array, outputs: Array, noise: Array, row_variance: Array | None = None) -> Array:
    """Weights (rows, outputs) such that the posterior mean at a is kernel(a, features) @ weights."""
    covariance = kernel(features, features)
    diagonal = np.arange(len(features))
    if row_variance is not None:
        covariance[diagonal, diagonal] += row_variance
    if outputs.shape[1] == 1:
        covariance[diagonal, diagonal] += noise[0] ** 2 + JITTER
        return np.asarray(cho_solve(cho_factor(covariance, lower=True, overwrite_a=True), outputs))
    spectrum, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors @ ((vectors.T @ outputs) / (np.maximum(spectrum, 0.0)[:, None] + noise**2 + JITTER)))


def inducing_rows(kernel: Kernel, features: Array, count: int) -> npt.NDArray[np.int64]:
    """The `count` rows that tell most of the others: pivots of the covariance's incomplete Cholesky decomposition.

    Source: Fine and Scheinberg, J. Mach. Learn. Res. 2, 243 (2001).
    """
    count = min(count, len(features))
    left = kernel.variance(features)
    factor = np.zeros((len(features), count))
    chosen = np.empty(count, dtype=np.int64)
    for position in range(count):
        pivot = int(np.argmax(left))
        chosen[position] = pivot
        row = kernel(features, features[pivot : pivot + 1])[:, 0] - factor[:, :position] @ factor[pivot, :position]
        factor[:, position] = row / np.sqrt(max(left[pivot], 1e-12))
        left -= factor[:, position] ** 2
        left[pivot] = -np.inf
    return chosen


def inverse_factor(kernel: Kernel, inducing: Array, features: Array, noise: float, row_variance: Array | None = None) -> Array:
    """The matrix F with which `posterior_variance` works, from m inducing rows and all n rows of `features`: (m, m).

    Deterministic training conditional: v(a) = k(a, a) - |F k_m(a)|2, F'F = K_mm^-1 - (K_mm + K_mn N^-1 K_nm)^-1, N the noise's variance.
    With K_mm = LL' and L^-1 K_mn N^-1 K_nm L'^-1 = VsV' no difference of inverses is left: F = (s/(1+s))^1/2 V'L^-1.
    Source: Quinonero-Candela and Rasmussen, J. Mach. Learn. Res. 6, 1939 (2005).
    """
    among = kernel(inducing, inducing) + JITTER * np.eye(len(inducing)) * kernel.variance(inducing).mean()
    variance = noise**2 + (np.zeros(len(features)) if row_variance is None else row_variance)
    lower = np.linalg.cholesky(among)
    across = solve_triangular(lower, kernel(inducing, features) / np.sqrt(variance), lower=True)
    spectrum, vectors = np.linalg.eigh(across @ across.T)
    told = np.maximum(spectrum, 0.0)
    return np.asarray(solve_triangular(lower, vectors * np.sqrt(told / (1 + told)), lower=True, trans="T").T)


def posterior_variance(kernel: Kernel, factor: Array, inducing: Array, features: Array) -> Array:
    """Posterior variance of the noise-free output at each row of `features`, in units of the outputs' scale squared."""
    told = factor @ kernel(inducing, features)
    return np.asarray(np.maximum(kernel.variance(features) - (told**2).sum(0), 0.0))
