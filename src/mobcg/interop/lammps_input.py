"""Input for LAMMPS that runs a liquid of beads with a tabulated potential and its friction."""

from __future__ import annotations

from pathlib import Path

from mobcg.files import write_text
from mobcg.interop.lammps import KEYWORD, unit_style
from mobcg.interop.liquid import Liquid

TABLE_STYLE = "table linear 10000"
"""Linear interpolation in 10000 bins even in r2."""


def pair_lines(table: str, keyword: str = KEYWORD) -> list[str]:
    """The lines that name the potential in any input."""
    return [f"pair_style {TABLE_STYLE}", f"pair_coeff 1 1 {table} {keyword}"]


def write_input(path: Path | str, table: str, cutoff_nm: float, units: str, liquid: Liquid | None) -> None:
    """Write an example input: with a liquid one that runs, else the lines of the potential alone.

    Langevin friction is `fix langevin` with damp = 1/friction; dpd is pair style dpd/tstat, whose gamma is a force over a velocity,
    mass x friction, and whose weight is 1 - r/cutoff. The box is a lattice of the liquid's density, so its beads are a cube number.
    """
    lines = [f"# units {units}", *pair_lines(table)] if liquid is None else _input(table, cutoff_nm, units, liquid)
    write_text(path, "\n".join([*lines, ""]))


def _input(table: str, cutoff_nm: float, units: str, liquid: Liquid) -> list[str]:
    style = unit_style(units)
    sites, constant = liquid.lattice_sites, liquid.lattice_constant_nm / style.length_nm
    bath = f"{liquid.temperature_K:g} {liquid.temperature_K:g}"
    return [
        f"# {sites}^3 beads with the potential of {table}; friction: {liquid.thermostat}, {liquid.friction_per_ps:g} 1/ps",
        f"units {units}",
        "atom_style atomic",
        *(["comm_modify vel yes"] if liquid.thermostat == "dpd" else []),
        f"region box block 0 {sites * constant:.10g} 0 {sites * constant:.10g} 0 {sites * constant:.10g} units box",
        "create_box 1 box",
        f"lattice sc {constant:.10g} origin 0.25 0.25 0.25",
        "create_atoms 1 box",
        f"mass 1 {liquid.mass_Da / style.mass_Da:.10g}",
        *_pair_lines(table, cutoff_nm, units, liquid, bath),
        f"neighbor {0.15 / style.length_nm:g} bin",
        "neigh_modify delay 0 every 1 check yes",
        f"velocity all create {liquid.temperature_K:g} 4711 mom yes dist gaussian",
        f"timestep {liquid.timestep_ps / style.time_ps:.6g}",
        *_motion(units, liquid, bath),
        "thermo 1000",
        "thermo_style custom step temp pe press",
        "run 10000",
    ]


def _pair_lines(table: str, cutoff_nm: float, units: str, liquid: Liquid, bath: str) -> list[str]:
    if liquid.thermostat != "dpd":
        return pair_lines(table)
    style = unit_style(units)
    return [
        f"pair_style hybrid/overlay {TABLE_STYLE} dpd/tstat {bath} {cutoff_nm / style.length_nm:.10g} 4712",
        f"pair_coeff 1 1 table {table} {KEYWORD}",
        f"pair_coeff 1 1 dpd/tstat {style.pair_friction(liquid.mass_Da, liquid.friction_per_ps):.10g}",
    ]


def _motion(units: str, liquid: Liquid, bath: str) -> list[str]:
    style = unit_style(units)
    if liquid.thermostat == "global":
        return [f"fix move all nvt temp {bath} {liquid.thermostat_time_ps / style.time_ps:g}"]
    if liquid.thermostat == "langevin":
        return ["fix move all nve", f"fix friction all langevin {bath} {1 / (liquid.friction_per_ps * style.time_ps):.10g} 4712"]
    return ["fix move all nve"]
