"""`mobcg observe`: g(r), mean squared displacement and D from the trajectory of any engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mobcg.cli.common import Out, Told, check_folder, verb
from mobcg.outcomes import InputError

FILES = "Files to read"
CHOICE = "Which molecules and frames"
MEASURING = "How to measure"


@verb
def observe(
    topology: Annotated[Path, typer.Option("--topology", help="gro, pdb, psf, prmtop, ..., or a LAMMPS data file.", rich_help_panel=FILES)],
    trajectory: Annotated[
        list[Path],
        typer.Option("--trajectory", help="xtc, trr, dcd, nc, LAMMPS dump, ...; several for consecutive parts.", rich_help_panel=FILES),
    ],
    out: Out,
    residue: Annotated[str | None, typer.Option("--residue", help="Residue name of the molecules.", rich_help_panel=CHOICE)] = None,
    molecule_atoms: Annotated[
        int | None, typer.Option("--molecule-atoms", help="Atoms of a molecule, where the topology does not tell.", rich_help_panel=CHOICE)
    ] = None,
    mass: Annotated[
        list[str] | None, typer.Option("--mass", help="Mass in Da: NAME=MASS, or one number for all.", rich_help_panel=CHOICE)
    ] = None,
    masses: Annotated[Path | None, typer.Option("--masses", help="Masses: csv with name,mass_Da.", rich_help_panel=CHOICE)] = None,
    begin: Annotated[float | None, typer.Option("--begin", help="First time, ps.", rich_help_panel=CHOICE)] = None,
    end: Annotated[float | None, typer.Option("--end", help="Last time, ps.", rich_help_panel=CHOICE)] = None,
    stride: Annotated[float | None, typer.Option("--stride", help="Time between the frames used, ps.", rich_help_panel=CHOICE)] = None,
    timestep_ps: Annotated[float | None, typer.Option("--timestep-ps", help="Time step of a LAMMPS run.", rich_help_panel=CHOICE)] = None,
    frame_interval_ps: Annotated[
        float | None, typer.Option("--frame-interval-ps", help="Time between frames, where a file has none.", rich_help_panel=CHOICE)
    ] = None,
    bin_width_nm: Annotated[float, typer.Option("--bin-width-nm", help="Bin width of g(r).", rich_help_panel=MEASURING)] = 0.005,
    fit_window_ps: Annotated[
        tuple[float, float] | None, typer.Option("--fit-window-ps", help="Lags of the fit of D.", rich_help_panel=MEASURING)
    ] = None,
    blocks: Annotated[int, typer.Option("--blocks", help="Blocks of the errors.", rich_help_panel=MEASURING)] = 5,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", help="Temperature, K; --viscosity needs it.", rich_help_panel=MEASURING),
    ] = None,
    viscosity: Annotated[
        float | None, typer.Option("--viscosity", help="Viscosity, mPa s: corrects D for the box size.", rich_help_panel=MEASURING)
    ] = None,
) -> Told:
    """Measure g(r), MSD and D of a one-component liquid; write rdf.csv, msd.csv, summary.json.

    Example: mobcg observe --topology conf.gro --trajectory traj.xtc --begin 20 --temperature 298.15 --out measured
    """
    from mobcg.api.observe import observe as measured

    check_folder(out)
    found = measured(
        topology,
        trajectory,
        residue=residue,
        molecule_atoms=molecule_atoms,
        masses=_masses(mass, masses),
        begin_ps=begin,
        end_ps=end,
        stride_ps=stride,
        timestep_ps=timestep_ps,
        frame_interval_ps=frame_interval_ps,
        bin_width_nm=bin_width_nm,
        fit_window_ps=fit_window_ps,
        blocks=blocks,
        temperature_K=temperature,
        viscosity_mPa_s=viscosity,
    )
    values = found.write(out)
    return Told(values | {"results": out}, [*_lines(values), f"results in {out}"])


def _masses(single: list[str] | None, table: Path | None) -> float | Path | dict[str, float] | None:
    if single and table:
        raise InputError("give --mass or --masses, not both", "leave one of them away")
    if not single:
        return table
    try:
        if len(single) == 1 and "=" not in single[0]:
            return float(single[0])
        pairs = [item.split("=") for item in single]
        return {name: float(value) for name, value in pairs}
    except ValueError as error:
        raise InputError(
            f"--mass: expected a number or NAME=NUMBER, found {' '.join(single)!r}",
            "--mass 72 for all, or --mass CA=15.035 --mass CB=14.027",
        ) from error


def _lines(values: dict[str, Any]) -> list[str]:
    lines = [
        f"{values['molecules']} molecules of {values['molar_mass_Da']:.3f} Da, {values['density_per_nm3']:.4g} /nm3 "
        f"({values['density_g_per_cm3']:.4g} g/cm3); {values['frames']} frames over {values['length_ps']:.6g} ps"
    ]
    if values["diffusion_nm2_per_ns"] is not None:
        lines.append(f"D = {values['diffusion_nm2_per_ns']:.4g} +- {values['diffusion_error_nm2_per_ns']:.2g} nm2/ns")
    if values["infinite_diffusion_nm2_per_ns"] is not None:
        lines.append(f"D without boundaries = {values['infinite_diffusion_nm2_per_ns']:.4g} nm2/ns")
    if values["outcome"] != "ok":
        lines.append(f"outcome: {values['outcome']}: {values['reason']}")
    return [*lines, *(f"advice: {sentence}" for sentence in values["advice"])]
