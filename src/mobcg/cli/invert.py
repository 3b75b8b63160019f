"""`mobcg invert`: the pair potential of a g(r)."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mobcg.cli.common import Out, check_folder, clear_errors
from mobcg.cli.state import check_positive, check_state
from mobcg.outcomes import InputError

STATE = "The liquid (repeat all four for several states of one potential)"
METHOD = "How to invert"


class MethodName(StrEnum):
    """Methods of inversion."""

    IMC = "imc"
    IBI = "ibi"
    DIRECT = "direct"


class EngineName(StrEnum):
    """Engines."""

    AUTO = "auto"
    ENSEMBLE = "ensemble"
    OPENMM = "openmm"


def invert(
    rdf: Annotated[list[Path], typer.Option("--rdf", help="g(r): csv with r_nm,g; VOTCA's or GROMACS' tables too.", rich_help_panel=STATE)],
    density: Annotated[list[float], typer.Option("--density", help="Molecules a nm3.", rich_help_panel=STATE)],
    temperature: Annotated[list[float], typer.Option("--temperature", help="Temperature, K.", rich_help_panel=STATE)],
    mass: Annotated[list[float], typer.Option("--mass", help="Mass of a molecule, Da.", rich_help_panel=STATE)],
    out: Out,
    pressure: Annotated[
        list[float] | None, typer.Option("--pressure", help="Pressure to meet within 50 bar, bar.", rich_help_panel=STATE)
    ] = None,
    weight: Annotated[list[float] | None, typer.Option("--weight", help="Weight of a state, default 1.", rich_help_panel=STATE)] = None,
    method: Annotated[
        MethodName, typer.Option("--method", help="Newton's method, Boltzmann iteration, or -kT ln g.", rich_help_panel=METHOD)
    ] = MethodName.IMC,
    cutoff: Annotated[float, typer.Option("--cutoff", help="End of the potential, nm.", rich_help_panel=METHOD)] = 1.5,
    structure_error: Annotated[
        float, typer.Option("--structure-error", help="S = 1 - R2 of g at which to stop.", rich_help_panel=METHOD)
    ] = 0.001,
    updates: Annotated[int, typer.Option("--updates", help="Most trial potentials.", rich_help_panel=METHOD)] = 15,
    beads: Annotated[int, typer.Option("--beads", help="Beads of a run.", rich_help_panel=METHOD)] = 500,
    update_ps: Annotated[float, typer.Option("--update-ps", help="Length of an update's run, ps.", rich_help_panel=METHOD)] = 60.0,
    final_ps: Annotated[float, typer.Option("--final-ps", help="Length of the last run, ps.", rich_help_panel=METHOD)] = 400.0,
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine of the runs.", rich_help_panel=METHOD)] = EngineName.AUTO,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=METHOD)] = 1,
) -> None:
    """Find the pair potential whose liquid has a given g(r); write potential.csv, history.csv, rdf.csv, msd.csv, summary.json.

    Example: mobcg invert --rdf rdf.csv --density 4.63 --temperature 298.15 --mass 86.18 --out potential --pressure 1
    """
    from mobcg.config import CoarseGrainedOptions, InversionOptions, ObservableOptions
    from mobcg.engines.registry import get_engine
    from mobcg.files import write_summary
    from mobcg.inversion.invert import invert as find_potential
    from mobcg.inversion.results import described_inversion, write_inversion
    from mobcg.inversion.target import InversionTarget
    from mobcg.logs import log_to_console
    from mobcg.observables.rdf import check_rdf, read_rdf

    log_to_console()
    with clear_errors():
        check_folder(out)
        states = len(rdf)
        given = {
            "--density": density,
            "--temperature": temperature,
            "--mass": mass,
            "--pressure": pressure or [0.0] * states,
            "--weight": weight or [1.0] * states,
        }
        for name, repeated in given.items():
            if len(repeated) != states:
                raise InputError(f"{name}: given {len(repeated)} times, --rdf {states} times; each state needs all of them")
        targets = []
        for index, path in enumerate(rdf):
            check_state(mass[index], density[index], temperature[index])
            curve = read_rdf(path)
            check_rdf(curve, density[index], str(path))
            wanted = pressure[index] if pressure else None
            share = weight[index] if weight else 1.0
            check_positive("--weight", share)
            targets.append(InversionTarget(curve, density[index], temperature[index], mass[index], wanted, share))
        check_positive("--final-ps", final_ps)
        options = InversionOptions(
            method=method.value,
            cutoff_nm=cutoff,
            structure_error=structure_error,
            maximum_updates=updates,
            equilibration_ps=10.0,
            production_ps=update_ps,
        )
        runs = CoarseGrainedOptions(
            engine=engine.value, beads=beads, equilibration_ps=20.0, production_ps=final_ps, sample_interval_ps=min(0.2, final_ps / 100)
        )
        observables = ObservableOptions(fit_window_ps=(min(5.0, 0.1 * final_ps), min(20.0, 0.4 * final_ps)))
        started = time.perf_counter()
        result = find_potential(targets, get_engine(engine.value), options, runs, observables, seed)
        write_inversion(out, result)
        values: dict[str, Any] = described_inversion(result) | {
            "method": method.value,
            "density_per_nm3": density[0] if states == 1 else density,
            "temperature_K": temperature[0] if states == 1 else temperature,
            "mass_Da": mass[0] if states == 1 else mass,
            "states": states,
            "wall_s": time.perf_counter() - started,
        }
        settings = [options.physics(), runs.physics(), observables.model_dump(), density, temperature, mass, pressure, weight]
        write_summary(out / "summary.json", seed, settings, values)
    _tell(values, out)


def _tell(values: dict[str, Any], out: Path) -> None:
    typer.echo(
        f"{values['outcome']}{': ' if values['reason'] else ''}{values['reason']} ({values['updates']} trials, {values['wall_s']:.0f} s)"
    )
    if values["structure_error"] is not None and values["pressure_bar"] is not None:
        typer.echo(
            f"S = {values['structure_error']:.5f} ({values['structure_noise']:.5f} of it noise), P = {values['pressure_bar']:.0f} bar, "
            f"D = {values['diffusion_nm2_per_ns']:.3g} +- {values['diffusion_error_nm2_per_ns']:.2g} nm2/ns"
        )
    typer.echo(f"results in {out}")
