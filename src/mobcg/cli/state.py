"""The state of a liquid as options of a command, checked."""

from __future__ import annotations

import math

from mobcg.outcomes import InputError

PLAUSIBLE = {
    "--mass": (1.0, 1e5, "Da of one bead"),
    "--density": (1e-3, 60.0, "beads a nm3 (number density, not g/cm3 or 1/m3; water has 33.4)"),
    "--temperature": (1.0, 1e4, "K"),
}
"""Where values are taken to be in the right unit."""


def check_state(mass_Da: float, density_per_nm3: float, temperature_K: float) -> None:
    """Raise InputError for values that no liquid has: another unit, or not a number."""
    for (name, (low, high, unit)), value in zip(PLAUSIBLE.items(), (mass_Da, density_per_nm3, temperature_K), strict=True):
        if not (math.isfinite(value) and low <= value <= high):
            raise InputError(f"{name}: found {value:g}; expected {low:g} to {high:g}, in {unit}")


def check_positive(name: str, value: float | None, allow_zero: bool = False) -> None:
    """Raise InputError unless the option is a positive number (or zero, where allowed) or was not given."""
    if value is not None and not (math.isfinite(value) and (value > 0 or (allow_zero and value == 0))):
        raise InputError(f"{name}: must be {'zero or ' if allow_zero else ''}positive, found {value:g}")
