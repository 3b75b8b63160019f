"""The diffusion of a liquid under friction, and the friction that gives a wanted diffusion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

FRICTION_SHIFT = 5.0
"""Reduced friction that separates weak from strong: the drag is nearly constant below and grows with gamma* above."""

USUAL_DRAG = (12.0, 0.7)
"""Drag of a dense liquid's neighbours without a thermostat, and its growth with gamma*: the origin of the logarithm that is learned."""


def drag(reduced_diffusion: Array, reduced_friction: Array) -> Array:
    """The friction zeta* = 1/D* - gamma* that the neighbours cause, beside the thermostat's gamma*. Einstein: D = kT / (m (gamma + zeta)).

    It grows with gamma*, since friction slows the neighbours too; in the Brownian limit D gamma/(kT/m) tends to a constant.
    """
    return np.asarray(1 / reduced_diffusion - reduced_friction)


def usual_drag(reduced_friction: Array) -> Array:
    """The drag in a typical dense liquid, 12 + 0.7 gamma*."""
    return np.asarray(USUAL_DRAG[0] + USUAL_DRAG[1] * reduced_friction)


def friction_feature(reduced_friction: Array) -> Array:
    """The friction as a smooth model takes it: ln(1 + gamma*/5)."""
    return np.log1p(np.asarray(reduced_friction) / FRICTION_SHIFT)


def log_diffusion(log_drag: Array, reduced_friction: Array) -> Array:
    """Ln D* from ln(zeta*/usual zeta*) and gamma*."""
    return np.asarray(-np.log(reduced_friction + np.exp(log_drag) * usual_drag(reduced_friction)))


def friction_grid(log_target: float, points: int = 400) -> Array:
    """Reduced frictions among which the solution lies: from 0, evenly in the logarithm of gamma* + 1, to the bound D* < 1/gamma*."""
    return np.expm1(np.linspace(0.0, np.log1p(np.exp(-log_target)), points))


def solve_friction(frictions: Array, log_d: Array, log_target: float) -> float:
    """The least friction at which ln D* falls to `log_target`; 0 where it is lower without friction.

    frictions, log_d: a curve from friction 0 on. Friction can only slow a liquid: the curve's running minimum counts.
    """
    falling = np.minimum.accumulate(log_d)
    if falling[0] <= log_target:
        return 0.0
    return float(np.interp(-log_target, -falling, frictions))
