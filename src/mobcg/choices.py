"""Values that have names, where config, functions and commands take the same; nothing heavy is imported here."""

from __future__ import annotations

from typing import Literal

EngineName = Literal["auto", "ensemble", "openmm"]
"""Engines of coarse-grained runs; auto: `ensemble`."""

PlatformName = Literal["auto", "CUDA", "OpenCL", "CPU", "Reference"]
"""Where an engine runs."""

InversionMethod = Literal["imc", "ibi", "direct"]
"""Newton's method on inverse Monte Carlo, iterative Boltzmann inversion, or -kT ln g."""

Thermostat = Literal["global", "langevin", "dpd", "nve"]
"""What keeps a coarse-grained run at its temperature."""

FrictionThermostat = Literal["langevin", "dpd"]
"""What makes a friction: beads against a bath, or pairs."""

PRESSURE_RUNS = 5
"""Runs that a prediction's pressure takes where no number was given."""
