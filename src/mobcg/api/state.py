"""The state of a liquid, checked for values of another unit."""

from __future__ import annotations

import math

from mobcg.outcomes import InputError
from mobcg.units import mass_density, number_density

NAMES = ("mass_Da", "density_per_nm3", "temperature_K")
"""What mass, density and temperature are called in messages to callers of the library."""

MASS = (1.0, 1e5)
"""Plausible masses of a bead in Da."""

DENSITY = (1e-3, 60.0)
"""Plausible numbers of molecules a nm3; liquid water has 33.4."""

TEMPERATURE = (1.0, 1e4)
"""Plausible temperatures in K."""

COLDEST_K, LIGHT_DA = 85.0, 45.0
"""No liquid of molecules above `LIGHT_DA` is below `COLDEST_K`: propane (44 Da) melts at 85 K. Such a temperature is one in Celsius."""

DIFFUSION = (5e-4, 1e4)
"""Plausible self-diffusion in nm2/ns (1e-9 m2/s): below it a liquid is a glass, or the value is in cm2/s or m2/s."""

VISCOSITY = (0.02, 1e5)
"""Plausible viscosities of a liquid in mPa s; water has 0.89, n-hexane 0.30."""

FRICTION = 1e5
"""Largest plausible friction in 1/ps: a free bead of 50 Da diffuses at 5e-4 nm2/ns with it, as in a glass."""

PRESSURE = 10_000.0
"""Largest plausible pressure of a liquid in bar, either sign."""

GRAMS_A_LITRE = (300.0, 25_000.0)
"""Mass densities of liquids in kg/m3."""

DENSEST = 6.0
"""Largest plausible mass density in g/cm3; diiodomethane has 3.3."""


def check_state(mass_Da: float, density_per_nm3: float, temperature_K: float, names: tuple[str, str, str] = NAMES) -> None:
    """Raise InputError for values that no liquid has (another unit, not a number), with the right value where it can be told."""
    mass, density, temperature = names
    _check(mass, mass_Da, MASS, "Da of one molecule", _mass_advice(mass, mass_Da))
    unit = "molecules a nm3 (number density, not g/cm3 or 1/m3; water has 33.4)"
    _check(density, density_per_nm3, DENSITY, unit, _density_advice(density, density_per_nm3, mass_Da))
    check_temperature(temperature_K, mass_Da, temperature)


def check_liquid(mass_Da: float, density_per_nm3: float, temperature_K: float, names: tuple[str, str, str] = NAMES) -> None:
    """The same for a liquid of molecules with their true mass: raise InputError where mass and density together are too much, too."""
    check_state(mass_Da, density_per_nm3, temperature_K, names)
    found = mass_density(density_per_nm3, mass_Da)
    if found > DENSEST:
        raise InputError(
            f"{names[0]} {mass_Da:g} and {names[1]} {density_per_nm3:g}: {found:.3g} g/cm3; no liquid of molecules has over {DENSEST:g}",
            f"{names[0]} in Da of one molecule, {names[1]} in molecules a nm3",
        )


def check_temperature(temperature_K: float, mass_Da: float = 0.0, temperature: str = "temperature_K") -> None:
    """Raise InputError for a temperature in another unit than K; with the mass of a molecule one in Celsius is told from more of them."""
    _check(temperature, temperature_K, TEMPERATURE, "K", _temperature_advice(temperature, temperature_K))
    if temperature_K < COLDEST_K and mass_Da > LIGHT_DA:
        raise InputError(
            f"{temperature}: found {temperature_K:g} K; molecules of {mass_Da:g} Da are no liquid there",
            f"{temperature} {temperature_K + 273.15:g}, if {temperature_K:g} is in degrees Celsius",
        )


