"""A fitted Gaussian process as tensors: features in, means and variances out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from mobcg.learning.gaussian_process import Kernel, fit_kernel, inducing_rows, inverse_factor, posterior_variance, weights
from mobcg.seeds import generator

Array = npt.NDArray[np.float64]

KERNEL_ROWS = 500
"""Rows on which the kernel is fitted, at most; the weights are those of all rows."""


class Regressor(torch.nn.Module):
    """Several outputs of one set of features, standardised inside. All of it is buffers, so that a state_dict is the whole model."""

    features: torch.Tensor
    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, rows: int, features: int, outputs: int, inducing: int) -> None:
        super().__init__()
        shapes = {
            "features": (rows, features),
            "weights": (rows, outputs),
            "mean": (outputs,),
            "scale": (outputs,),
            "noise": (outputs,),
            "lengths": (features,),
            "slopes": (features,),
            "sizes": (2,),
            "inducing": (inducing, features),
            "factor": (inducing, inducing),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))

    def array(self, name: str) -> Array:
        """A buffer as a numpy array."""
        values: torch.Tensor = getattr(self, name)
        return values.numpy()

    @property
    def kernel(self) -> Kernel:
        """The covariance of the standardised outputs."""
        amplitude, constant = self.array("sizes")
        return Kernel(self.array("lengths"), self.array("slopes"), float(amplitude), float(constant))

    def predict(self, features: Array) -> Array:
        """Posterior means (rows, outputs)."""
        return np.asarray(
            self.array("mean") + self.array("scale") * (self.kernel(features, self.array("features")) @ self.array("weights"))
        )

    def variance(self, features: Array) -> Array:
        """Posterior variance (rows,) of the noise-free outputs, in units of their `scale` squared."""
        return posterior_variance(self.kernel, self.array("factor"), self.array("inducing"), features)

    def gradients(self, features: Array) -> Array:
        """Derivatives of the means with respect to the features of one point (features,): (features, outputs)."""
        return np.asarray(self.kernel.gradients(features, self.array("features")).T @ self.array("weights") * self.array("scale"))

    def variance_gradient(self, features: Array) -> Array:
        """Derivative of `variance` with respect to the features of one point: (features,)."""
        kernel, inducing, factor = self.kernel, self.array("inducing"), self.array("factor")
        told = factor @ kernel(inducing, features[None])[:, 0]
        return np.asarray(2 * kernel.slopes**2 * features - 2 * (factor @ kernel.gradients(features, inducing)).T @ told)

    def fill(self, features: Array, outputs: Array, kernel: Kernel, noise: Array, row_variance: Array | None = None) -> Regressor:
        """Fit the weights for a known kernel and noise (of the standardised outputs). row_variance: of the outputs as they are."""
        mean, scale = outputs.mean(0), outputs.std(0) + 1e-12
        own = None if row_variance is None else row_variance / float(scale[0]) ** 2
        inducing = features[inducing_rows(kernel, features, self.array("inducing").shape[0])]
        values = {
            "features": features,
            "weights": weights(kernel, features, (outputs - mean) / scale, noise, own),
            "mean": mean,
            "scale": scale,
            "noise": noise,
            "lengths": kernel.lengths,
            "slopes": kernel.slopes,
            "sizes": np.array([kernel.amplitude, kernel.constant]),
            "inducing": inducing,
            "factor": inverse_factor(kernel, inducing, features, float(np.median(noise)), own),
        }
        for name, value in values.items():
            getattr(self, name).copy_(torch.as_tensor(value))
        return self


def fitted_kernel(features: Array, outputs: Array, seed: int, row_variance: Array | None = None) -> tuple[Kernel, Array]:
    """Kernel and noise of greatest evidence on at most `KERNEL_ROWS` rows chosen at random; row_variance: of the outputs as they are."""
    count = len(features)
    chosen = np.sort(generator(seed, "kernel rows").permutation(count)[:KERNEL_ROWS])
    mean, scale = outputs.mean(0), outputs.std(0) + 1e-12
    own = None if row_variance is None else row_variance[chosen] / float(scale[0]) ** 2
    return fit_kernel(features[chosen], ((outputs - mean) / scale)[chosen], own)


def regress(features: Array, outputs: Array, seed: int, inducing: int, row_variance: Array | None = None) -> Regressor:
    """Fit kernel, noise and weights. features: (rows, features), outputs: (rows, outputs); row_variance: known noise of a single output."""
    kernel, noise = fitted_kernel(features, outputs, seed, row_variance)
    machine = Regressor(len(features), features.shape[1], outputs.shape[1], min(inducing, len(features)))
    return machine.fill(features, outputs, kernel, noise, row_variance)
