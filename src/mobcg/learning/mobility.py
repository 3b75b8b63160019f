"""The diffusion of a liquid under friction: a form that friction can only slow, and its inverse."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]

TERMS = 5
"""Number of friction terms in `log_diffusion`."""


def log_diffusion(coefficients: torch.Tensor, friction: torch.Tensor) -> torch.Tensor:
    """Ln D* of a liquid under the reduced friction gamma*.

        1/D* = gamma* + zeta(gamma*)
        zeta = e^a0 + e^a1 gamma* + e^a2 3 gamma*/(3+gamma*) + e^a3 30 gamma*/(30+gamma*) + e^a4 gamma*^2/(10+gamma*)

    e^a0 is the friction that the neighbours cause without a thermostat (Einstein: D = kT/m zeta). It grows with gamma*, because friction
    slows the neighbours too; in the Brownian limit D/D_0 goes to a constant, hence the linear term. Every term rises, so D falls strictly
    with friction and the friction that gives a target diffusion is unique. coefficients: (..., TERMS) values a; friction: (...).
    """
    shapes = torch.stack(
        [
            torch.ones_like(friction),
            friction,
            3 * friction / (3 + friction),
            30 * friction / (30 + friction),
            friction**2 / (10 + friction),
        ],
        dim=-1,
    )
    return -torch.log(friction + (torch.exp(coefficients) * shapes).sum(-1))


def solve_friction(coefficients: Array, log_target: float) -> float:
    """The friction gamma* >= 0 at which the members' mean ln D* is `log_target`; 0 where the conservative liquid is slower already.

    D* < 1/gamma* bounds the search; the bracket is cut into 64 parts at a time. coefficients: (members, TERMS).
    """
    values = torch.as_tensor(coefficients)[:, None]
    low, high = 0.0, float(np.exp(-log_target))
    for _ in range(10):
        candidates = torch.linspace(low, high, 65, dtype=torch.float64)
        faster = int((log_diffusion(values, candidates).mean(0) > log_target).sum())
        if faster == 0:
            return low
        low, high = float(candidates[faster - 1]), float(candidates[min(faster, 64)])
    return 0.5 * (low + high)
