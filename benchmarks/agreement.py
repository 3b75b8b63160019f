"""Do engines agree with LAMMPS? g(r), D and pressure of the same liquids, and their differences in units of their errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from benchmarks.bead_liquids import BeadLiquid, lennard_jones_liquid, soft_liquid
from benchmarks.lammps_liquid import run_lammps
from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.registry import get_engine
from mobcg.engines.specification import RunSpecification, Thermostat
from mobcg.observables.blocks import Estimate
from mobcg.observables.rdf import RadialDistribution

Array = npt.NDArray[np.float64]

FRICTION_PER_PS = 5.0
LEAST_G = 0.05
"""Bins with less than this are left out: too few pairs for an error from blocks."""

G_RESOLUTION = 1e-3
"""Least error of a difference in g: time steps of 4 fs move g by about as much."""


@dataclass(frozen=True)
class Measured:
    """What one engine gave: g(r) in coarse bins, D in nm2/ns, pressure in bar (LAMMPS: from its own virial), temperature in K."""

    engine: str
    rdf: RadialDistribution
    diffusion: Estimate
    pressure_bar: Estimate
    temperature_K: Estimate


@dataclass(frozen=True)
class Pulls:
    """Differences over their standard errors: of g, one per bin, of D and of the pressure."""

    g: Array
    diffusion: float
    pressure: float

    @property
    def g_root_mean_square(self) -> float:
        """Near 1 where two engines agree."""
        return float(np.sqrt(np.mean(self.g**2)))


def thermostats() -> tuple[tuple[Thermostat, float], ...]:
    """Thermostats to compare, each with its friction in 1/ps."""
    damped: tuple[Thermostat, ...] = tuple(name for name in get_args(Thermostat) if name in ("langevin", "dpd"))
    return (("global", 0.0), *((name, FRICTION_PER_PS) for name in damped))


def specification(
    liquid: BeadLiquid,
    thermostat: Thermostat = "global",
    friction_per_ps: float = 0.0,
    beads: int = 500,
    production_ps: float = 200.0,
    maximum_timestep_fs: float = 4.0,
    seed: int = 1,
) -> RunSpecification:
    """A run to compare: coarse bins, ten blocks and a short window for D, so that the errors are worth something."""
    options = CoarseGrainedOptions(
        beads=beads,
        platform="CPU",
        steps_per_period=8,
        maximum_timestep_fs=maximum_timestep_fs,
        equilibration_ps=20,
        production_ps=production_ps,
        sample_interval_ps=0.2,
    )
    observables = ObservableOptions(bin_width_nm=0.05, fit_window_ps=(2.0, 6.0), blocks=10)
    return RunSpecification(
        potential=liquid.potential,
        mass_Da=liquid.mass_Da,
        density_per_nm3=liquid.density_per_nm3,
        temperature_K=liquid.temperature_K,
        seed=seed,
        thermostat=thermostat,
        friction_per_ps=friction_per_ps,
        options=options,
        observables=observables,
    )


def run_engine(engine: str, asked: RunSpecification) -> Measured:
    """Run with "lammps" or an engine of the package. Raises RuntimeError where the liquid did not stay one."""
    if engine == "lammps":
        run = run_lammps(asked)
        result, pressure = run.result, run.pressure_bar
    else:
        result = get_engine(engine).run([asked])[0]
        pressure = result.pressure_bar
    if not result.ok or result.rdf is None or result.diffusion is None or pressure is None or result.temperature_K is None:
        raise RuntimeError(f"{engine}: {result.outcome.value}: {result.reason}")
    return Measured(engine, result.rdf, result.diffusion.diffusion, pressure, result.temperature_K)


def pulls(one: Measured, other: Measured) -> Pulls:
    """How far `one` lies above `other`."""
    bins = min(len(one.rdf.g), len(other.rdf.g))
    first, second = one.rdf.g[:bins], other.rdf.g[:bins]
    errors = np.maximum(np.hypot(one.rdf.g_error[:bins], other.rdf.g_error[:bins]), G_RESOLUTION)
    filled = np.minimum(first, second) > LEAST_G
    return Pulls(((first - second) / errors)[filled], _pull(one.diffusion, other.diffusion), _pull(one.pressure_bar, other.pressure_bar))


def _pull(one: Estimate, other: Estimate) -> float:
    return float((one.value - other.value) / np.hypot(one.error, other.error))


def compare(engines: list[str], beads: int, production_ps: float) -> Iterator[str]:
    """Lines of a table, case by case: every engine's values and, against LAMMPS, the pulls."""
    yield (
        f"{'potential':14s} {'thermostat':11s} {'engine':9s} {'D nm2/ns':>17s} {'pull':>5s} {'P bar':>16s} {'pull':>5s} "
        f"{'T K':>14s}   g: largest, pulls' rms and largest"
    )
    soft = soft_liquid()
    cases = [specification(lennard_jones_liquid(), beads=beads, production_ps=production_ps)]
    cases += [specification(soft, name, friction, beads, production_ps) for name, friction in thermostats()]
    for asked, name in zip(cases, [lennard_jones_liquid().name, *[soft.name] * len(cases)], strict=False):
        reference = run_engine("lammps", asked)
        yield _row(name, asked, reference, None)
        for engine in engines:
            measured = run_engine(engine, asked)
            yield _row(name, asked, measured, pulls(measured, reference))


def _row(name: str, asked: RunSpecification, measured: Measured, pull: Pulls | None) -> str:
    def shown(estimate: Estimate, digits: int) -> str:
        return f"{estimate.value:.{digits}f} +- {estimate.error:.{digits}f}"

    friction = f" {asked.friction_per_ps:g}" if asked.friction_per_ps > 0 else ""
    g = f"{measured.rdf.g.max():5.3f}"
    d_pull = p_pull = g_pull = ""
    if pull is not None:
        d_pull, p_pull = f"{pull.diffusion:+.1f}", f"{pull.pressure:+.1f}"
        g_pull = f" {pull.g_root_mean_square:5.2f} {pull.g[np.argmax(np.abs(pull.g))]:+5.1f} ({len(pull.g)} bins)"
    return (
        f"{name:14s} {asked.thermostat + friction:11s} {measured.engine:9s} {shown(measured.diffusion, 3):>17s} {d_pull:>5s} "
        f"{shown(measured.pressure_bar, 1):>16s} {p_pull:>5s} {shown(measured.temperature_K, 2):>14s}   {g}{g_pull}"
    )
