"""Where a noisy curve has a given value, and its slope there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from mobcg.observables.blocks import Estimate

Array = npt.NDArray[np.float64]

LEAST_PROBABILITY = 0.05
"""Probability of a chi2 this large below which a polynomial counts as too low."""

LOWEST_ORDER, HIGHEST_ORDER = 2, 3
"""A liquid's modulus rises with pressure: a straight line is never enough."""


def fitted_root(x: Array, pressures_bar: Array, errors_bar: Array, pressure_bar: float) -> tuple[Estimate, Estimate]:
    """The x nearest to zero at which the pressure is `pressure_bar`, and the slope dP/dx in bar there, with standard errors.

    Least squares by a polynomial in x, of second order or, where its chi2 is improbable, of third; where that fails too the errors are
    scaled to chi2 of one a degree of freedom. All pressures weigh alike, with the root mean square of their errors: each one's own, from
    few blocks, is too noisy a weight. The errors are those of the covariance, carried to root and slope by their derivatives.
    """
    wanted = pressures_bar - pressure_bar
    sigma = float(np.sqrt(np.mean(np.square(errors_bar))))
    for order in range(LOWEST_ORDER, HIGHEST_ORDER + 1):
        freedom = len(x) - order - 1
        if order > LOWEST_ORDER and freedom < 1:
            break
        design = np.vander(x, order + 1, increasing=True)
        coefficients = np.linalg.lstsq(design, wanted, rcond=None)[0]
        misfit = float(np.sum(np.square(wanted - design @ coefficients))) / sigma**2
        covariance = sigma**2 * np.linalg.inv(design.T @ design)
        if chdtrc(freedom, misfit) > LEAST_PROBABILITY:
            break
        covariance *= max(misfit / freedom, 1.0)
    curve = np.polynomial.Polynomial(coefficients)
    roots = curve.roots()
    real = roots[np.abs(roots.imag) < 1e-9].real
    if not len(real):
        return Estimate(0.0, float("nan")), Estimate(0.0, float("inf"))
    root = float(real[np.argmin(np.abs(real))])
    slope, bend = float(curve.deriv()(root)), float(curve.deriv(2)(root))
    powers = np.arange(len(coefficients))
    values = root**powers
    slopes = powers * root ** np.maximum(powers - 1, 0)
    turned = slopes - bend / slope * values
    return (
        Estimate(root, float(np.sqrt(values @ covariance @ values)) / abs(slope)),
        Estimate(slope, float(np.sqrt(turned @ covariance @ turned))),
    )
