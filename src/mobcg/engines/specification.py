"""What a coarse-grained run is asked for and what it returns: the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion
from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential

Thermostat = Literal["global", "langevin", "nve"]
Array = npt.NDArray[np.float64]

LARGEST_FRICTION_STEP = 0.3
"""Largest friction times step x. A free bead of the middle scheme diffuses too fast by (x/2) coth(x/2): by 0.7 % at 0.3, by 11 % at 1.2."""


@dataclass(frozen=True)
class RunSpecification:
    """One liquid of beads: potential, state, thermostat, length and seed.

    thermostat: "global" a Nose-Hoover chain on the whole liquid (leaves D unbiased), "langevin" friction `friction_per_ps` on every bead,
    "nve" none after equilibration. `start_nm` (beads, 3) continues from a former run in the same box.
    """

    potential: PairPotential
    mass_Da: float
    density_per_nm3: float
    temperature_K: float
    seed: int
    thermostat: Thermostat = "global"
    friction_per_ps: float = 0.0
    options: CoarseGrainedOptions = field(default_factory=CoarseGrainedOptions)
    observables: ObservableOptions = field(default_factory=ObservableOptions)
    start_nm: Array | None = None
    r_max_nm: float | None = None

    def __post_init__(self) -> None:
        for name in ("mass_Da", "density_per_nm3", "temperature_K"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive and finite, found {getattr(self, name)!r}")
        if not (np.isfinite(self.friction_per_ps) and self.friction_per_ps >= 0):
            raise ValueError(f"friction_per_ps must be zero or positive, found {self.friction_per_ps!r}")
        if self.thermostat != "langevin" and self.friction_per_ps > 0:
            raise ValueError(f"friction needs the langevin thermostat, found {self.thermostat!r}")

    @property
    def timestep_fs(self) -> float:
        """Time step in fs, of the potential's stiffness; with friction at most `LARGEST_FRICTION_STEP`/gamma."""
        options = self.options
        step = self.potential.timestep_fs(self.mass_Da, self.temperature_K, options.steps_per_period, options.maximum_timestep_fs)
        return min(step, 1000 * LARGEST_FRICTION_STEP / self.friction_per_ps) if self.friction_per_ps > 0 else step

    @property
    def box_nm(self) -> float:
        """Edge of the cubic box in nm."""
        return float((self.options.beads / self.density_per_nm3) ** (1 / 3))


@dataclass(frozen=True)
class RunResult:
    """What a run gave. Where the outcome is not OK, `reason` says why and measured values may be missing (None)."""

    outcome: Outcome
    reason: str
    engine: str
    timestep_fs: float
    box_nm: float
    wall_s: float
    rdf: RadialDistribution | None = None
    diffusion: Diffusion | None = None
    pressure_bar: Estimate | None = None
    temperature_K: Estimate | None = None
    energy_drift_kT_per_bead_ns: float | None = None
    final_nm: Array | None = None
    trajectory: Trajectory | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the run ended as a liquid with everything measured."""
        return self.outcome is Outcome.OK


def enough_beads(options: CoarseGrainedOptions, density_per_nm3: float, r_max_nm: float) -> CoarseGrainedOptions:
    """The same options with at least as many beads as a cubic box of half-edge above `r_max_nm` holds at this density."""
    least = int(np.ceil(density_per_nm3 * (2.001 * r_max_nm) ** 3))
    return options.model_copy(update={"beads": max(options.beads, least)})


class Engine(Protocol):
    """A way to run liquids of beads."""

    name: str

    def run(self, specifications: Sequence[RunSpecification]) -> list[RunResult]:
        """Run each specification; results in the same order. Physical failures are outcomes, never exceptions."""
        ...