def check_diffusion(value: float, name: str = "diffusion_nm2_per_ns") -> None:
    """Raise InputError for a self-diffusion in another unit than nm2/ns, or that is none."""
    check_positive(name, value)
    if DIFFUSION[0] <= value <= DIFFUSION[1]:
        return
    factors = {1e9: "m2/s", 1e5: "cm2/s", 1e-6: "nm2/ms"}
    fits = [f"{name} {factor * value:.4g}, if {value:g} is in {unit}" for factor, unit in factors.items() if 0.01 <= factor * value <= 300]
    raise InputError(
        f"{name}: found {value:g}; expected {DIFFUSION[0]:g} to {DIFFUSION[1]:g} nm2/ns",
        fits[0] if fits else "D in nm2/ns, which is 1e-9 m2/s or 1e-5 cm2/s",
    )


def check_pressure(value: float | None, name: str = "pressure_bar") -> None:
    """Raise InputError for a pressure in another unit than bar, or that is not a number."""
    if value is None or abs(value) <= PRESSURE:
        return
    raise InputError(
        f"{name}: found {value:g}; expected {-PRESSURE:g} to {PRESSURE:g} bar",
        f"{name} {value / 1e5:.4g}, if {value:g} is in Pa" if math.isfinite(value) else f"{name} 1, an atmosphere, or leave it away",
    )


def check_viscosity(value: float, name: str = "viscosity_mPa_s") -> None:
    """Raise InputError for a viscosity in another unit than mPa s."""
    advice = f"{name} {1000 * value:g}, if {value:g} is in Pa s" if 1e-5 < value < VISCOSITY[0] else "the viscosity in mPa s, which is cP"
    _check(name, value, VISCOSITY, "mPa s (water has 0.89)", advice)


def check_friction(value: float, name: str = "friction_per_ps") -> None:
    """Raise InputError for a friction in another unit than 1/ps, or that is none."""
    check_positive(name, value, allow_zero=True)
    if value > FRICTION:
        factors = {1e-12: "1/s", 1e-3: "1/ns"}
        fits = [
            f"{name} {factor * value:.4g}, if {value:g} is in {unit}" for factor, unit in factors.items() if 0.01 <= factor * value <= 1000
        ]
        raise InputError(f"{name}: found {value:g}; expected 0 to {FRICTION:g}, in 1/ps", fits[0] if fits else "the friction in 1/ps")


def check_positive(name: str, value: float | None, allow_zero: bool = False) -> None:
    """Raise InputError unless the value is a positive number (or zero, where allowed) or None."""
    if value is not None and not (math.isfinite(value) and (value > 0 or (allow_zero and value == 0))):
        raise InputError(f"{name}: must be {'zero or ' if allow_zero else ''}positive, found {value:g}")


def _check(name: str, value: float, allowed: tuple[float, float], unit: str, advice: str) -> None:
    if not (math.isfinite(value) and allowed[0] <= value <= allowed[1]):
        raise InputError(f"{name}: found {value:g}; expected {allowed[0]:g} to {allowed[1]:g}, in {unit}", advice)


def _mass_advice(name: str, value: float) -> str:
    if 0.001 <= value < MASS[0]:
        return f"{name} {1000 * value:g}, if {value:g} is in kg/mol"
    if 1e-27 < value < 1e-20:
        return f"{name} {value / 1.66053906660e-27:.4g}, if {value:g} is in kg"
    return "the molar mass in g/mol, which is the mass of a molecule in Da"


def _density_advice(name: str, value: float, mass_Da: float) -> str:
    if GRAMS_A_LITRE[0] <= value <= GRAMS_A_LITRE[1]:
        return f"{name} {number_density(value / 1000, mass_Da):.4g}, if {value:g} is in kg/m3"
    if 1e24 < value < 1e29:
        return f"{name} {value / 1e27:.4g}, if {value:g} is in 1/m3"
    return f"density in g/cm3 times 602.2 over the molar mass: 1 g/cm3 is {number_density(1.0, mass_Da):.4g} molecules a nm3 here"


def _temperature_advice(name: str, value: float) -> str:
    if -273.15 < value <= TEMPERATURE[0]:
        return f"{name} {value + 273.15:g}, if {value:g} is in degrees Celsius"
    return "the temperature in K"
