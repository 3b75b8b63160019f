"""A potential with its friction as files of other programs, and their tables as csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from mobcg.api.distribution import Distribution, distribution
from mobcg.api.state import check_friction, check_state
from mobcg.choices import FrictionThermostat
from mobcg.config import CoarseGrainedOptions
from mobcg.engines.specification import RunSpecification
from mobcg.files import write_summary
from mobcg.interop import votca
from mobcg.interop.liquid import Liquid, Thermostat
from mobcg.interop.reading import Format, Source
from mobcg.interop.writing import Order, write
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential

FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Exported:
    """What was written: the files' folder, values of its summary.json, and what to do with the files, one sentence each."""

    folder: Path
    summary: dict[str, Any]
    lines: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


def export(
    potential: PairPotential | Path | str | None,
    format: Format,
    folder: Path | str,
    *,
    rdf: Distribution | None = None,
    origin: Format = "csv",
    mass_Da: float | None = None,
    density_per_nm3: float | None = None,
    temperature_K: float | None = None,
    friction_per_ps: float = 0.0,
    thermostat: FrictionThermostat = "langevin",
    beads: int = 1000,
    lammps_units: str | None = None,
    keyword: str | None = None,
) -> Exported:
    """Write a potential, with its friction, for VOTCA, LAMMPS, GROMACS or OpenMM, or convert their tables to csv.

    potential: U(r), or a file of the format `origin`; rdf: a g(r) to write too (csv and votca). With mass, density and temperature inputs
    that run are written, for `beads` beads, with the friction (1/ps) on beads (langevin) or pairs (dpd). lammps_units: real, metal or nano.
    Raises InputError for what the format needs and was not given, and for a potential without a repulsive core.

    >>> import numpy as np
    >>> r = np.linspace(0.3, 1.2, 91)
    >>> soft = PairPotential(r, 60 * np.exp(-(r - 0.3) / 0.05) - 60 * np.exp(-18))
    >>> written = export(soft, "lammps", "lammps", mass_Da=86.0, density_per_nm3=4.6, temperature_K=298.15, friction_per_ps=5.0)
    >>> sorted(path.name for path in written.folder.iterdir()), written.summary["thermostat"]
    (['bead.table', 'liquid.in.example', 'summary.json'], 'langevin')
    """
    state = {"mass": mass_Da, "density": density_per_nm3, "temperature": temperature_K}
    check_order(format, potential, rdf, state, friction_per_ps, thermostat)
    out, values, lines = Path(folder), dict[str, Any](format=format), list[str]()
    if rdf is not None:
        values |= _write_distribution(format, rdf, origin, out, lines)
    if potential is not None:
        table = potential
        if not isinstance(table, PairPotential):
            table = Source(Path(table), origin, lammps_units if origin == "lammps" else None, keyword).potential()
        _check_core(table, format, temperature_K, str(potential) if isinstance(potential, (str, Path)) else "the potential")
        liquid = liquid_of(table, state, friction_per_ps, thermostat, beads)
        values |= _write_potential(format, Order(table, out, liquid, temperature_K, lammps_units or "real"), lines)
    settings = {**state, "friction": friction_per_ps, "thermostat": thermostat, "beads": beads, "units": lammps_units, "from": origin}
    write_summary(out / "summary.json", 0, settings, values)
    return Exported(out, values, tuple(lines), settings)


def check_order(
    format: str,
    potential: object,
    rdf: object,
    state: Mapping[str, float | None],
    friction: float,
    thermostat: str,
) -> None:
    """Raise InputError for a format that does not exist or needs what is missing."""
    one_of("--format", format, FORMATS)
    if potential is None and rdf is None:
        raise InputError("nothing to write: give --potential or --rdf", "--potential potential.csv")
    if rdf is not None and format not in ("csv", "votca"):
        raise InputError(f"--rdf: {format} has no format of g(r); csv and votca have", "--format votca for g(r), or leave --rdf away")
    mass, density, temperature = state["mass"], state["density"], state["temperature"]
    if mass is not None and density is not None and temperature is not None:
        check_state(mass, density, temperature, ("--mass", "--density", "--temperature"))
    elif temperature is not None and not temperature > 0:
        raise InputError(f"--temperature: must be positive, found {temperature:g}", "the temperature in K")
    check_friction(friction, "--friction")
    if thermostat == "dpd" and not friction:
        raise InputError("--thermostat dpd needs --friction", "--friction with the value that was found for it, in 1/ps")
    missing = [f"--{name}" for name, value in state.items() if value is None]
    if missing and format == "openmm":
        raise InputError(f"--format openmm writes a whole liquid and needs {', '.join(missing)} too")
    if missing and friction:
        raise InputError(f"--friction is written into an input for a whole liquid, which needs {', '.join(missing)} too")


def one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise InputError for a value that is not allowed."""
    if value not in allowed:
        raise InputError(f"{option}: found {value!r}; allowed: {', '.join(allowed)}", f"{option} {allowed[0]}, or another of these")


def liquid_of(potential: PairPotential, state: Mapping[str, float | None], friction: float, thermostat: str, beads: int) -> Liquid | None:
    """The liquid, where its state is known, with the time step that the engines would take."""
    mass, density, temperature = state["mass"], state["density"], state["temperature"]
    if mass is None or density is None or temperature is None:
        return None
    kind: Thermostat = thermostat if friction else "global"  # type: ignore[assignment]
    Liquid(mass, density, temperature, 1.0, beads, kind, friction)  # checks the values
    options = CoarseGrainedOptions()
    run = RunSpecification(potential, mass, density, temperature, 0, kind, friction, options)
    return Liquid(mass, density, temperature, run.step_ps, beads, kind, friction, options.thermostat_time_ps)


def _check_core(table: PairPotential, to: str, temperature_K: float | None, name: str) -> None:
    """Raise InputError for a potential that another program would let collapse."""
    if to == "csv":
        return
    try:
        if temperature_K is not None:
            table.check_core(temperature_K)
        elif (force := float(table.force(table.r_nm[0]))) <= 0:
            raise InputError(f"the core does not repel: at its first point, {table.r_nm[0]:.3f} nm, the force is {force:.3g} kJ/mol/nm")
    except InputError as error:
        raise InputError(f"{name}: {error.what}", "a table of U that begins 3 kT above its minimum or higher") from error


def _write_distribution(to: Format, rdf: Distribution, origin: Format, out: Path, lines: list[str]) -> dict[str, Any]:
    curve = Source(Path(rdf), origin).distribution() if isinstance(rdf, (str, Path)) else distribution(rdf)[0]
    path = out / ("bead-bead.dist.tgt" if to == "votca" else "rdf.csv")
    if to == "votca":
        votca.write_distribution(path, curve)
    else:
        curve.write_csv(path)
    lines.append(f"{path}: g(r), {len(curve.r_nm)} points")
    return {"rdf_points": len(curve.r_nm)}


def _write_potential(to: Format, order: Order, lines: list[str]) -> dict[str, Any]:
    written = write(to, order)
    deviation = written.deviation
    lines.append(f"{written.table}: {len(written.read_back.r_nm)} points to {order.potential.cutoff_nm:g} nm")
    lines.extend(written.advice)
    return {
        "cutoff_nm": order.potential.cutoff_nm,
        "points": len(written.read_back.r_nm),
        "largest_energy_deviation_kj_per_mol": deviation.energy_kj_per_mol,
        "largest_force_deviation_kj_per_mol_nm": deviation.force_kj_per_mol_nm,
        **({} if order.liquid is None else _state(order.liquid)),
        **written.values,
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
