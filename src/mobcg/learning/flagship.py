"""The flagship: (g(x), D*, P*) -> (U*(x), gamma*) in reduced units, valid at every mass, temperature and density."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from mobcg.config import LEAST_REACH
from mobcg.learning.curves import checked_target, resample
from mobcg.learning.domain import Domain
from mobcg.learning.mobility import friction_feature, friction_grid, log_diffusion, solve_friction
from mobcg.learning.prediction import Prediction
from mobcg.learning.regressor import Regressor
from mobcg.learning.structure import Seen, StructureSpace
from mobcg.learning.wells import Wells
from mobcg.outcomes import InputError
from mobcg.units import ReducedUnits

Array = npt.NDArray[np.float64]

X_MIN = 0.3
"""First point of the grid of g, inside every core."""

X_STEP = 0.0125
"""Step of the grid of g."""

PRESSURE_SCALE = 5.0
"""Unit of P* as a feature: about its spread over the library."""

USUAL_PRESSURE_BAR = 0.0
"""The pressure that a liquid is taken to have where none is told; one atmosphere is nothing on the scale of rho kT, some 200 bar."""

STRUCTURE_SCATTER = 0.02
"""Standard deviation of ln D that comes from the predicted potential giving not quite the g asked for: over twelve real liquids (the eight
of docs/evaluation.md, the four of docs/how-to/predict.md) the root mean square of ln(D/D_wanted) without refinement, less the runs' errors.
"""


@dataclass(frozen=True)
class FlagshipSettings:
    """Numbers that fix the model's shape: g is read up to x_max, U given up to x_out."""

    components: int
    corrections: int
    training_rows: int
    inducing: int
    x_max: float
    x_out: float


