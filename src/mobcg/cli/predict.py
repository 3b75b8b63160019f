"""`mobcg predict`: a coarse-grained model with a liquid's structure and diffusion, from the trained model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobcg.api.state import check_diffusion, check_liquid, check_positive, check_pressure
from mobcg.choices import PRESSURE_RUNS, EngineName
from mobcg.cli.common import Out, Told, check_folder, verb
from mobcg.cli.state import STATE
from mobcg.outcomes import InputError

if TYPE_CHECKING:
    from mobcg.interop.writing import Export

NEAR_KT = 0.02
"""Errors of a potential below this hardly show in g(r)."""

LIQUID = "The liquid"
MORE = "Runs that make it better, and tell how good it is"


@verb
def predict(
    rdf: Annotated[Path, typer.Option("--rdf", help="g(r): csv with r_nm,g; VOTCA's or GROMACS' tables too.", rich_help_panel=LIQUID)],
    mass: Annotated[float, typer.Option("--mass", help="Mass of a molecule, Da.", rich_help_panel=LIQUID)],
    diffusion: Annotated[float, typer.Option("--diffusion", help="Its self-diffusion, nm2/ns (1e-9 m2/s).", rich_help_panel=LIQUID)],
    density: Annotated[float, typer.Option("--density", help="Molecules a nm3.", rich_help_panel=LIQUID)],
    temperature: Annotated[float, typer.Option("--temperature", help="Temperature, K.", rich_help_panel=LIQUID)],
    out: Out,
    model: Annotated[
        str, typer.Option("--model", help="flagship (potential and friction), published (potential alone), or a trained model's folder.")
    ] = "flagship",
    conservative: Annotated[
        bool, typer.Option("--conservative", help="No friction: the potential of the least S + weight M, M = |ln D/D_wanted|.")
    ] = False,
    weight: Annotated[float | None, typer.Option("--weight", help="Weight of M with --conservative, default 1.")] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", min=0, help="Runs that correct potential and friction; 3 are plenty.", rich_help_panel=MORE)
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run the model: S, M, D and pressure with errors.", rich_help_panel=MORE)
    ] = False,
    pressure: Annotated[
        float | None,
        typer.Option("--pressure", help=f"Pressure to meet within 50 bar, bar; takes {PRESSURE_RUNS} runs.", rich_help_panel=MORE),
    ] = None,
    replicas: Annotated[
        int | None, typer.Option("--replicas", min=2, help="Independent runs of --verify, default 3.", rich_help_panel=MORE)
    ] = None,
    beads: Annotated[int, typer.Option("--beads", min=64, help="Beads of a run.", rich_help_panel=MORE)] = 1000,
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine of the runs.", rich_help_panel=MORE)] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=MORE)] = 1,
    diffusion_error: Annotated[
        float,
        typer.Option(
            "--diffusion-error", help="Standard error of --diffusion, nm2/ns: adds to the friction's and M's.", rich_help_panel=LIQUID
        ),
    ] = 0.0,
    molecules: Annotated[
        int | None,
        typer.Option("--molecules", min=2, help="Molecules in the box of g(r), normalised as observe does.", rich_help_panel=LIQUID),
    ] = None,
    exports: Annotated[bool, typer.Option("--exports/--no-exports", help="Files for VOTCA, LAMMPS, GROMACS and OpenMM.")] = True,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="A picture, prediction.png.")] = True,
) -> Told:
    """Give a liquid's coarse-grained model: potential.csv, friction, confidence (summary.json), files for other programs, a figure.

    Example: mobcg predict --rdf rdf.csv --mass 86.18 --diffusion 2.74 --density 4.63 --temperature 298.15 --refine 3 --verify --out model
    """
    from mobcg.api.predict import predict as find_model

    check_folder(out)
    check_liquid(mass, density, temperature, STATE)
    check_diffusion(diffusion, "--diffusion")
    check_positive("--diffusion-error", diffusion_error, allow_zero=True)
    check_pressure(pressure, "--pressure")
    if weight is not None and not conservative:
        raise InputError("--weight: weighs S against M, which only --conservative does", "--conservative too, or leave --weight away")
    if replicas is not None and not verify:
        raise InputError("--replicas: are the runs of --verify, which was not asked for", "--verify too, or leave --replicas away")
    found = find_model(
        rdf,
        mass_Da=mass,
        diffusion_nm2_per_ns=diffusion,
        density_per_nm3=density,
        temperature_K=temperature,
        diffusion_error_nm2_per_ns=diffusion_error,
        molecules=molecules,
        pressure_bar=pressure,
        model=model,
        conservative=conservative,
        weight=1.0 if weight is None else weight,
        refine=refine,
        verify=verify,
        replicas=replicas or 3,
        beads=beads,
        engine=engine,
        seed=seed,
    )
    written = found.write_exports(out / "exports") if exports else {}
    if figure:
        found.draw(out / "prediction.png")
    values = found.write(out)
    return Told(values | {"results": out}, [*_lines(values), *_export_lines(written), f"results in {out}"])


def _export_lines(written: Mapping[str, Export]) -> list[str]:
    """What GROMACS gets in place of the potential, where that is another liquid."""
    fit = written["gromacs"].values["lennard_jones"] if written else None
    if fit is None or fit["rms_error_kT"] < NEAR_KT:
        return []
    return [
        f"exports/gromacs: the nearest Lennard-Jones potential, {fit['rms_error_kT']:.2g} kT (rms) off: another liquid. It runs no tables"
    ]


def _lines(values: dict[str, Any]) -> list[str]:
    if values["diffusion_nm2_per_ns"] is None and values["outcome"] != "ok":
        return [f"{values['outcome']}: {values['reason']}"]
    lines = [f"friction {values['friction_per_ps']:.4g} +- {values['friction_error_per_ps']:.2g} /ps"]
    expected, error = values["expected_diffusion_nm2_per_ns"], values["expected_diffusion_error_nm2_per_ns"]
    if not math.isfinite(expected or math.nan):
        lines = [f"friction {values['friction_per_ps']:.4g} /ps: this model knows the potential alone, D takes --refine and --verify"]
    elif values["structure_error"] is None:
        lines.append(f"expected: D = {expected:.4g} +- {error:.2g} nm2/ns (wanted {values['target_diffusion_nm2_per_ns']:.4g})")
    if values["faster_than_possible"]:
        lines.append(f"D wanted is more than these beads have without friction, {values['conservative_diffusion_nm2_per_ns']:.4g} nm2/ns")
    if values["mobility_error"] is not None:
        lines.append(
            f"measured: S = {values['structure_error']:.5f} +- {values['structure_error_error']:.1g}, "
            f"D = {values['diffusion_nm2_per_ns']:.4g} +- {values['diffusion_error_nm2_per_ns']:.2g} nm2/ns "
            f"(wanted {values['target_diffusion_nm2_per_ns']:.4g}), "
            f"P = {values['pressure_bar']:.0f} +- {values['pressure_error_bar']:.1g} bar"
        )
    if values["outcome"] != "ok":
        lines.append(f"{values['outcome']}: {values['reason']}")
    if not values["in_domain"]:
        lines.append("out of domain, do not trust this without --refine and --verify:")
    return [*lines, *(f"  {note}" for note in values["notes"])]
