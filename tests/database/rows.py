"""Rows of a small database, valid but made up."""

from typing import Any

import numpy as np

GRID = np.linspace(0.0025, 0.9975, 200)


def row(name: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "run_id": name,
        "parent": "ethylbenzene-00001",
        "template": "ethylbenzene",
        "outcome": "ok",
        "mass_Da": 100.0,
        "temperature_K": 300.0,
        "density_per_nm3": 5.0,
        "friction_per_ps": 0.0,
        "diffusion_nm2_per_ns": 3.0,
        "diffusion_error_nm2_per_ns": 0.1,
        "g": np.where(GRID > 0.4, 1.0, 0.0),
        "u_kj_per_mol": np.where(GRID > 0.4, 0.0, 50.0),
        "cutoff_nm": 0.9,
        "beads": 500,
        "seed": 7,
    }
    return values | changes


def failed(name: str) -> dict[str, Any]:
    return {
        "run_id": name,
        "parent": "ethylbenzene-00002",
        "template": "ethylbenzene",
        "outcome": "crystal",
        "reason": "it froze",
        "mass_Da": 50.0,
    }
