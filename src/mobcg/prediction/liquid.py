"""What a coarse-grained model is wanted for, and the model that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mobcg.choices import FrictionThermostat
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.specification import RunSpecification, enough_beads
from mobcg.inversion.target import InversionTarget
from mobcg.learning.flagship import USUAL_PRESSURE_BAR
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import ReducedUnits, thermal_energy

HIGHEST_KT = 30.0
"""Energy in kT where a predicted table begins: no bead goes there, and the engines go on with its slope."""


@dataclass(frozen=True)
class WantedLiquid:
    """A liquid's structure and state (and the pressure that it shall have, if any) and its diffusion in nm2/ns."""

    structure: InversionTarget
    diffusion: Estimate

    @property
    def pressure_bar(self) -> float:
        """The pressure wanted, the usual one where none is."""
        wanted = self.structure.pressure_bar
        return USUAL_PRESSURE_BAR if wanted is None else wanted

    @property
    def with_pressure(self) -> WantedLiquid:
        """The same liquid, with the usual pressure named where none is wanted."""
        return replace(self, structure=replace(self.structure, pressure_bar=self.pressure_bar))

    @property
    def reduced_pressure(self) -> float:
        """P* = P/(rho kT)."""
        return self.pressure_bar / self.units.pressure_bar

    @property
    def highest_kj_per_mol(self) -> float:
        """Energy where a predicted table begins: `HIGHEST_KT` kT."""
        return HIGHEST_KT * thermal_energy(self.structure.temperature_K)

    def plan(self, potential: PairPotential, runs: CoarseGrainedOptions, observables: ObservableOptions) -> RunSpecification:
        """Runs of any potential of this reach in the state wanted, g on the bins of the one wanted and as far; more beads where needed."""
        state = self.structure
        r_max = float(state.rdf.r_nm[-1]) + state.rdf.bin_width_nm / 2
        return RunSpecification(
            potential,
            state.mass_Da,
            state.density_per_nm3,
            state.temperature_K,
            0,
            options=enough_beads(runs, state.density_per_nm3, max(r_max, potential.cutoff_nm)),
            observables=observables.model_copy(update={"bin_width_nm": state.rdf.bin_width_nm}),
            r_max_nm=r_max,
        )

    @property
    def units(self) -> ReducedUnits:
        """Reduced units of the state."""
        state = self.structure
        return ReducedUnits(state.mass_Da, state.temperature_K, state.density_per_nm3)


@dataclass(frozen=True)
class CoarseModel:
    """A bead's potential and friction; where the outcome is not OK, `reason` says why and the potential may be missing.

    thermostat: what makes the friction (see `RunSpecification`); without friction the thermostat is the global one.
    """

    potential: PairPotential | None
    friction_per_ps: float
    outcome: Outcome = Outcome.OK
    reason: str = ""
    thermostat: FrictionThermostat = "langevin"

    def run(self, wanted: WantedLiquid, seed: int, plan: RunSpecification) -> RunSpecification:
        """A run of this model in the state wanted, all else as in `plan`."""
        assert self.potential is not None
        state = wanted.structure
        return replace(
            plan,
            potential=self.potential,
            mass_Da=state.mass_Da,
            density_per_nm3=state.density_per_nm3,
            temperature_K=state.temperature_K,
            seed=seed,
            thermostat=self.thermostat if self.friction_per_ps > 0 else "global",
            friction_per_ps=self.friction_per_ps,
        )
