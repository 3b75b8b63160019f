"""The reduced model: (g(x), D*) -> (U*(x), gamma*), valid at every mass, temperature and density."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.interpolate import BSpline, CubicSpline
from scipy.spatial.distance import cdist

from mobcg.learning.curves import checked_target, core, fade, outermost_below, resample, smooth
from mobcg.learning.ensemble import EnsembleNetwork
from mobcg.learning.mobility import TERMS, log_diffusion, solve_friction
from mobcg.learning.prediction import Prediction
from mobcg.outcomes import InputError
from mobcg.units import ReducedUnits

Array = npt.NDArray[np.float64]

X_MIN = 0.3
"""First point of the grid of g, inside every core."""

X_STEP = 0.0125
"""Step of the grid of g."""

SPLINE_START = 0.4
SPLINE_STEP = 0.08
"""Knots of the correction's cubic splines: shorter features of W are noise."""

SMOOTHING = 2.4
"""Width in grid points (0.03 in x) of the Gaussian that smooths what the principal components leave."""

CORE_G = 0.05
"""Inside the distance where g falls to this, the potential is extrapolated: -ln g would be noise."""

FADE = 0.3
"""Length over which -ln g fades out before x_max."""

TAPER = 0.15
"""Length over which the potential goes to zero before its cutoff."""

HIDDEN = (64, 64)


@dataclass(frozen=True)
class FlagshipSettings:
    """Numbers that fix the model's shape: g is read up to x_max, U given up to x_out."""

    members: int
    components: int
    corrections: int
    training_rows: int
    x_max: float
    x_out: float


@dataclass(frozen=True)
class Structure:
    """Curves g(x) as the model sees them: scores (rows, components), g denoised (rows, points), residual norm (rows,)."""

    scores: Array
    g: Array
    residual: Array


