"""A short run of a few molecules: whether a new liquid can be packed, minimised and moved at all."""

from __future__ import annotations

import math
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

from mobcg.atomistic.run import simulate
from mobcg.config import AtomisticOptions
from mobcg.forcefield.molecule import Molecule
from mobcg.outcomes import Outcome

OPTIONS = AtomisticOptions(
    molecules=40,
    cutoff_nm=0.6,
    electrostatics="reaction-field",
    hydrogen_mass_Da=2.0,
    steps_per_period=6,
    npt_ps=4.0,
    nvt_ps=1.0,
    production_ps=2.0,
    sample_interval_ps=0.1,
    checkpoint_ps=2.0,
)
"""Too small and short for a density to be taken from it, long enough for what is wrong with a molecule to show."""


@dataclass(frozen=True)
class Trial:
    """How the run ended and after which time; density and potential energy of a molecule at its end, None where it did not come so far."""

    outcome: Outcome
    reason: str
    density_g_per_cm3: float | None
    energy_kj_per_mol: float | None
    wall_s: float

    @property
    def ok(self) -> bool:
        """Whether it ended as a liquid with a finite density and energy."""
        numbers = (self.density_g_per_cm3, self.energy_kj_per_mol)
        return self.outcome is Outcome.OK and all(number is not None and math.isfinite(number) for number in numbers)

    def values(self) -> dict[str, Any]:
        """For a program."""
        return {**asdict(self), "outcome": str(self.outcome), "ok": self.ok}

    def text(self) -> str:
        """For a person."""
        if not self.ok:
            return f"check run: {self.outcome}: {self.reason or 'density or energy is not finite'}"
        return (
            f"check run: {self.density_g_per_cm3:.2f} g/cm3 and {self.energy_kj_per_mol:.1f} kJ/mol a molecule after "
            f"{OPTIONS.npt_ps:g} ps at constant pressure ({OPTIONS.molecules} molecules, {self.wall_s:.0f} s)"
        )


def trial_run(molecule: Molecule, temperature_K: float, pressure_bar: float, seed: int, options: AtomisticOptions = OPTIONS) -> Trial:
    """Pack, minimise, compress and run `options.molecules` molecules for some ps. What physics ends is an outcome."""
    with tempfile.TemporaryDirectory(prefix="mobcg-check-") as folder:
        run = simulate(molecule, temperature_K, pressure_bar, options, f"{folder}/run", seed)
    energy = None
    if len(run.thermodynamics):
        energy = float(run.thermodynamics["potential_energy_kj_per_mol"].iloc[-1]) / options.molecules
    return Trial(run.outcome, run.reason, run.density_g_per_cm3, energy, run.wall_s)
