"""`mobcg export`: the potential and its friction as files for other programs, and tables of other programs as csv."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from mobcg.cli.common import Out, Told, check_folder, verb

THERMOSTATS = ("langevin", "dpd")


def _formats(incomplete: str) -> list[str]:
    """Formats for the shell's completion."""
    from mobcg.api.export import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


@verb
def export(
    out: Out,
    to: Annotated[str, typer.Option("--format", help="Format to write: votca, lammps, gromacs, openmm or csv.", autocompletion=_formats)],
    potential: Annotated[Path | None, typer.Option("--potential", help="Potential to write: potential.csv, or a table of --from.")] = None,
    rdf: Annotated[Path | None, typer.Option("--rdf", help="A g(r) to write too: rdf.csv, or VOTCA's .dist.tgt with --from votca.")] = None,
    origin: Annotated[
        str, typer.Option("--from", help="Format of the input: csv, votca, lammps, gromacs or openmm.", autocompletion=_formats)
    ] = "csv",
    mass: Annotated[float | None, typer.Option("--mass", help="Mass of a bead in Da.")] = None,
    density: Annotated[float | None, typer.Option("--density", help="Beads per nm3.")] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", help="Temperature in K.")] = None,
    friction: Annotated[float, typer.Option("--friction", help="Friction in 1/ps that goes with the potential.")] = 0.0,
    thermostat: Annotated[
        str, typer.Option("--thermostat", help="What the friction acts on: langevin (beads) or dpd (pairs).")
    ] = "langevin",
    beads: Annotated[int, typer.Option("--beads", help="Beads of the example liquid.")] = 1000,
    units: Annotated[str | None, typer.Option("--lammps-units", help="LAMMPS units: real (default), metal or nano.")] = None,
    keyword: Annotated[str | None, typer.Option("--keyword", help="Section of a LAMMPS table to read.")] = None,
) -> Told:
    """Write a potential, with its friction, for VOTCA, LAMMPS, GROMACS or OpenMM, or convert their tables to csv.

    Example: mobcg export --potential potential.csv --format lammps --mass 86 --density 4.6 --temperature 298.15 --friction 5 --out lammps
    """
    from mobcg.api.export import FORMATS, check_order, one_of
    from mobcg.api.export import export as write

    check_folder(out)
    one_of("--format", to, FORMATS)
    one_of("--from", origin, FORMATS)
    one_of("--thermostat", thermostat, THERMOSTATS)
    check_order(to, potential, rdf, {"mass": mass, "density": density, "temperature": temperature}, friction, thermostat)
    written = write(
        potential,
        cast("Any", to),
        out,
        rdf=rdf,
        origin=cast("Any", origin),
        mass_Da=mass,
        density_per_nm3=density,
        temperature_K=temperature,
        friction_per_ps=friction,
        thermostat=cast("Any", thermostat),
        beads=beads,
        lammps_units=units,
        keyword=keyword,
    )
    return Told(written.summary | {"results": out}, written.lines)