class FlagshipModel(torch.nn.Module):
    """Potential and friction from structure and diffusion, in reduced units (x = r rho^(1/3), U* = U/kT).

    U*(x) = -ln g(x) + W(x) outside the core: the potential of mean force and a correction W that an ensemble of networks gives as
    smooth cubic splines; inside, a steep extrapolation with matched value and slope. g enters as its weights on principal components
    and is denoised first: what the components cannot express is smoothed, so the noise of a short run does not go straight to U.
    A second ensemble gives ln D*(g, gamma*) (`mobility.log_diffusion`); the friction solves ln D*(g, gamma*) = ln D*_target.
    """

    kind = "flagship"

    feature_noise: torch.Tensor
    w_linear: torch.Tensor
    w_scale: torch.Tensor

    def __init__(self, settings: FlagshipSettings, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        points, basis, features = len(self.grid), len(self.knots) - 4, settings.components + 1
        shapes: dict[str, tuple[int, ...]] = {
            "g_mean": (points,),
            "g_components": (points, settings.components),
            "feature_mean": (features,),
            "feature_scale": (features,),
            "feature_noise": (features,),
            "w_mean": (basis,),
            "w_components": (basis, settings.corrections),
            "w_linear": (settings.members, features + 1, settings.corrections),
            "w_scale": (settings.corrections,),
            "core_length": (),
            "core_slopes": (2,),
            "library_scores": (settings.training_rows, settings.components),
            "library_residual": (),
            "largest_distance": (),
            "log_diffusion_range": (2,),
            "log_diffusion_error": (),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        self.structure = EnsembleNetwork(settings.members, (features, *HIDDEN, settings.corrections), "silu", True, seed).double()
        self.mobility = EnsembleNetwork(settings.members, (features, *HIDDEN, TERMS), "silu", True, seed + 1).double()
        self.mobility_linear = torch.nn.Parameter(torch.zeros(settings.members, features, TERMS, dtype=torch.float64))

    @property
    def grid(self) -> Array:
        """The distances x at which g is read."""
        return np.asarray(X_MIN + X_STEP * np.arange(round((self.settings.x_max - X_MIN) / X_STEP) + 1), dtype=float)

    @property
    def output_grid(self) -> Array:
        """The distances x at which U is given: evenly spaced, about 0.005 apart, from the first step to x_out."""
        count = round(self.settings.x_out / 0.005)
        return np.asarray(np.arange(1, count + 1) * (self.settings.x_out / count), dtype=float)

    @property
    def knots(self) -> Array:
        """Knots of the cubic splines that make up W."""
        count = round((self.settings.x_out - SPLINE_START) / SPLINE_STEP)
        step = (self.settings.x_out - SPLINE_START) / count
        return np.asarray(SPLINE_START + step * np.arange(-3, count + 4), dtype=float)

    def array(self, name: str) -> Array:
        """A buffer or parameter as a numpy array."""
        values: torch.Tensor = getattr(self, name)
        return values.detach().numpy()

    def see(self, g: Array) -> Structure:
        """Denoise curves g (rows, points): components plus the smoothed remainder, never negative."""
        scores = (g - self.array("g_mean")) @ self.array("g_components")
        known = self.array("g_mean") + scores @ self.array("g_components").T
        rest = smooth(g - known, SMOOTHING)
        return Structure(scores, np.maximum(known + rest, 0.0), np.linalg.norm(rest, axis=-1))

    def raw_features(self, structure: Structure) -> Array:
        """Inputs of the networks before scaling: the scores and the two-body excess entropy (rows, components + 1)."""
        return np.concatenate([structure.scores, pair_entropy(self.grid, structure.g)[:, None]], axis=1)

    def features(self, structure: Structure) -> torch.Tensor:
        """Scaled inputs of the networks (rows, components + 1)."""
        return torch.as_tensor((self.raw_features(structure) - self.array("feature_mean")) / self.array("feature_scale"))

    def correction_scores(self, features: torch.Tensor) -> torch.Tensor:
        """Weights of W's components: a ridge regression and the network's departure from it; (members, rows, features) as input."""
        ones = torch.ones_like(features[..., :1])
        departure: torch.Tensor = self.structure(features) * self.w_scale
        return torch.cat([ones, features], -1) @ self.w_linear + departure

    def mobility_coefficients(self, features: torch.Tensor) -> torch.Tensor:
        """Coefficients of `mobility.log_diffusion`: (members, rows, features) -> (members, rows, TERMS)."""
        result: torch.Tensor = features @ self.mobility_linear + self.mobility(features)
        return result.clamp(-12.0, 12.0)

    def core_start(self, g: Array) -> int:
        """Index of `grid` at which the core ends: the innermost point of the shell with g at least `CORE_G`. InputError without one."""
        start = outermost_below(g, CORE_G, int(np.argmax(g)))
        if g.max() < 0.5:
            raise InputError(f"target g(r): no shell found, g reaches only {g.max():.3g} up to x = r rho^(1/3) = {self.settings.x_max:g}")
        return start

    def mean_force(self, g: Array, x: Array) -> Array:
        """-ln g(x) outside the core, faded to zero before x_max; constant inside the core."""
        start = self.core_start(g)
        spline = CubicSpline(self.grid[start:], np.log(np.maximum(g[start:], 0.2 * CORE_G)))
        end = min(self.settings.x_max, self.settings.x_out)
        return np.asarray(-spline(np.clip(x, self.grid[start], self.grid[-1])) * fade(x, end - FADE, end))

    def potential(self, g: Array, spline_weights: Array) -> Array:
        """U*(x) on `output_grid` from a denoised g and the weights of W's splines."""
        x = self.output_grid
        start = float(self.grid[self.core_start(g)])
        correction = BSpline(self.knots, spline_weights, 3)
        near = np.array([start, start + 0.5 * X_STEP])
        value, next_value = self.mean_force(g, near) + correction(near)
        slope = np.clip((value - next_value) / (0.5 * X_STEP), *self.array("core_slopes"))
        outside = (self.mean_force(g, x) + correction(np.clip(x, SPLINE_START, self.settings.x_out))) * fade(
            x, self.settings.x_out - TAPER, self.settings.x_out
        )
        return np.where(x < start, core(x, start, float(value), float(slope), float(self.array("core_length"))), outside)

    def predict(
        self,
        mass_Da: float,
        r_nm: npt.ArrayLike,
        g: npt.ArrayLike,
        diffusion_nm2_per_ns: float,
        density_per_nm3: float,
        temperature_K: float,
    ) -> Prediction:
        """Potential and friction that give the structure g and the diffusion.

        Exact at every mass, temperature and density that give the same reduced state. Raises InputError where the target is not a g(r),
        is not known as far as the model reads it, or a number is not positive.
        """
        r, values = checked_target(r_nm, g)
        try:
            units = ReducedUnits(mass_Da, temperature_K, density_per_nm3)
            log_target = np.log(diffusion_nm2_per_ns / units.diffusion_nm2_per_ns) if diffusion_nm2_per_ns > 0 else np.nan
        except ValueError as error:
            raise InputError(f"target: {error}") from error
        if not np.isfinite(log_target):
            raise InputError(f"target: diffusion_nm2_per_ns must be positive and finite, found {diffusion_nm2_per_ns!r}")
        x = r / units.length_nm
        if x[-1] + (x[-1] - x[-2]) < self.settings.x_max:
            needed = self.settings.x_max * units.length_nm
            raise InputError(
                f"target g(r): known to r = {r[-1]:.4g} nm (x = r rho^(1/3) = {x[-1]:.3f}), the model reads it to x = "
                f"{self.settings.x_max:g} "
                f"({needed:.4g} nm at this density); give a g(r) from a larger box or use a model trained with a smaller x_max"
            )
        return self._predict(self.see(resample(x, values, self.grid)[None]), float(log_target), units)

    def log_diffusion_of(self, r_nm: Array, g: Array, units: ReducedUnits, reduced_friction: float) -> float:
        """Natural logarithm of the diffusion (in nm2/ns) expected of the structure g under a reduced friction."""
        structure = self.see(resample(r_nm / units.length_nm, g, self.grid)[None])
        with torch.no_grad():
            coefficients = self.mobility_coefficients(self.features(structure).expand(self.settings.members, -1, -1))[:, 0]
            friction = torch.full((self.settings.members,), reduced_friction, dtype=torch.float64)
            return float(log_diffusion(coefficients, friction).mean() + np.log(units.diffusion_nm2_per_ns))

    def _predict(self, structure: Structure, log_target: float, units: ReducedUnits) -> Prediction:
        with torch.no_grad():
            features = self.features(structure).expand(self.settings.members, -1, -1)
            scores = self.correction_scores(features)[:, 0].numpy()
            coefficients = self.mobility_coefficients(features)[:, 0].numpy()
        weights = self.array("w_mean") + scores @ self.array("w_components").T
        u = self.potential(structure.g[0], weights.mean(0))
        spread = np.std([self.potential(structure.g[0], member) for member in weights], axis=0)
        friction = solve_friction(coefficients, log_target)
        frictions = [solve_friction(member[None], log_target) for member in coefficients]
        log_d = log_diffusion(torch.as_tensor(coefficients), torch.full((len(coefficients),), friction, dtype=torch.float64)).numpy()
        conservative = float(log_diffusion(torch.as_tensor(coefficients), torch.zeros(len(coefficients), dtype=torch.float64)).mean())
        error = float(np.hypot(log_d.std(), self.array("log_diffusion_error")))
        unexplained = float(self.array("log_diffusion_error"))
        residual = 0.5 * (solve_friction(coefficients, log_target - unexplained) - solve_friction(coefficients, log_target + unexplained))
        distance, notes = self._domain(structure, log_target)
        too_fast = log_target > conservative
        if too_fast:
            notes.append(f"the target diffuses {np.exp(log_target - conservative):.3g} times faster than the conservative liquid can")
        d = units.diffusion_nm2_per_ns
        return Prediction(
            self.output_grid * units.length_nm,
            u * units.energy_kj_per_mol,
            spread * units.energy_kj_per_mol,
            friction * units.friction_per_ps,
            float(np.hypot(np.std(frictions), residual)) * units.friction_per_ps,
            float(np.exp(log_d.mean())) * d,
            float(np.exp(log_d.mean())) * d * error,
            float(np.exp(conservative)) * d,
            distance <= 1 and len(notes) == int(too_fast),
            distance,
            bool(too_fast),
            tuple(notes),
        )

    def distances(self, scores: Array, residual: Array) -> Array:
        """Root mean square difference in g between each row and each training row: (rows, training rows)."""
        beyond = np.maximum(residual**2 - float(self.array("library_residual")) ** 2, 0.0)
        squares = cdist(scores, self.array("library_scores"), "sqeuclidean") + beyond[:, None]
        return np.asarray(np.sqrt(squares / len(self.grid)))

    def _domain(self, structure: Structure, log_target: float) -> tuple[float, list[str]]:
        nearest = float(self.distances(structure.scores, structure.residual).min())
        allowed = float(self.array("largest_distance"))
        low, high = self.array("log_diffusion_range")
        notes = []
        if nearest > allowed:
            notes.append(f"g differs from the nearest training run's by {nearest:.3g} (root mean square), more than {allowed:.3g}")
        if not low - 0.3 <= log_target <= high + 0.3:
            notes.append(
                f"the reduced diffusion {np.exp(log_target):.3g} lies outside the training runs' {np.exp(low):.3g} to {np.exp(high):.3g}"
            )
        return nearest / allowed, notes

    def description(self) -> dict[str, Any]:
        """Settings and grids for model.json."""
        return {"settings": asdict(self.settings), "x": self.grid, "x_potential": self.output_grid}

    @staticmethod
    def from_description(description: dict[str, Any]) -> FlagshipModel:
        """An untrained model of the described shape."""
        return FlagshipModel(FlagshipSettings(**description["settings"]))


def pair_entropy(x: Array, g: Array) -> Array:
    """Two-body excess entropy per particle over k, -2 pi int (g ln g - g + 1) x^2 dx, of curves g (rows, points) in reduced units.

    Diffusion of simple liquids follows it closely (Rosenfeld, Phys. Rev. A 15, 2545 (1977); Dzugutov, Nature 381, 137 (1996)).
    """
    safe = np.maximum(g, 1e-10)
    inner = 2 * np.pi * x[0] ** 3 / 3
    return np.asarray(-2 * np.pi * np.trapezoid((g * np.log(safe) - g + 1) * x**2, x, axis=-1) - inner)
