"""Excess entropy from pairs: the quantity that diffusion of simple liquids follows most closely."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def pair_entropy(x: Array, g: Array) -> Array:
    """Two-body excess entropy per particle over k, -2 pi int (g ln g - g + 1) x^2 dx, of curves g (rows, points) in reduced units.

    Diffusion of simple liquids follows it closely (Rosenfeld, Phys. Rev. A 15, 2545 (1977); Dzugutov, Nature 381, 137 (1996)).
    """
    safe = np.maximum(g, 1e-10)
    inner = 2 * np.pi * x[0] ** 3 / 3
    return np.asarray(-2 * np.pi * np.trapezoid((g * np.log(safe) - g + 1) * x**2, x, axis=-1) - inner)
