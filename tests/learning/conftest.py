"""A mobility library with known answers: pair liquids solved by the hypernetted-chain equation, diffusion from excess entropy."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.fft import dst
from scipy.optimize import NoConvergence, newton_krylov

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.training import Training, train
from mobcg.units import ReducedUnits

torch.set_num_threads(1)  # matrices this small gain nothing from more

GRID = 0.005 * np.arange(400) + 0.0025


def hypernetted_chain(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """g(x) at unit density of the potential u (kT) on x = step, 2 step, ...: g = exp(-u + h - c) with Ornstein-Zernike h = c + c*h."""
    step = x[0]
    k = np.pi / (step * (len(x) + 1)) * np.arange(1, len(x) + 1)

    def change(gamma: np.ndarray, density: float) -> np.ndarray:
        c = np.exp(np.clip(-u + gamma, -60, 5)) - gamma - 1
        c_k = 2 * np.pi * step * dst(x * c, 1) / k
        return dst(k * density * c_k**2 / (1 - density * c_k), 1) * (k[1] - k[0]) / (4 * np.pi**2) / x - gamma

    gamma = np.zeros_like(x)
    for density in (0.3, 0.6, 0.8, 0.9, 1.0):
        gamma = newton_krylov(partial(change, density=density), gamma, f_tol=1e-4 if density < 1 else 1e-6, maxiter=60)
    return np.exp(np.clip(-u + gamma, -60, 5))


def pair_entropy(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Two-body excess entropy per particle over k, -2 pi int (g ln g - g + 1) x^2 dx, of curves g (rows, points) in reduced units.

    Diffusion of simple liquids follows it closely (Rosenfeld, Phys. Rev. A 15, 2545 (1977); Dzugutov, Nature 381, 137 (1996)).
    """
    safe = np.maximum(g, 1e-10)
    inner = 2 * np.pi * x[0] ** 3 / 3
    return -2 * np.pi * np.trapezoid((g * np.log(safe) - g + 1) * x**2, x, axis=-1) - inner


def diffusion(x: np.ndarray, g: np.ndarray, friction: float) -> float:
    """D* = 1/(3 gamma* + zeta) with zeta = 1.5 exp(-0.8 s2): a known rule of the kind real liquids follow."""
    near = (x > 0.3) & (x < 2.0)
    zeta = 1.5 * np.exp(-0.8 * pair_entropy(x[near], g[near][None])[0])
    return float(1 / (3 * friction + zeta))


def virial_pressure(x: np.ndarray, u: np.ndarray, g: np.ndarray) -> float:
    """P* = 1 - 2 pi/3 int u'(x) g(x) x3 dx at unit density."""
    slope = np.gradient(u, x)
    return float(1 - 2 * np.pi / 3 * np.trapezoid(np.where(g > 1e-8, slope, 0.0) * g * x**3, x))


def library(parents: int, children: int, seed: int = 3, noise: float = 0.005) -> Database:
    """Rows of `parents` potentials, each with `children` runs of random scale, perturbation, mass, temperature, density and friction."""
    random = np.random.default_rng(seed)
    x = 0.0125 * np.arange(1, 512)
    rows: list[dict[str, Any]] = []
    for parent in range(parents):
        size, well, power = random.uniform(0.84, 0.94), random.uniform(0.2, 0.7), random.uniform(8, 14)
        q = power / 6
        form = q / (q - 1) * q ** (1 / (q - 1)) * ((size / x) ** power - (size / x) ** 6)
        density = random.uniform(4.5, 6.5)
        for child in range(children):
            units = ReducedUnits(random.uniform(20, 200), random.choice([298.15, 340.0]), density)
            bump = random.normal(0, 0.1) * np.exp(-(((x - random.uniform(0.95, 1.5)) / 0.15) ** 2))
            cut = 1.5 / units.length_nm
            u = np.where(x < cut, random.uniform(0.6, 1.0) * well * form + bump, 0.0)
            try:
                g = hypernetted_chain(u, x)
            except NoConvergence:
                continue
            friction = 0.0 if child % 4 == 0 else float(np.exp(random.uniform(np.log(0.5), np.log(60))))
            d = diffusion(x, g, friction) * np.exp(random.normal(0, 0.02)) * units.diffusion_nm2_per_ns
            u_r = np.interp(GRID, x * units.length_nm, u) * units.energy_kj_per_mol
            rows.append(
                {
                    "run_id": f"run-{parent:03d}-{child:02d}",
                    "parent": f"liquid-{parent:05d}",
                    "template": "liquid",
                    "outcome": "ok",
                    "mass_Da": units.mass_Da,
                    "temperature_K": units.temperature_K,
                    "density_per_nm3": density,
                    "friction_per_ps": friction * units.friction_per_ps,
                    "diffusion_nm2_per_ns": d,
                    "diffusion_error_nm2_per_ns": 0.02 * d,
                    "pressure_bar": virial_pressure(x, u, g) * units.pressure_bar,
                    "g": np.maximum(
                        np.interp(GRID, x * units.length_nm, g) + np.where(GRID > 0.35, noise * random.normal(size=len(GRID)), 0), 0
                    ),
                    "u_kj_per_mol": np.where(GRID < 1.5, u_r, 0.0),
                    "cutoff_nm": 1.5,
                }
            )
    rows.append({"run_id": "run-failed", "parent": "liquid-00000", "outcome": "crystal"})
    return Database(pd.DataFrame(rows), GRID)


@pytest.fixture(scope="session")
def database() -> Database:
    """45 runs of 9 parents, as many as the demo has."""
    return library(9, 5)


@pytest.fixture(scope="session")
def larger_database() -> Database:
    """160 runs of 40 parents."""
    return library(40, 4, seed=11)


@pytest.fixture(scope="session")
def options() -> LearningOptions:
    """A training of seconds."""
    return LearningOptions(test_fraction=0.25, members=4, epochs=60, x_max=2.0, r_max_nm=1.2, threads=1)


@pytest.fixture(scope="session")
def flagship(database: Database, options: LearningOptions) -> Training:
    return train(database, options, 1, "flagship")


@pytest.fixture(scope="session")
def published(database: Database, options: LearningOptions) -> Training:
    return train(database, options, 1, "published")


@pytest.fixture(scope="session")
def larger(larger_database: Database) -> Training:
    """The flagship on some 27 parents, 13 held out."""
    return train(larger_database, LearningOptions(test_fraction=0.4, x_max=2.0, threads=1), 1, "flagship")
