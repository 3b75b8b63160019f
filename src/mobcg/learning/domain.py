"""Whether a target is like the runs a model was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DIFFUSION_MARGIN = 0.3
"""How far ln D* may lie beyond the training runs'."""


@dataclass(frozen=True)
class Domain:
    """Bounds: the posterior variance of the correction (relative to its prior), the part of g that the components do not express, ln D*."""

    largest_variance: float
    largest_residual: float
    least_log_diffusion: float
    greatest_log_diffusion: float

    def distance(self, variance: float, residual: float, log_target: float) -> float:
        """How far out a target is; 1 at the bound."""
        low, high = self.least_log_diffusion - DIFFUSION_MARGIN, self.greatest_log_diffusion + DIFFUSION_MARGIN
        off_centre = abs(2 * log_target - low - high) / (high - low)
        return float(max(np.sqrt(variance / self.largest_variance), residual / self.largest_residual, off_centre))

    def notes(self, variance: float, residual: float, log_target: float) -> list[str]:
        """What is amiss with a target, one sentence each; empty within the domain."""
        found = []
        if variance > self.largest_variance:
            found.append(
                f"g lies {np.sqrt(variance / self.largest_variance):.2g} times as far from the training runs as they from each other"
            )
        if residual > self.largest_residual:
            found.append(f"g has features or noise that no training run has, {residual / self.largest_residual:.2g} times the largest")
        low, high = self.least_log_diffusion, self.greatest_log_diffusion
        if not low - DIFFUSION_MARGIN <= log_target <= high + DIFFUSION_MARGIN:
            found.append(
                f"the reduced diffusion {np.exp(log_target):.3g} lies outside the training runs' {np.exp(low):.3g} to {np.exp(high):.3g}"
            )
        return found
