"""The state that a liquid of beads is run in: what an input for another program needs beside the potential."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mobcg.outcomes import InputError

Thermostat = Literal["global", "langevin", "dpd"]


@dataclass(frozen=True)
class Liquid:
    """Beads of one kind. Friction as in the engines: "langevin" on each bead, "dpd" between beads, -m gamma (1 - r/cutoff)2 (v.e) e;
    "global" has none. Raises InputError for values that are not positive, and for friction without its thermostat or the reverse.
    """

    mass_Da: float
    density_per_nm3: float
    temperature_K: float
    timestep_ps: float
    beads: int = 500
    thermostat: Thermostat = "global"
    friction_per_ps: float = 0.0
    thermostat_time_ps: float = 1.0

    def __post_init__(self) -> None:
        for name in ("mass_Da", "density_per_nm3", "temperature_K", "timestep_ps", "beads", "thermostat_time_ps"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} must be positive and finite, found {value!r}")
        if not (math.isfinite(self.friction_per_ps) and self.friction_per_ps >= 0):
            raise InputError(f"friction_per_ps must be zero or positive, found {self.friction_per_ps!r}")
        if (self.thermostat == "global") != (self.friction_per_ps == 0):
            raise InputError(
                f"the thermostats langevin and dpd need a friction, global has none; "
                f"found {self.thermostat} with {self.friction_per_ps:g} 1/ps"
            )

    @property
    def box_nm(self) -> float:
        """Edge of the cubic box in nm."""
        return float((self.beads / self.density_per_nm3) ** (1 / 3))

    @property
    def lattice_sites(self) -> int:
        """Sites along an edge of the simple cubic lattice that holds about as many beads."""
        return max(1, round(float(self.beads ** (1 / 3))))

    @property
    def lattice_constant_nm(self) -> float:
        """Distance of neighbours on a simple cubic lattice of the liquid's density."""
        return float(self.density_per_nm3 ** (-1 / 3))