class FlagshipModel(torch.nn.Module):
    """Potential and friction from structure and diffusion, in reduced units (x = r rho^(1/3), U* = U/kT).

    U*(x) = -ln g(x) + W(x) outside the core (see `wells`): the potential of mean force and a correction W, smooth cubic splines whose
    weights a Gaussian process reads from g's scores and the pressure P* = P/(rho kT) that the liquid shall have; inside, a steep
    extrapolation with matched value and slope. At last a linear tail makes the virial of U and g the pressure exactly. The pressure is an
    input since g hardly tells it: potentials that differ in pressure alone
    have g so alike that no measured one can tell them apart. A second process gives the drag of the neighbours (`mobility`) from the same
    and gamma*, so ln D*(g, P*, gamma*); the friction solves ln D* = ln D*_target.
    Their posterior variances, calibrated on parents left out, are the errors; far from all training runs they grow, which is the flag
    for a target out of domain. All of the model is buffers: the state_dict holds it completely.
    """

    kind = "flagship"

    def __init__(self, settings: FlagshipSettings) -> None:
        super().__init__()
        self.settings = settings
        points, wells = len(self.grid), Wells(settings.x_max, settings.x_out, self.grid)
        shapes: dict[str, tuple[int, ...]] = {
            "g_mean": (points,),
            "g_components": (points, settings.components),
            "g_variance": (settings.components,),
            "g_noise": (),
            "w_mean": (wells.size,),
            "w_components": (wells.size, settings.corrections),
            "core_length": (),
            "core_slopes": (2,),
            "diffusion_calibration": (2,),
            "largest_variance": (),
            "largest_residual": (),
            "log_diffusion_range": (2,),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        rows, inducing = settings.training_rows, min(settings.inducing, settings.training_rows)
        self.correction = Regressor(rows, settings.components + 1, settings.corrections, inducing)
        self.mobility = Regressor(rows, settings.components + 2, 1, inducing)

    @property
    def grid(self) -> Array:
        """The distances x at which g is read."""
        return np.asarray(X_MIN + X_STEP * np.arange(round((self.settings.x_max - X_MIN) / X_STEP) + 1), dtype=float)

    @property
    def space(self) -> StructureSpace:
        """The principal components of g."""
        return StructureSpace(self.array("g_mean"), self.array("g_components"), self.array("g_variance"), float(self.array("g_noise")))

    @property
    def wells(self) -> Wells:
        """How a potential is put together."""
        slopes = self.array("core_slopes")
        return Wells(
            self.settings.x_max, self.settings.x_out, self.grid, float(self.array("core_length")), (float(slopes[0]), float(slopes[1]))
        )

    @property
    def domain(self) -> Domain:
        """Where the model may be trusted."""
        low, high = self.array("log_diffusion_range")
        return Domain(float(self.array("largest_variance")), float(self.array("largest_residual")), float(low), float(high))

    def array(self, name: str) -> Array:
        """A buffer as a numpy array."""
        values: torch.Tensor = getattr(self, name)
        return values.numpy()

    def set(self, **values: npt.ArrayLike) -> None:
        """Fill buffers."""
        for name, value in values.items():
            getattr(self, name).copy_(torch.as_tensor(np.asarray(value, dtype=float)))

    def read(self, x: Array, g: Array) -> Seen:
        """A target's g at rising x, denoised and completed. Raises InputError where it ends before `LEAST_REACH`."""
        reach, least = x[-1] + (x[-1] - x[-2]), min(LEAST_REACH, self.settings.x_max)
        if reach < least:
            raise InputError(
                f"target g(r): known to x = r rho^(1/3) = {reach:.3f}; at least {least:g} is needed, {least / reach:.3g} times as far; "
                "give a g(r) from a larger box"
            )
        known = self.grid <= reach + 1e-9
        return self.space.see(np.where(known, resample(x, g, self.grid), np.nan)[None])

    def features(self, scores: Array, reduced_pressure: npt.ArrayLike) -> Array:
        """What the processes see of structures, scores (rows, components), and pressures P*, one or (rows,): (rows, components + 1)."""
        pressures = np.broadcast_to(np.asarray(reduced_pressure, dtype=float) / PRESSURE_SCALE, len(scores))
        return np.column_stack([self.space.features(scores), pressures])

    def potentials(self, seen: Seen, reduced_pressure: npt.ArrayLike) -> Array:
        """U* on `wells.x`, one row a curve; the virial of each with its g is the pressure P* (one, or (rows,))."""
        scores = self.correction.predict(self.features(seen.scores, reduced_pressure))
        weights = self.array("w_mean") + scores @ self.array("w_components").T
        wells, pressures = self.wells, np.broadcast_to(np.asarray(reduced_pressure, dtype=float), len(weights))
        return np.array(
            [wells.with_pressure(g, wells.potential(g, each), float(p)) for g, each, p in zip(seen.g, weights, pressures, strict=True)]
        )

    def log_diffusion_curve(self, scores: Array, reduced_pressure: float, frictions: Array) -> tuple[Array, Array]:
        """Ln D* of one liquid, scores (components,), at several reduced frictions, and its standard error."""
        structure = np.tile(self.features(scores[None], reduced_pressure), (len(frictions), 1))
        features = np.column_stack([structure, friction_feature(frictions)])
        log_drag = self.mobility.predict(features)[:, 0]
        log_d = log_diffusion(log_drag, frictions)
        share = 1 - frictions * np.exp(log_d)  # d ln D / d ln zeta = -zeta D
        floor, factor = self.array("diffusion_calibration")
        variance = self.mobility.variance(features) * float(self.mobility.array("scale")[0]) ** 2 * share**2
        return log_d, np.sqrt(floor**2 + factor**2 * variance)

    def predict(
        self,
        mass_Da: float,
        r_nm: npt.ArrayLike,
        g: npt.ArrayLike,
        diffusion_nm2_per_ns: float,
        density_per_nm3: float,
        temperature_K: float,
        pressure_bar: float = USUAL_PRESSURE_BAR,
    ) -> Prediction:
        """Potential and friction that give the structure g, the diffusion and, roughly, the pressure.

        Exact at every mass, temperature and density that give the same reduced state. Raises InputError where the target is not a g(r),
        is not known as far as the model needs it, or a number is not positive.
        """
        r, values = checked_target(r_nm, g)
        try:
            units = ReducedUnits(mass_Da, temperature_K, density_per_nm3)
            log_target = np.log(diffusion_nm2_per_ns / units.diffusion_nm2_per_ns) if diffusion_nm2_per_ns > 0 else np.nan
        except ValueError as error:
            raise InputError(f"target: {error}") from error
        if not np.isfinite(log_target):
            raise InputError(f"target: diffusion_nm2_per_ns must be positive and finite, found {diffusion_nm2_per_ns!r}")
        return self._predict(self.read(r / units.length_nm, values), float(log_target), pressure_bar / units.pressure_bar, units)

    def _predict(self, seen: Seen, log_target: float, reduced_pressure: float, units: ReducedUnits) -> Prediction:
        u = self.potentials(seen, reduced_pressure)[0]
        features = self.features(seen.scores, reduced_pressure)
        relative = float(self.correction.variance(features)[0])
        spread = self.array("w_components") * self.correction.array("scale")
        u_error = self.wells.error(seen.g[0], np.sqrt(relative) * spread)
        frictions = friction_grid(log_target)
        log_d, error = self.log_diffusion_curve(seen.scores[0], reduced_pressure, frictions)
        friction = solve_friction(frictions, log_d, log_target)
        at = float(np.hypot(np.interp(friction, frictions, error), STRUCTURE_SCATTER))
        slower, faster = (solve_friction(frictions, log_d, log_target + sign * at) for sign in (-1, 1))
        expected = float(np.interp(friction, frictions, log_d))
        too_fast = log_target > log_d[0]
        notes = self.domain.notes(relative, float(seen.residual[0]), log_target)
        flagged = len(notes) > 0
        if too_fast:
            notes.append(f"the target diffuses {np.exp(log_target - log_d[0]):.3g} times faster than the conservative liquid can")
        d = units.diffusion_nm2_per_ns
        return Prediction(
            self.wells.x * units.length_nm,
            u * units.energy_kj_per_mol,
            u_error * units.energy_kj_per_mol,
            friction * units.friction_per_ps,
            0.5 * (slower - faster) * units.friction_per_ps,
            float(np.exp(expected)) * d,
            float(np.exp(expected)) * d * at,
            float(np.exp(log_d[0])) * d,
            not flagged,
            self.domain.distance(relative, float(seen.residual[0]), log_target),
            bool(too_fast),
            tuple(notes),
        )

    def log_diffusion_of(
        self, r_nm: Array, g: Array, pressure_bar: float, units: ReducedUnits, reduced_friction: float
    ) -> tuple[float, float]:
        """Natural logarithm of the diffusion (in nm2/ns) expected of a liquid's structure and pressure under a reduced friction, and its
        standard error.
        """
        seen = self.read(r_nm / units.length_nm, g)
        log_d, error = self.log_diffusion_curve(seen.scores[0], pressure_bar / units.pressure_bar, np.array([reduced_friction]))
        return float(log_d[0] + np.log(units.diffusion_nm2_per_ns)), float(error[0])

    def description(self) -> dict[str, Any]:
        """Settings and grids for model.json."""
        return {"settings": asdict(self.settings), "x": self.grid, "x_potential": self.wells.x}

    @staticmethod
    def from_description(description: dict[str, Any]) -> FlagshipModel:
        """An untrained model of the described shape."""
        return FlagshipModel(FlagshipSettings(**description["settings"]))
