"""`mobcg invert`: the pair potential of a g(r)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mobcg.api.state import check_liquid, check_positive, check_pressure
from mobcg.choices import EngineName, InversionMethod, PlatformName
from mobcg.cli.common import Out, Told, check_folder, verb
from mobcg.cli.state import STATE as NAMES
from mobcg.outcomes import InputError

STATE = "The liquid (repeat all four for several states of one potential)"
METHOD = "How to invert"


@verb
def invert(
    rdf: Annotated[list[Path], typer.Option("--rdf", help="g(r): csv with r_nm,g; VOTCA's or GROMACS' tables too.", rich_help_panel=STATE)],
    density: Annotated[list[float], typer.Option("--density", help="Molecules a nm3.", rich_help_panel=STATE)],
    temperature: Annotated[list[float], typer.Option("--temperature", help="Temperature, K.", rich_help_panel=STATE)],
    mass: Annotated[list[float], typer.Option("--mass", help="Mass of a molecule, Da.", rich_help_panel=STATE)],
    out: Out,
    pressure: Annotated[
        list[float] | None, typer.Option("--pressure", help="Pressure to meet within 50 bar, bar.", rich_help_panel=STATE)
    ] = None,
    molecules: Annotated[
        list[int] | None,
        typer.Option("--molecules", min=2, help="Molecules in the box of g(r), normalised as observe does.", rich_help_panel=STATE),
    ] = None,
    weight: Annotated[list[float] | None, typer.Option("--weight", help="Weight of a state, default 1.", rich_help_panel=STATE)] = None,
    method: Annotated[
        InversionMethod, typer.Option("--method", help="Newton's method, Boltzmann iteration, or -kT ln g.", rich_help_panel=METHOD)
    ] = "imc",
    cutoff: Annotated[float, typer.Option("--cutoff", help="End of the potential, nm.", rich_help_panel=METHOD)] = 1.5,
    structure_error: Annotated[
        float, typer.Option("--structure-error", help="S = 1 - R2 of g at which to stop.", rich_help_panel=METHOD)
    ] = 0.001,
    updates: Annotated[int, typer.Option("--updates", help="Most trial potentials.", rich_help_panel=METHOD)] = 15,
    beads: Annotated[int, typer.Option("--beads", help="Beads of a run.", rich_help_panel=METHOD)] = 500,
    update_ps: Annotated[float, typer.Option("--update-ps", help="Length of an update's run, ps.", rich_help_panel=METHOD)] = 60.0,
    final_ps: Annotated[float, typer.Option("--final-ps", help="Length of the last run, ps.", rich_help_panel=METHOD)] = 400.0,
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine of the runs.", rich_help_panel=METHOD)] = "auto",
    platform: Annotated[
        PlatformName, typer.Option("--platform", help="CUDA insists on a GPU, auto takes what is there.", rich_help_panel=METHOD)
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=METHOD)] = 1,
) -> Told:
    """Find the pair potential whose liquid has a given g(r); write potential.csv, history.csv, rdf.csv, msd.csv, summary.json.

    Example: mobcg invert --rdf rdf.csv --density 4.63 --temperature 298.15 --mass 86.18 --out potential --pressure 1
    """
    from mobcg.api.invert import inversion_target, invert_states

    check_folder(out)
    states = len(rdf)
    given: dict[str, list[int] | list[float]] = {
        "--density": density,
        "--temperature": temperature,
        "--mass": mass,
        "--pressure": pressure or [0.0] * states,
        "--weight": weight or [1.0] * states,
        "--molecules": molecules or [2] * states,
    }
    for name, repeated in given.items():
        if len(repeated) != states:
            raise InputError(
                f"{name}: given {len(repeated)} times, --rdf {states} times; each state needs all of them", f"{name} once for each --rdf"
            )
    targets = []
    for index, path in enumerate(rdf):
        check_liquid(mass[index], density[index], temperature[index], NAMES)
        wanted = pressure[index] if pressure else None
        check_pressure(wanted, "--pressure")
        share = weight[index] if weight else 1.0
        check_positive("--weight", share)
        state = (path, mass[index], density[index], temperature[index], wanted, share)
        targets.append(inversion_target(*state, molecules=molecules[index] if molecules else None, beads=beads))
    for name, value in {"--cutoff": cutoff, "--structure-error": structure_error, "--updates": updates, "--beads": beads}.items():
        check_positive(name, value)
    check_positive("--update-ps", update_ps)
    check_positive("--final-ps", final_ps)
    found = invert_states(
        targets,
        method=method,
        cutoff_nm=cutoff,
        structure_error=structure_error,
        updates=updates,
        beads=beads,
        update_ps=update_ps,
        final_ps=final_ps,
        engine=engine,
        platform=platform,
        seed=seed,
    )
    values = found.write(out)
    return Told(values | {"results": out}, [*_lines(values), f"results in {out}"])


def _lines(values: dict[str, Any]) -> list[str]:
    lines = [
        f"{values['outcome']}{': ' if values['reason'] else ''}{values['reason']} ({values['updates']} trials, {values['wall_s']:.0f} s)"
    ]
    if values["structure_error"] is not None and values["pressure_bar"] is not None:
        lines.append(
            f"S = {values['structure_error']:.5f} ({values['structure_noise']:.5f} of it noise), P = {values['pressure_bar']:.0f} bar, "
            f"D = {values['diffusion_nm2_per_ns']:.3g} +- {values['diffusion_error_nm2_per_ns']:.2g} nm2/ns"
        )
    return lines
