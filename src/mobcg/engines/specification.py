"""What a coarse-grained run is asked for and what it returns: the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from mobcg.choices import Thermostat
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.observables.blocks import Estimate
from mobcg.observables.diffusion import Diffusion
from mobcg.observables.rdf import RadialDistribution
from mobcg.observables.trajectory import Trajectory
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.potential.pair import PairPotential
from mobcg.seeds import generator
from mobcg.units import ReducedUnits

FRICTIONAL = ("langevin", "dpd")
Array = npt.NDArray[np.float64]

STRESS_INTERVAL = 0.03
"""Time between two records of the stress in reduced units, rho^(-1/3) sqrt(m/kT): 80 fs of argon at its triple point. Records twice
as often change its viscosity by 0.2 % at most.
"""

LARGEST_FRICTION_STEP = 0.3
"""Largest friction times step x. A free bead of the middle scheme diffuses too fast by (x/2) coth(x/2): by 0.7 % at 0.3, by 11 % at 1.2."""


@dataclass(frozen=True)
class RunSpecification:
    """One liquid of beads: potential, state, thermostat, length and seed.

    thermostat: "global" acts on the whole liquid's kinetic energy alone (leaves D unbiased); "langevin" is friction `friction_per_ps` on
    every bead; "dpd" the same friction gamma between beads, -m gamma w(r)2 (v_ij.e) e with w = 1 - r/cutoff, and its noise, which conserve
    momentum; "nve" none after equilibration. `start_nm` (beads, 3) continues from a former run in the same box. A trajectory is returned
    only where `keep_trajectory` asks for it, the pairs counted in each frame where `keep_counts` does. `viscosity` has the stress recorded
    and the viscosity measured, and D freed of the box's size, where the thermostat is "global" or "nve" and the engine `ensemble`.
    Sources of dpd: Espanol and Warren, Europhys. Lett. 30, 191 (1995);
    Groot and Warren, J. Chem. Phys. 107, 4423 (1997).
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
    keep_trajectory: bool = False
    keep_counts: bool = False
    viscosity: bool = False

    def __post_init__(self) -> None:
        for name in ("mass_Da", "density_per_nm3", "temperature_K"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive and finite, found {getattr(self, name)!r}")
        if not (np.isfinite(self.friction_per_ps) and self.friction_per_ps >= 0):
            raise ValueError(f"friction_per_ps must be zero or positive, found {self.friction_per_ps!r}")
        if self.thermostat not in FRICTIONAL and self.friction_per_ps > 0:
            raise ValueError(f"friction needs the langevin or the dpd thermostat, found {self.thermostat!r}")

    @cached_property
    def timestep_fs(self) -> float:
        """Time step in fs, of the potential's stiffness; with friction at most `LARGEST_FRICTION_STEP`/gamma, gamma that of a bead."""
        options = self.options
        step = self.potential.timestep_fs(self.mass_Da, self.temperature_K, options.steps_per_period, options.maximum_timestep_fs)
        return min(step, 1000 * LARGEST_FRICTION_STEP / self.bead_friction_per_ps) if self.friction_per_ps > 0 else step

    @property
    def bead_friction_per_ps(self) -> float:
        """Friction in 1/ps that a single bead feels: with dpd gamma/3 times the sum of w2 over neighbours of even density, 4 pi rho rc3/90
        gamma.
        """
        if self.thermostat != "dpd":
            return self.friction_per_ps
        return self.friction_per_ps * 4 * np.pi / 90 * self.density_per_nm3 * self.potential.cutoff_nm**3

    @property
    def step_ps(self) -> float:
        """Time step in ps."""
        return self.timestep_fs / 1000

    @property
    def stride(self) -> int:
        """Steps between two frames."""
        return max(1, round(self.options.sample_interval_ps / self.step_ps))

    @property
    def frames(self) -> int:
        """Frames of the production run."""
        return max(2, round(self.options.production_ps / (self.stride * self.step_ps)))

    @property
    def interval_ps(self) -> float:
        """Time between two frames in ps."""
        return self.stride * self.step_ps

    @property
    def stress_stride(self) -> int:
        """Steps between two records of the stress, zero for none: only a thermostat that leaves pairs of beads alone has a viscosity that
        the stress of their forces tells. With langevin friction there is no flow, with dpd the friction's own stress is missing.
        """
        if not self.viscosity or self.thermostat in FRICTIONAL:
            return 0
        return max(1, round(STRESS_INTERVAL * ReducedUnits(self.mass_Da, self.temperature_K, self.density_per_nm3).time_ps / self.step_ps))

    @property
    def equilibration_steps(self) -> int:
        """Steps before the production run."""
        return max(1, round(self.options.equilibration_ps / self.step_ps))

    def check(self) -> None:
        """Raise PhysicalFailure for a core that attracts, ValueError for a box of less than twice the cutoff or a wrong start."""
        first, potential = self.potential.r_nm[0], self.potential
        if (force := float(potential.force(first))) < 0:
            raise PhysicalFailure(
                Outcome.UNUSABLE_POTENTIAL,
                f"the core attracts: at the table's first point, {first:.3f} nm, the force is {force:.3g} kJ/mol/nm",
            )
        if self.potential.cutoff_nm > self.box_nm / 2:
            raise ValueError(
                f"the cutoff {self.potential.cutoff_nm:.4g} nm is more than half the box of {self.box_nm:.4g} nm: "
                f"use more than {self.options.beads} beads"
            )
        if self.start_nm is not None and (self.start_nm.shape != (self.options.beads, 3) or not np.all(np.isfinite(self.start_nm))):
            raise ValueError(f"start_nm must be {self.options.beads} finite positions, found shape {self.start_nm.shape}")

    @property
    def box_nm(self) -> float:
        """Edge of the cubic box in nm."""
        return float((self.options.beads / self.density_per_nm3) ** (1 / 3))


@dataclass(frozen=True)
class RunResult:
    """What a run gave. Where the outcome is not OK, `reason` says why and measured values may be missing (None).

    pair_counts: (frames, bins) pairs by distance in each frame, where `keep_counts` asked for them.
    stop_reason and production_ps: why and after how long a run ended that was to go on until D is good enough (see `run_until`).
    """

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
    steps: int = 0
    trajectory: Trajectory | None = field(default=None, repr=False)
    pair_counts: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    viscosity_mPa_s: Estimate | None = None
    diffusion_infinite: Estimate | None = None
    stop_reason: str = ""
    production_ps: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the run ended as a liquid with everything measured."""
        return self.outcome is Outcome.OK


def lattice(beads: int, box_nm: float, random: np.random.Generator) -> Array:
    """Start positions in nm, shape (beads, 3): randomly chosen sites of the smallest simple cubic lattice, each slightly displaced."""
    side = int(np.ceil(beads ** (1 / 3) - 1e-9))
    sites = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    chosen = sites[random.permutation(len(sites))[:beads]]
    return np.asarray((chosen + 0.5 + random.uniform(-0.1, 0.1, chosen.shape)) * box_nm / side)


def start_positions(specification: RunSpecification) -> Array:
    """Where the beads of a run begin, in nm, shape (beads, 3): where it says, else on a lattice."""
    if specification.start_nm is not None:
        return specification.start_nm
    return lattice(specification.options.beads, specification.box_nm, generator(specification.seed, "lattice"))


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
