"""`mobcg simulate`: a liquid of beads with a given potential."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mobcg.api.state import check_friction, check_positive, check_state
from mobcg.choices import EngineName, PlatformName, Thermostat
from mobcg.cli.common import Out, Told, check_folder, verb
from mobcg.cli.state import STATE
from mobcg.outcomes import InputError

LIQUID = "The liquid"
RUN = "The run"


@verb
def simulate(
    potential: Annotated[Path, typer.Option("--potential", help="csv with r_nm,u_kj_per_mol.", rich_help_panel=LIQUID)],
    mass: Annotated[float, typer.Option("--mass", help="Mass of a bead, Da.", rich_help_panel=LIQUID)],
    density: Annotated[float, typer.Option("--density", help="Beads a nm3.", rich_help_panel=LIQUID)],
    temperature: Annotated[float, typer.Option("--temperature", help="Temperature, K.", rich_help_panel=LIQUID)],
    out: Out,
    friction: Annotated[float, typer.Option("--friction", help="Friction of langevin or dpd, 1/ps.", rich_help_panel=LIQUID)] = 0.0,
    thermostat: Annotated[
        Thermostat | None, typer.Option("--thermostat", help="Default: langevin with friction, else global.", rich_help_panel=LIQUID)
    ] = None,
    beads: Annotated[int, typer.Option("--beads", help="Number of beads.", rich_help_panel=RUN)] = 500,
    time_ns: Annotated[float, typer.Option("--time-ns", help="Length of the run, ns.", rich_help_panel=RUN)] = 1.0,
    diffusion_error: Annotated[
        float | None,
        typer.Option("--diffusion-error", help="Go on until D is known so well, such as 0.02 for 2 %.", rich_help_panel=RUN),
    ] = None,
    maximum_time_ns: Annotated[
        float | None,
        typer.Option("--maximum-time-ns", help="With --diffusion-error: the end; default 20 times --time-ns.", rich_help_panel=RUN),
    ] = None,
    fit_window_ps: Annotated[
        tuple[float, float] | None, typer.Option("--fit-window-ps", help="Lags of the fit of D; default 5 20.", rich_help_panel=RUN)
    ] = None,
    viscosity: Annotated[
        bool,
        typer.Option(
            "--viscosity/--no-viscosity", help="Measure it, and D freed of the box's size (ensemble, no friction).", rich_help_panel=RUN
        ),
    ] = True,
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine.", rich_help_panel=RUN)] = "auto",
    platform: Annotated[
        PlatformName, typer.Option("--platform", help="CUDA insists on a GPU, auto takes what is there.", rich_help_panel=RUN)
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=RUN)] = 1,
    rdf: Annotated[
        Path | None, typer.Option("--rdf", help="g(r) to compare with: gives the structure error S.", rich_help_panel=RUN)
    ] = None,
    molecules: Annotated[
        int | None,
        typer.Option("--molecules", min=2, help="Molecules in the box of --rdf, normalised as observe does.", rich_help_panel=RUN),
    ] = None,
) -> Told:
    """Run a liquid of beads; write rdf.csv, msd.csv, summary.json.

    Example: mobcg simulate --potential potential.csv --mass 86.18 --density 4.63 --temperature 298.15 --friction 3 --rdf rdf.csv --out run
    """
    from mobcg.api.simulate import simulate as run

    check_folder(out)
    check_state(mass, density, temperature, STATE)
    check_friction(friction, "--friction")
    check_positive("--time-ns", time_ns)
    if diffusion_error is not None and not 0 < diffusion_error < 1:
        raise InputError(
            f"--diffusion-error: found {diffusion_error:g}; it is a part of D, between 0 and 1", "--diffusion-error 0.02 for 2 %"
        )
    if maximum_time_ns is not None and diffusion_error is None:
        raise InputError(
            "--maximum-time-ns: needs --diffusion-error, which says how well D shall be known", "--diffusion-error 0.02 for 2 %"
        )
    if molecules is not None and rdf is None:
        raise InputError("--molecules: tells the box that --rdf comes from, and there is none", "--rdf too, or leave --molecules away")
    found = run(
        potential,
        mass_Da=mass,
        density_per_nm3=density,
        temperature_K=temperature,
        friction_per_ps=friction,
        thermostat=thermostat,
        beads=beads,
        time_ns=time_ns,
        diffusion_error=diffusion_error,
        maximum_time_ns=maximum_time_ns,
        fit_window_ps=fit_window_ps,
        viscosity=viscosity,
        rdf=rdf,
        molecules=molecules,
        engine=engine,
        platform=platform,
        seed=seed,
    )
    values = found.write(out)
    return Told(values | {"results": out}, [*_lines(values), f"results in {out}"])


def _lines(values: dict[str, Any]) -> list[str]:
    if values["outcome"] != "ok":
        return [f"{values['outcome']}: {values['reason']}"]
    lines = [
        f"D = {values['diffusion_nm2_per_ns']:.4g} +- {values['diffusion_error_nm2_per_ns']:.2g} nm2/ns, "
        f"P = {values['pressure_bar']:.0f} +- {values['pressure_error_bar']:.1g} bar, T = {values['temperature_K']:.1f} K"
    ]
    if values["infinite_diffusion_nm2_per_ns"] is not None:
        lines.append(
            f"viscosity = {values['viscosity_mPa_s']:.3g} +- {values['viscosity_error_mPa_s']:.2g} mPa s, "
            f"D without boundaries = {values['infinite_diffusion_nm2_per_ns']:.4g} nm2/ns"
        )
    if values["structure_error"] is not None:
        lines.append(f"S = {values['structure_error']:.5f} ({values['structure_noise']:.5f} of it noise)")
    return [*lines, *(f"advice: {sentence}" for sentence in values["advice"])]
