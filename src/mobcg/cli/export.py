"""`mobcg export`: the potential and its friction as files for other programs, and tables of other programs as csv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobcg.cli.common import Out, check_folder, clear_errors
from mobcg.outcomes import InputError

if TYPE_CHECKING:
    from mobcg.interop.liquid import Liquid, Thermostat
    from mobcg.interop.reading import Format
    from mobcg.potential.pair import PairPotential

FORMATS = ("csv", "votca", "lammps", "gromacs", "openmm")
THERMOSTATS = ("langevin", "dpd")


def export(
    out: Out,
    to: Annotated[str, typer.Option("--format", help="Format to write: votca, lammps, gromacs, openmm or csv.")],
    potential: Annotated[Path | None, typer.Option("--potential", help="Potential to write: potential.csv, or a table of --from.")] = None,
    rdf: Annotated[Path | None, typer.Option("--rdf", help="A g(r) to write too: rdf.csv, or VOTCA's .dist.tgt with --from votca.")] = None,
    origin: Annotated[str, typer.Option("--from", help="Format of the input: csv, votca, lammps, gromacs or openmm.")] = "csv",
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
) -> None:
    """Write a potential, with its friction, for VOTCA, LAMMPS, GROMACS or OpenMM, or convert their tables to csv."""
    with clear_errors():
        check_folder(out)
        _one_of("--format", to, FORMATS)
        _one_of("--from", origin, FORMATS)
        _one_of("--thermostat", thermostat, THERMOSTATS)
        if potential is None and rdf is None:
            raise InputError("nothing to write: give --potential or --rdf")
        if rdf is not None and to not in ("csv", "votca"):
            raise InputError(f"--rdf: {to} has no format of g(r); csv and votca have")
        state = {"mass": mass, "density": density, "temperature": temperature}
        _check_state(to, state, friction, thermostat)
        from mobcg.files import write_summary
        from mobcg.interop.reading import Source

        values: dict[str, Any] = {"format": to}
        if rdf is not None:
            values |= _write_distribution(to, Source(rdf, origin), out)  # type: ignore[arg-type]
        if potential is not None:
            source = Source(potential, origin, units if origin == "lammps" else None, keyword)  # type: ignore[arg-type]
            table = source.potential()
            liquid = liquid_of(table, state, friction, thermostat, beads)
            values |= _write_potential(to, table, liquid, temperature, out, units or "real")  # type: ignore[arg-type]
        settings = {**state, "friction": friction, "thermostat": thermostat, "beads": beads, "units": units, "from": origin}
        write_summary(out / "summary.json", 0, settings, values)


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{option}: found {value!r}; allowed: {', '.join(allowed)}")


def _check_state(to: str, state: dict[str, float | None], friction: float, thermostat: str) -> None:
    if (temperature := state["temperature"]) is not None and not temperature > 0:
        raise InputError(f"--temperature: must be positive, found {temperature:g}")
    if thermostat == "dpd" and not friction:
        raise InputError("--thermostat dpd needs --friction")
    missing = [f"--{name}" for name, value in state.items() if value is None]
    if not missing:
        return
    if to == "openmm":
        raise InputError(f"--format openmm writes a whole liquid and needs {', '.join(missing)} too")
    if friction:
        raise InputError(f"--friction is written into an input for a whole liquid, which needs {', '.join(missing)} too")


def liquid_of(potential: PairPotential, state: dict[str, float | None], friction: float, thermostat: str, beads: int) -> Liquid | None:
    """The liquid, where its state is known, with the time step that the engines would take."""
    mass, density, temperature = state["mass"], state["density"], state["temperature"]
    if mass is None or density is None or temperature is None:
        return None
    from mobcg.config import CoarseGrainedOptions
    from mobcg.engines.specification import RunSpecification
    from mobcg.interop.liquid import Liquid

    kind: Thermostat = thermostat if friction else "global"  # type: ignore[assignment]
    Liquid(mass, density, temperature, 1.0, beads, kind, friction)  # checks the values
    options = CoarseGrainedOptions()
    run = RunSpecification(potential, mass, density, temperature, 0, kind, friction, options)
    return Liquid(mass, density, temperature, run.step_ps, beads, kind, friction, options.thermostat_time_ps)


def _write_distribution(to: str, source: Any, out: Path) -> dict[str, Any]:
    from mobcg.interop import votca

    rdf = source.distribution()
    path = out / ("bead-bead.dist.tgt" if to == "votca" else "rdf.csv")
    if to == "votca":
        votca.write_distribution(path, rdf)
    else:
        rdf.write_csv(path)
    typer.echo(f"{path}: g(r), {len(rdf.r_nm)} points")
    return {"rdf_points": len(rdf.r_nm)}


def _write_potential(
    to: Format, potential: PairPotential, liquid: Liquid | None, temperature: float | None, out: Path, units: str
) -> dict[str, Any]:
    from mobcg.interop.writing import Order, write

    export = write(to, Order(potential, out, liquid, temperature, units))
    deviation = export.deviation
    typer.echo(f"{export.table}: {len(export.read_back.r_nm)} points to {potential.cutoff_nm:g} nm")
    for line in export.advice:
        typer.echo(line)
    return {
        "cutoff_nm": potential.cutoff_nm,
        "points": len(export.read_back.r_nm),
        "largest_energy_deviation_kj_per_mol": deviation.energy_kj_per_mol,
        "largest_force_deviation_kj_per_mol_nm": deviation.force_kj_per_mol_nm,
        **({} if liquid is None else _state(liquid)),
        **export.values,
    }


def _state(liquid: Liquid) -> dict[str, Any]:
    return {
        "mass_Da": liquid.mass_Da,
        "density_per_nm3": liquid.density_per_nm3,
        "temperature_K": liquid.temperature_K,
        "thermostat": liquid.thermostat,
        "friction_per_ps": liquid.friction_per_ps,
        "timestep_fs": 1000 * liquid.timestep_ps,
    }
