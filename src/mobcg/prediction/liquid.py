"""What a coarse-grained model is wanted for, and the model that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mobcg.engines.specification import RunSpecification
from mobcg.inversion.target import InversionTarget
from mobcg.observables.blocks import Estimate
from mobcg.outcomes import Outcome
from mobcg.potential.pair import PairPotential
from mobcg.units import ReducedUnits


@dataclass(frozen=True)
class WantedLiquid:
    """A liquid's structure and state (and the pressure that it shall have, if any) and its diffusion in nm2/ns."""

    structure: InversionTarget
    diffusion: Estimate

    @property
    def units(self) -> ReducedUnits:
        """Reduced units of the state."""
        state = self.structure
        return ReducedUnits(state.mass_Da, state.temperature_K, state.density_per_nm3)


@dataclass(frozen=True)
class CoarseModel:
    """A bead's potential and friction; where the outcome is not OK, `reason` says why and the potential may be missing."""

    potential: PairPotential | None
    friction_per_ps: float
    outcome: Outcome = Outcome.OK
    reason: str = ""

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
            thermostat="langevin" if self.friction_per_ps > 0 else "global",
            friction_per_ps=self.friction_per_ps,
        )
