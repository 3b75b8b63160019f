"""Writing a potential, with the friction that belongs to it, in any of the formats, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobcg.interop import gromacs, gromacs_input, lammps, lammps_input, lennard_jones, openmm_xml, votca
from mobcg.interop.liquid import Liquid
from mobcg.interop.reading import Format, Source
from mobcg.interop.table import Deviation, deviation
from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential


@dataclass(frozen=True)
class Order:
    """What to write where. The temperature alone is enough to judge a Lennard-Jones fit; `units` are those of LAMMPS."""

    potential: PairPotential
    folder: Path
    liquid: Liquid | None = None
    temperature_K: float | None = None
    units: str = "real"


@dataclass(frozen=True)
class Export:
    """What was written: the table's file, the potential read back from it and how far it lies from the given one; what to do with the
    files, in sentences; further values for the summary.
    """

    table: Path
    read_back: PairPotential
    deviation: Deviation
    advice: list[str]
    values: dict[str, Any] = field(default_factory=dict)


def write(to: Format, order: Order) -> Export:
    """Write the files of a format into the order's folder. Raises InputError where the format needs what the order lacks."""
    table, advice, values = _WRITERS[to](order)
    again = Source(table, to).potential()
    return Export(table, again, deviation(order.potential, again), advice, values)


_Result = tuple[Path, list[str], dict[str, Any]]


def _csv(order: Order) -> _Result:
    path = order.folder / "potential.csv"
    order.potential.write_csv(path)
    return path, ["the form that every command of mobcg reads"], {}


def _votca(order: Order) -> _Result:
    path = order.folder / "bead-bead.pot"
    votca.write_potential(path, order.potential)
    return (
        path,
        ["VOTCA: read by csg_resample and `csg_call convert_potential`; friction belongs into the input of the program it drives"],
        {},
    )


def _lammps(order: Order) -> _Result:
    table, script = order.folder / "bead.table", order.folder / "liquid.in.example"
    lammps.write_potential(table, order.potential, order.units)
    lammps_input.write_input(script, table.name, order.potential.cutoff_nm, order.units, order.liquid)
    use = "the lines to put into an input" if order.liquid is None else "an input that runs: lmp -in liquid.in.example, in that folder"
    return table, [f"{script}: {use}"], {"units": order.units}


def _gromacs(order: Order) -> _Result:
    table = order.folder / "table_BEAD_BEAD.xvg"
    gromacs.write_potential(table, order.potential)
    advice = [gromacs.LIMITS]
    if order.temperature_K is None:
        return table, [*advice, "give --temperature to fit the Lennard-Jones potential, the one form that GROMACS still runs"], {}
    try:
        fit = lennard_jones.fit(order.potential, order.temperature_K)
    except InputError as error:
        return table, [*advice, str(error)], {"lennard_jones": None}
    advice.append(
        f"nearest Lennard-Jones potential: sigma {fit.sigma_nm:.5g} nm, epsilon {fit.epsilon_kj_per_mol:.5g} kJ/mol, "
        f"off by {fit.rms_error_kT:.2g} kT (rms) and up to {fit.largest_error_kT:.2g} kT where U < {lennard_jones.ACCESSIBLE_KT:g} kT; "
        "it is not the table"
    )
    if order.liquid is not None and order.liquid.thermostat != "dpd":
        topology, settings, bead = (order.folder / name for name in ("lennard_jones.top", "lennard_jones.mdp", "bead.gro"))
        gromacs_input.write_topology(topology, fit, order.liquid)
        gromacs_input.write_settings(settings, order.potential.cutoff_nm, order.liquid)
        gromacs_input.write_bead(bead, order.liquid)
        advice.append(f"{topology}, {settings.name}, {bead.name}: that fit with its friction, for any GROMACS")
    elif order.liquid is not None:
        advice.append("GROMACS has no friction between pairs (dpd), so no input is written; LAMMPS and OpenMM have it")
    values = {
        "sigma_nm": fit.sigma_nm,
        "epsilon_kj_per_mol": fit.epsilon_kj_per_mol,
        "c6_kj_nm6_per_mol": fit.c6_kj_nm6_per_mol,
        "c12_kj_nm12_per_mol": fit.c12_kj_nm12_per_mol,
        "rms_error_kT": fit.rms_error_kT,
        "largest_error_kT": fit.largest_error_kT,
        "temperature_K": fit.temperature_K,
    }
    return table, advice, {"lennard_jones": values}


def _openmm(order: Order) -> _Result:
    if order.liquid is None:
        raise InputError("OpenMM's System is a whole liquid: its mass, density and temperature are needed")
    system, integrator = order.folder / "system.xml", order.folder / "integrator.xml"
    openmm_xml.write_system(system, order.potential, order.liquid)
    openmm_xml.write_integrator(integrator, order.liquid, order.potential.cutoff_nm)
    return system, [f"{integrator}: carries the friction; load both with openmm.XmlSerializer.deserialize"], {"beads": order.liquid.beads}


_WRITERS: dict[str, Callable[[Order], _Result]] = {
    "csv": _csv,
    "votca": _votca,
    "lammps": _lammps,
    "gromacs": _gromacs,
    "openmm": _openmm,
}
