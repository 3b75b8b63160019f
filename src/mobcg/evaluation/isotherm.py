"""The density that a model's liquid takes at a pressure, and its compressibility there, from its isotherm."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from mobcg.engines.specification import Engine, RunSpecification, enough_beads
from mobcg.evaluation.root import LOWEST_ORDER, fitted_root
from mobcg.observables.blocks import Estimate
from mobcg.prediction.liquid import CoarseModel, WantedLiquid
from mobcg.seeds import derived_seed

Array = npt.NDArray[np.float64]
log = logging.getLogger(__name__)

GPA_PER_BAR = 1e-4

HALF_WINDOW = 0.06
"""States within this of the root in ln(density) are fitted."""

SPACING = 0.02
"""Distance in ln(density) of the states of a window."""

WINDOW: Array = SPACING * np.arange(-3.0, 4.0)
"""States around the density wanted and, later, around the root, in ln(density)."""

OUTWARD: Array = HALF_WINDOW * np.arange(1.0, 4.0)
"""States beyond the last ones where none has the pressure."""

LOWEST, HIGHEST = math.log(0.5), math.log(1.5)
"""Densities over the liquid's, in logarithms, between which the pressure is looked for."""

POWER = 4
"""Pressures are fitted in (density)^4: of second order that is exact for a liquid whose modulus rises by 4 or 8 a unit of pressure
(Murnaghan's equation), and most rise so, between 3 and 10.
"""

SIGNIFICANT = 3.0
"""Standard errors from which a fall of the pressure with density is no chance."""


@dataclass(frozen=True)
class IsothermOptions:
    """Lengths of one state's run in ps; blocks: of its pressure, for the error: long ones, since the energy takes 2 ps to forget."""

    equilibration_ps: float = 20.0
    production_ps: float = 100.0
    sample_interval_ps: float = 0.2
    blocks: int = 5

    def plan(self, plan: RunSpecification) -> RunSpecification:
        """The settings of `plan` with these lengths, g to half the box (it tells of holes)."""
        lengths = {name: getattr(self, name) for name in ("equilibration_ps", "production_ps", "sample_interval_ps")}
        options = plan.options.model_copy(update={**lengths, "target_relative_error": None, "maximum_production_ps": None})
        window = (self.production_ps / 20, self.production_ps / 5)
        observables = plan.observables.model_copy(update={"blocks": self.blocks, "fit_window_ps": window})
        return replace(plan, options=options, observables=observables, r_max_nm=None, start_nm=None, keep_counts=False, viscosity=False)


@dataclass(frozen=True)
class Isotherm:
    """Density and compressibility -(dV/dP)/V at the pressure asked for; without them `reason` says why.

    states: number density in 1/nm3 and pressure in bar of each run that ended well, by density; wall_s: what all runs took.
    """

    density_per_nm3: Estimate | None
    compressibility_per_GPa: Estimate | None
    reason: str
    states: tuple[tuple[float, Estimate], ...]
    wall_s: float


def find_density(
    wanted: WantedLiquid,
    model: CoarseModel,
    engine: Engine,
    plan: RunSpecification,
    pressure_bar: float,
    seed: int,
    options: IsothermOptions | None = None,
) -> Isotherm:
    """The density at which the model's liquid has this pressure, from runs at fixed volume around the density of the liquid wanted.

    Where no two of them enclose the pressure, others follow outwards, within `LOWEST` and `HIGHEST`. A polynomial in (density)^4
    through the pressures near the root gives density and compressibility, dln(density)/dP; in the thermodynamic limit they are those of
    a run at constant pressure. The root is that of the densest states between which the pressure rises through the one asked for: the
    liquid's, not the vapour's. Friction changes neither pressure nor density, so every model runs with the global thermostat, which is
    cheaper.
    """
    assert model.potential is not None
    frictionless = replace(model, friction_per_ps=0.0)
    course = _Course(wanted, frictionless, engine, (options or IsothermOptions()).plan(plan), pressure_bar, seed)
    course.run(WINDOW)
    while course.crossing is None:
        outward = course.outward()
        if isinstance(outward, str):
            return course.without(outward)
        course.run(outward)
    if not course.covered:
        course.run(course.root + WINDOW)
    if course.crossing is None or len(course.near) < LOWEST_ORDER + 2:
        return course.without(f"only {len(course.near)} states near {pressure_bar:g} bar ended as a liquid{course.worst}")
    x, pressures, errors = course.near.T
    power, slope = fitted_root(np.expm1(POWER * (x - course.root)) / POWER, pressures, errors, pressure_bar)
    if slope.value < SIGNIFICANT * slope.error:
        return course.without(f"at {pressure_bar:g} bar the pressure does not rise with the density: the liquid is not stable")
    ratio = 1 + POWER * power.value  # (density over that of the chord's root) to this power
    density = wanted.structure.density_per_nm3 * math.exp(course.root) * ratio ** (1 / POWER)
    modulus_GPa = GPA_PER_BAR * slope.value * ratio
    return replace(
        course.without(""),
        density_per_nm3=Estimate(density, density * power.error / ratio),
        compressibility_per_GPa=Estimate(1 / modulus_GPa, slope.error / slope.value / modulus_GPa),
    )


