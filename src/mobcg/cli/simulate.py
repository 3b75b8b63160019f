"""`mobcg simulate`: a liquid of beads with a given potential."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mobcg.cli.common import Out, check_folder, clear_errors
from mobcg.cli.invert import EngineName
from mobcg.cli.state import check_positive, check_state
from mobcg.outcomes import InputError

LIQUID = "The liquid"
RUN = "The run"


class ThermostatName(StrEnum):
    """Thermostats."""

    GLOBAL = "global"
    LANGEVIN = "langevin"
    DPD = "dpd"
    NVE = "nve"


def simulate(
    potential: Annotated[Path, typer.Option("--potential", help="csv with r_nm,u_kj_per_mol.", rich_help_panel=LIQUID)],
    mass: Annotated[float, typer.Option("--mass", help="Mass of a bead, Da.", rich_help_panel=LIQUID)],
    density: Annotated[float, typer.Option("--density", help="Beads a nm3.", rich_help_panel=LIQUID)],
    temperature: Annotated[float, typer.Option("--temperature", help="Temperature, K.", rich_help_panel=LIQUID)],
    out: Out,
    friction: Annotated[float, typer.Option("--friction", help="Friction of langevin or dpd, 1/ps.", rich_help_panel=LIQUID)] = 0.0,
    thermostat: Annotated[
        ThermostatName | None, typer.Option("--thermostat", help="Default: langevin with friction, else global.", rich_help_panel=LIQUID)
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
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine.", rich_help_panel=RUN)] = EngineName.AUTO,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=RUN)] = 1,
    rdf: Annotated[
        Path | None, typer.Option("--rdf", help="g(r) to compare with: gives the structure error S.", rich_help_panel=RUN)
    ] = None,
) -> None:
    """Run a liquid of beads; write rdf.csv, msd.csv, summary.json.

    Example: mobcg simulate --potential potential.csv --mass 86.18 --density 4.63 --temperature 298.15 --friction 3 --rdf rdf.csv --out run
    """
    from mobcg.config import CoarseGrainedOptions, ObservableOptions
    from mobcg.engines.registry import get_engine
    from mobcg.engines.results import described, write_curves
    from mobcg.engines.specification import RunSpecification, enough_beads
    from mobcg.engines.until import run_until
    from mobcg.files import write_summary
    from mobcg.inversion.target import InversionTarget, Measurement
    from mobcg.logs import log_to_console
    from mobcg.observables.rdf import check_rdf, read_rdf
    from mobcg.potential.pair import read_potential

    log_to_console()
    with clear_errors():
        check_folder(out)
        check_state(mass, density, temperature)
        check_positive("--friction", friction, allow_zero=True)
        check_positive("--time-ns", time_ns)
        kind = thermostat or (ThermostatName.LANGEVIN if friction > 0 else ThermostatName.GLOBAL)
        if friction > 0 and kind not in (ThermostatName.LANGEVIN, ThermostatName.DPD):
            raise InputError(f"--friction {friction:g} needs --thermostat langevin or dpd, found {kind.value}")
        if maximum_time_ns is not None and diffusion_error is None:
            raise InputError("--maximum-time-ns: needs --diffusion-error, which says how well D shall be known")
        table = read_potential(potential)
        target = None if rdf is None else read_rdf(rdf)
        if target is not None:
            check_rdf(target, density, str(rdf))
        length = 1000 * time_ns
        options = CoarseGrainedOptions(
            engine=engine.value,
            beads=beads,
            equilibration_ps=50.0,
            production_ps=length,
            sample_interval_ps=min(0.2, length / 100),
            target_relative_error=diffusion_error,
            maximum_production_ps=None if diffusion_error is None else 1000 * (maximum_time_ns or 20 * time_ns),
        )
        bins = {} if target is None else {"bin_width_nm": target.bin_width_nm}
        observables = ObservableOptions(fit_window_ps=fit_window_ps or (min(5.0, 0.1 * length), min(20.0, 0.4 * length)), **bins)
        specification = RunSpecification(
            table,
            mass,
            density,
            temperature,
            seed,
            thermostat=kind.value,
            friction_per_ps=friction,
            options=enough_beads(options, density, table.cutoff_nm),
            observables=observables,
            viscosity=viscosity,
        )
        started = time.perf_counter()
        result = run_until(get_engine(engine.value), [specification])[0]
        write_curves(out, result)
        values = {
            "outcome": str(result.outcome),
            "reason": result.reason,
            "structure_error": None,
            **described(result),
            "density_per_nm3": density,
            "mass_Da": mass,
            "target_temperature_K": temperature,
            "friction_per_ps": friction,
            "thermostat": kind.value,
            "beads": specification.options.beads,
            "production_ps": result.production_ps or length,
            "engine": result.engine,
            "advice": [result.diffusion.advice] if result.diffusion and result.diffusion.advice else [],
            "wall_s": time.perf_counter() - started,
        }
        if target is not None and result.ok:
            aim = InversionTarget(target, density, temperature, mass)
            compared = Measurement.of(aim, result)
            values |= {"structure_error": compared.structure_error, "structure_noise": compared.all_noise}
        settings = [
            options.physics(),
            observables.model_dump(),
            table.r_nm,
            table.u_kj_per_mol,
            mass,
            density,
            temperature,
            friction,
            kind.value,
        ]
        write_summary(out / "summary.json", seed, settings, values)
    for line in _lines(values):
        typer.echo(line)
    typer.echo(f"results in {out}")


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
