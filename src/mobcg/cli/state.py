"""What the state of a liquid is called on the command line."""

from __future__ import annotations

STATE = ("--mass", "--density", "--temperature")
"""Options of mass, density and temperature, for messages."""