@dataclass
class _Course:
    """The states so far, at x = ln(density over the liquid's)."""

    wanted: WantedLiquid
    model: CoarseModel
    engine: Engine
    plan: RunSpecification
    pressure_bar: float
    seed: int
    tried: list[float] = field(default_factory=list)
    good: list[tuple[float, float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    last_went_well: bool = False
    wall_s: float = 0.0

    def run(self, points: Array) -> None:
        """Run states at these x, all in one batch."""
        densities = self.wanted.structure.density_per_nm3 * np.exp(points)
        reach = self.plan.potential.cutoff_nm
        runs, new = [], []
        runs_options = enough_beads(self.plan.options, float(densities.max()), reach)
        for number, density in enumerate(densities, start=len(self.tried)):
            structure = replace(self.wanted.structure, density_per_nm3=float(density))
            seed = derived_seed(self.seed, "isotherm", number)
            runs.append(self.model.run(replace(self.wanted, structure=structure), seed, replace(self.plan, options=runs_options)))
        for x, result in zip(points, self.engine.run(runs), strict=True):
            self.tried.append(float(x))
            self.wall_s += result.wall_s
            if result.ok and result.pressure_bar is not None:
                new.append((float(x), *result.pressure_bar))
            else:
                self.failures.append(f"{result.outcome}: {result.reason}")
        self.good = sorted(self.good + new)
        self.last_went_well = bool(new)
        log.info("isotherm: %s", ", ".join(f"{p:.0f} +- {e:.0f} bar at {np.exp(x):.3f}" for x, p, e in new))

    @property
    def crossing(self) -> int | None:
        """Index of the densest good state below the pressure whose denser neighbour is above it."""
        below = [state[1] < self.pressure_bar for state in self.good]
        found = [i for i in range(len(below) - 1) if below[i] and not below[i + 1]]
        return found[-1] if found else None

    @property
    def root(self) -> float:
        """Where the chord of the crossing has the pressure."""
        assert self.crossing is not None
        (x, low, _), (right, high, _) = self.good[self.crossing : self.crossing + 2]
        return x + (right - x) * (self.pressure_bar - low) / (high - low)

    @property
    def near(self) -> Array:
        """(states, 3): x, pressure and error of those near the root on the branch where the pressure rises with density."""
        if self.crossing is None:
            return np.empty((0, 3))
        first, last = self.crossing, self.crossing + 1
        while first > 0 and not self._falls(first - 1):
            first -= 1
        while last < len(self.good) - 1 and not self._falls(last):
            last += 1
        return np.array([state for state in self.good[first : last + 1] if abs(state[0] - self.root) < HALF_WINDOW + SPACING / 4])

    @property
    def covered(self) -> bool:
        """Whether there are five states near the root, at least two to each side."""
        left = int(np.sum(self.near[:, 0] < self.root))
        return min(left, len(self.near) - left) >= 2 and len(self.near) >= 5

    @property
    def worst(self) -> str:
        """Why states were left out."""
        return f" ({len(self.failures)} of {len(self.tried)} runs ended badly, the last as {self.failures[-1]})" if self.failures else ""

    def outward(self) -> Array | str:
        """The states to be run next, or why there is no use in any."""
        wanted, density = f"{self.pressure_bar:g} bar", self.wanted.structure.density_per_nm3
        if not self.good:
            return f"no density near {density:.3g} /nm3 is a liquid{self.worst}"
        if self.good[-1][1] < self.pressure_bar:
            points = max(self.tried) + OUTWARD
            if self.last_went_well and points[0] < HIGHEST:
                return np.asarray(points[points < HIGHEST])
            highest = density * np.exp(max(self.tried))
            return f"the pressure is below {wanted} up to {highest:.3g} beads/nm3: no liquid dense enough{self.worst}"
        points = min(self.tried) - OUTWARD
        spinodal = len(self.good) > 1 and self._falls(0)
        if self.last_went_well and not spinodal and points[0] > LOWEST:
            return np.asarray(points[points > LOWEST])
        lowest = density * np.exp(min(self.tried))
        return f"no density down to {lowest:.3g} beads/nm3 has a pressure as low as {wanted}: the liquid boils{self.worst}"

    def without(self, reason: str) -> Isotherm:
        """The states alone."""
        density = self.wanted.structure.density_per_nm3
        states = tuple((float(density * np.exp(x)), Estimate(pressure, error)) for x, pressure, error in self.good)
        return Isotherm(None, None, reason, states, self.wall_s)

    def _falls(self, index: int) -> bool:
        """Whether the pressure falls from a good state to its denser neighbour."""
        (_, low, error), (_, high, other) = self.good[index : index + 2]
        return low - high > SIGNIFICANT * math.hypot(error, other)
