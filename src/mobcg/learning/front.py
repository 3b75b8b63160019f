"""The Pareto front of conservative potentials: the best trade of structure against diffusion where no friction is allowed.

At one density and temperature a structure has one potential (Henderson, Phys. Lett. A 49, 197 (1974)) and so one diffusion: a liquid that
is slower must look otherwise. The trained processes know ln D*(g) and U*(g) and their gradients, so the front is found over g itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from mobcg.learning.flagship import PRESSURE_SCALE, FlagshipModel
from mobcg.learning.mobility import friction_feature, log_diffusion
from mobcg.learning.structure import Seen

Array = npt.NDArray[np.float64]

PENALTY = 10.0
"""Cost of a variance twice the largest allowed."""

ROUNDING = 0.02
"""|ln D/D_target| below which the mobility error counts quadratically, so that its gradient is smooth."""


@dataclass(frozen=True)
class Choice:
    """A conservative potential: U* on the model's x, the g(x) expected of it on the model's grid, S and ln(D/D_target) expected.

    weight: the price of the mobility error M against S; variance: of the correction, over the largest that the search allows.
    """

    weight: float
    u: Array
    g: Array
    structure_error: float
    log_ratio: float
    variance: float

    @property
    def mobility_error(self) -> float:
        """M = |ln(D/D_target)| expected."""
        return abs(self.log_ratio)


def conservative_front(
    model: FlagshipModel, seen: Seen, log_target: float, reduced_pressure: float, weights: Sequence[float], edge: float = 1.0
) -> list[Choice]:
    """For each weight w the g that minimises S(g) + w M(g) within the model's domain, and its potential at the pressure P* wanted.

    M = |ln D*(g, 0)/D*_target|, S = sum (g-g*)2 / sum (g*-mean g*)2 over the model's grid, g* the target as the model sees it. The weights
    are taken in rising order, each search starting from the one before. edge: how far out it goes, in parts of the distance to the domain's
    edge.
    """
    start = model.features(seen.scores, reduced_pressure)[0]
    here = start
    largest = max(edge**2 * model.domain.largest_variance, float(model.correction.variance(start[None])[0]))
    found = []
    with threadpool_limits(1):  # the search moves some twenty numbers: a second thread of the linear algebra made it ten times slower
        for weight in sorted(weights):
            here = _search(model, seen, start, here, log_target, weight, largest)
            found.append(_choice(model, seen, start, here, log_target, weight, largest))
    return found


def _search(model: FlagshipModel, seen: Seen, start: Array, begin: Array, log_target: float, weight: float, largest: float) -> Array:
    axes = model.space.components * np.sqrt(model.space.variance)
    metric = np.zeros((len(start), len(start)))
    metric[:-1, :-1] = axes.T @ axes / np.sum((seen.g[0] - seen.g[0].mean()) ** 2)
    moves = np.append(np.ones(len(start) - 1), 0.0)  # the pressure stays

    def cost(features: Array) -> tuple[float, Array]:
        step = features - start
        log_d, slope = _conservative(model, features)
        missed = log_d - log_target
        rounded = float(np.hypot(missed, ROUNDING))
        over = float(model.correction.variance(features[None])[0]) / largest - 1
        value = step @ metric @ step + weight * rounded
        gradient = 2 * metric @ step + weight * missed / rounded * slope
        if over > 0:
            value += PENALTY * over**2
            gradient = gradient + 2 * PENALTY * over * model.correction.variance_gradient(features) / largest
        return float(value), np.asarray(gradient * moves)

    return np.asarray(minimize(cost, begin, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x)


def _conservative(model: FlagshipModel, features: Array) -> tuple[float, Array]:
    """Ln D* without friction and its gradient with respect to the features of structure and pressure."""
    inputs = np.append(features, friction_feature(np.zeros(1)))
    log_drag = model.mobility.predict(inputs[None])[0]
    slope = model.mobility.gradients(inputs)[:-1, 0]
    return float(log_diffusion(log_drag, np.zeros(1))[0]), -slope


def _choice(model: FlagshipModel, seen: Seen, start: Array, features: Array, log_target: float, weight: float, largest: float) -> Choice:
    step = (features - start)[:-1] * np.sqrt(model.space.variance)
    g = np.maximum(seen.g + step @ model.space.components.T, 0.0)
    changed = Seen(seen.scores + step, g, seen.residual)
    error = float(np.sum((g - seen.g) ** 2) / np.sum((seen.g - seen.g.mean()) ** 2))
    variance = float(model.correction.variance(features[None])[0]) / largest
    log_d, _ = _conservative(model, features)
    u = model.potentials(changed, features[-1] * PRESSURE_SCALE)[0]
    return Choice(weight, u, g[0], error, log_d - log_target, variance)
