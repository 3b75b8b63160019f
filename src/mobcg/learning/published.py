"""The published model: (m, g(r), D) -> U(r) in plain units, at the one temperature and density of its training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import savgol_filter

from mobcg.learning.curves import checked_target, core, fade, outermost_below, resample
from mobcg.learning.ensemble import EnsembleNetwork
from mobcg.learning.prediction import Prediction
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]

HIDDEN = (585, 490, 411, 345)
"""Widths of the hidden layers, as published."""

ENERGY_CAP = 20.0
"""kJ/mol (8 kT at 298 K): higher energies are never visited and are cut off in training."""

CORE_ENERGY = 15.0
"""kJ/mol: inside the distance where the predicted energy reaches this, a linear ramp continues the potential."""

SMOOTHING_NM = 0.1
"""Window of the cubic (Savitzky-Golay) smoothing of the output: a network of free numbers passes the noise of g(r) on to U."""


@dataclass(frozen=True)
class PublishedSettings:
    """Numbers that fix the model's shape: g is read on a grid from r_start_nm, U given from u_start_nm to cutoff_nm."""

    members: int
    training_rows: int
    r_start_nm: float
    r_step_nm: float
    r_points: int
    u_start_nm: float
    u_step_nm: float
    u_points: int


class PublishedModel(torch.nn.Module):
    """Dense networks 585-490-411-345 with LeakyReLU from mass, g(r) and D to U(r); the ensemble's mean.

    As published (inputs and layers, L2, mean squared error, Adam), with three changes: one network gives the whole range outside the core
    where the published work chains two, its output is smoothed, and the split is by parent potential. No friction: one potential serves
    structure and diffusion.
    """

    kind = "published"

    input_mean: torch.Tensor
    input_scale: torch.Tensor
    u_mean: torch.Tensor
    u_scale: torch.Tensor
    library: torch.Tensor
    largest_distance: torch.Tensor
    ranges: torch.Tensor

    def __init__(self, settings: PublishedSettings, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        inputs = settings.r_points + 2
        shapes: dict[str, tuple[int, ...]] = {
            "input_mean": (inputs,),
            "input_scale": (inputs,),
            "u_mean": (settings.u_points,),
            "u_scale": (),
            "library": (settings.training_rows, settings.r_points),
            "largest_distance": (),
            "ranges": (4, 2),
        }
        for name, shape in shapes.items():
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float32))
        self.network = EnsembleNetwork(settings.members, (inputs, *HIDDEN, settings.u_points), seed)

    @property
    def grid(self) -> Array:
        """Distances in nm at which g is read."""
        return np.asarray(self.settings.r_start_nm + self.settings.r_step_nm * np.arange(self.settings.r_points), dtype=float)

    @property
    def output_grid(self) -> Array:
        """Distances in nm at which the network gives U; the last is the cutoff."""
        return np.asarray(self.settings.u_start_nm + self.settings.u_step_nm * np.arange(self.settings.u_points), dtype=float)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Standardised inputs (members, rows, points + 2) -> standardised U (members, rows, u_points)."""
        result: torch.Tensor = self.network(inputs)
        return result

    def standardise(self, mass_Da: Array, diffusion_nm2_per_ns: Array, g: Array) -> torch.Tensor:
        """Inputs (rows, 2 + points) as the network takes them."""
        raw = np.concatenate([mass_Da[:, None], diffusion_nm2_per_ns[:, None], g], axis=1)
        return (torch.as_tensor(raw, dtype=torch.float32) - self.input_mean) / self.input_scale

    def potential(self, u: Array) -> tuple[Array, Array]:
        """Distances and the whole potential from the network's U: smoothed, zero at the cutoff, a linear ramp inside the core."""
        r, step = self.output_grid, self.settings.u_step_nm
        tapered = savgol_filter(u, 2 * round(SMOOTHING_NM / step / 2) + 1, 3) * fade(r, r[-1] - 0.05 * r[-1], r[-1])
        start = _core_index(tapered)
        slope = max((tapered[start] - tapered[start + 3]) / (3 * step), CORE_ENERGY / 0.1)
        whole = step * np.arange(1, round(r[-1] / step) + 1)
        whole += r[-1] - whole[-1]
        outside = np.interp(whole, r, tapered)
        return whole, np.where(whole < r[start], core(whole, float(r[start]), float(tapered[start]), float(slope), np.inf), outside)

    def predict(
        self,
        mass_Da: float,
        r_nm: npt.ArrayLike,
        g: npt.ArrayLike,
        diffusion_nm2_per_ns: float,
        density_per_nm3: float,
        temperature_K: float,
        pressure_bar: float = 0.0,
    ) -> Prediction:
        """The potential for a structure, mass and diffusion; friction 0. Density and temperature only decide on in_domain, the pressure on
        nothing.

        Raises InputError where the target is not a g(r), ends before the model's grid does, or a number is not positive.
        """
        r, values = checked_target(r_nm, g)
        numbers = {
            "mass_Da": mass_Da,
            "diffusion_nm2_per_ns": diffusion_nm2_per_ns,
            "density_per_nm3": density_per_nm3,
            "temperature_K": temperature_K,
        }
        for name, value in numbers.items():
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"target: {name} must be positive and finite, found {value!r}")
        if r[-1] + (r[-1] - r[-2]) < self.grid[-1]:
            raise InputError(
                f"target g(r): known to r = {r[-1]:.4g} nm, the model reads it to r = {self.grid[-1]:.4g} nm; "
                "give a g(r) from a larger box or use a model trained with a smaller r_max_nm"
            )
        curve = resample(r, values, self.grid)
        with torch.no_grad():
            inputs = self.standardise(np.array([mass_Da]), np.array([diffusion_nm2_per_ns]), curve[None])
            scaled = self(inputs.expand(self.settings.members, -1, -1))[:, 0]
            members = (scaled * self.u_scale + self.u_mean).double().numpy()
        whole, u = self.potential(members.mean(0))
        spread = np.std([self.potential(member)[1] for member in members], axis=0)
        distance, notes = self._domain(curve, numbers)
        nothing = float("nan")
        return Prediction(whole, u, spread, 0.0, 0.0, nothing, nothing, nothing, not notes, distance, False, notes)

    def _domain(self, g: Array, numbers: dict[str, float]) -> tuple[float, tuple[str, ...]]:
        nearest = float(np.sqrt(((self.library.double().numpy() - g) ** 2).mean(1)).min())
        allowed = float(self.largest_distance)
        notes = []
        if nearest > allowed:
            notes.append(f"g differs from the nearest training run's by {nearest:.3g} (root mean square), more than {allowed:.3g}")
        for (name, value), (low, high) in zip(numbers.items(), self.ranges.double().tolist(), strict=True):
            if not 0.98 * low <= value <= 1.02 * high:
                notes.append(f"{name} {value:.4g} lies outside the training runs' {low:.4g} to {high:.4g}")
        return nearest / allowed, tuple(notes)

    def description(self) -> dict[str, Any]:
        """Settings and grids for model.json."""
        return {"settings": asdict(self.settings), "r_nm": self.grid, "r_nm_potential": self.output_grid}

    @staticmethod
    def from_description(description: dict[str, Any]) -> PublishedModel:
        """An untrained model of the described shape."""
        return PublishedModel(PublishedSettings(**description["settings"]))


def _core_index(u: Array) -> int:
    """First index outside the core: after the outermost point at or above `CORE_ENERGY`, or the highest point where none is."""
    start = outermost_below(-u, -CORE_ENERGY, len(u) - 5)
    return min(start if start else int(np.argmax(u[: len(u) // 2])), len(u) - 5)
