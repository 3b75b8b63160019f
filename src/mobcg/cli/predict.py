"""`mobcg predict`: a coarse-grained model with a liquid's structure and diffusion, from the trained model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobcg.cli.common import Out, check_folder, clear_errors
from mobcg.cli.invert import EngineName
from mobcg.cli.state import check_positive, check_state
from mobcg.outcomes import InputError

if TYPE_CHECKING:
    from mobcg.prediction.liquid import WantedLiquid
    from mobcg.prediction.predict import Predicted

LIQUID = "The liquid"
MORE = "Runs that make it better, and tell how good it is"
FORMATS = ("votca", "lammps", "gromacs", "openmm")
PRESSURE_RUNS = 5
"""Runs that a pressure takes where no number was given."""


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
    weight: Annotated[float, typer.Option("--weight", help="Weight of M with --conservative.")] = 1.0,
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
    replicas: Annotated[int, typer.Option("--replicas", min=2, help="Independent runs of --verify.", rich_help_panel=MORE)] = 3,
    beads: Annotated[int, typer.Option("--beads", min=64, help="Beads of a run.", rich_help_panel=MORE)] = 1000,
    engine: Annotated[EngineName, typer.Option("--engine", help="Engine of the runs.", rich_help_panel=MORE)] = EngineName.AUTO,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.", rich_help_panel=MORE)] = 1,
    diffusion_error: Annotated[
        float, typer.Option("--diffusion-error", help="Standard error of --diffusion, nm2/ns.", rich_help_panel=LIQUID)
    ] = 0.0,
    exports: Annotated[bool, typer.Option("--exports/--no-exports", help="Files for VOTCA, LAMMPS, GROMACS and OpenMM.")] = True,
    figure: Annotated[bool, typer.Option("--figure/--no-figure", help="A picture, prediction.png.")] = True,
) -> None:
    """Give a liquid's coarse-grained model: potential.csv, friction, confidence (summary.json), files for other programs, a figure.

    Example: mobcg predict --rdf rdf.csv --mass 86.18 --diffusion 2.74 --density 4.63 --temperature 298.15 --refine 3 --verify --out model
    """
    from mobcg.engines.registry import get_engine
    from mobcg.files import write_csv, write_summary
    from mobcg.inversion.target import InversionTarget
    from mobcg.learning.flagship import FlagshipModel
    from mobcg.logs import log_to_console
    from mobcg.observables.blocks import Estimate
    from mobcg.observables.rdf import read_rdf
    from mobcg.prediction.conservative import predict_conservative, refine_conservative
    from mobcg.prediction.liquid import WantedLiquid
    from mobcg.prediction.predict import predict as find_model
    from mobcg.prediction.predict import refined, verified
    from mobcg.prediction.refine import HISTORY, RefinementOptions
    from mobcg.prediction.shipped import find_mobility, find_trained

    log_to_console()
    with clear_errors():
        check_folder(out)
        check_state(mass, density, temperature)
        check_positive("--diffusion", diffusion)
        check_positive("--diffusion-error", diffusion_error, allow_zero=True)
        started = time.perf_counter()
        trained = find_trained(model)
        wanted = WantedLiquid(InversionTarget(read_rdf(rdf), density, temperature, mass, pressure), Estimate(diffusion, diffusion_error))
        runs = refine if refine is not None else PRESSURE_RUNS if pressure is not None else 0
        if pressure is not None and runs == 0:
            raise InputError("--pressure needs runs that measure it: leave --refine away, or give it 1 or more")
        options = RefinementOptions(beads=beads)
        simulator = get_engine(engine.value)
        if conservative:
            check_positive("--weight", weight)
            if pressure is not None or not isinstance(trained, FlagshipModel):
                raise InputError("--conservative: needs a flagship model, and goes without --pressure")
            if runs:
                found = refine_conservative(wanted, trained, simulator, options, runs, weight, seed)
            else:
                found, _ = predict_conservative(wanted, trained, weight)
        else:
            found = find_model(wanted, trained)
            if runs:
                found = refined(wanted, found, find_mobility(trained), simulator, options, runs, seed)
        if verify:
            found = verified(wanted, found, simulator, options, replicas, seed)
        values = _values(wanted, found, model) | {"conservative": conservative, "wall_s": time.perf_counter() - started}
        _write(out, found)
        write_csv(out / "history.csv", found.history.reindex(columns=list(HISTORY)))
        if exports and found.model.potential is not None:
            _export(out, wanted, found)
        if figure:
            from mobcg.report.figures.prediction import prediction_figure

            prediction_figure(out / "prediction.png", wanted, found)
        settings = [str(rdf), mass, diffusion, density, temperature, pressure, model, runs, verify, replicas, beads, conservative, weight]
        write_summary(out / "summary.json", seed, settings, values)
    for line in _lines(values):
        typer.echo(line)
    typer.echo(f"results in {out}")


def _values(wanted: WantedLiquid, found: Predicted, model: str) -> dict[str, Any]:
    said, checked = found.prediction, found.verification
    state = wanted.structure
    outcome, reason = found.model.outcome, found.model.reason
    if checked is not None:
        outcome, reason = checked.outcome, checked.reason
    values: dict[str, Any] = {
        "outcome": str(outcome),
        "reason": reason,
        "model": model,
        "friction_per_ps": found.model.friction_per_ps,
        "friction_error_per_ps": None if said is None else said.friction_error_per_ps,
        "in_domain": said is not None and said.in_domain,
        "domain_distance": None if said is None else said.domain_distance,
        "notes": [reason] if said is None else list(said.notes),
        "faster_than_possible": said is not None and said.faster_than_possible,
        "target_diffusion_nm2_per_ns": wanted.diffusion.value,
        "expected_diffusion_nm2_per_ns": None if said is None else said.diffusion_nm2_per_ns,
        "expected_diffusion_error_nm2_per_ns": None if said is None else said.diffusion_error_nm2_per_ns,
        "conservative_diffusion_nm2_per_ns": None if said is None else said.conservative_diffusion_nm2_per_ns,
        "mass_Da": state.mass_Da,
        "density_per_nm3": state.density_per_nm3,
        "temperature_K": state.temperature_K,
        "target_pressure_bar": state.pressure_bar,
        "cutoff_nm": None if found.model.potential is None else found.model.potential.cutoff_nm,
        "updates": len(found.history),
    }
    values |= dict.fromkeys(("structure_error", "mobility_error", "pressure_bar"))
    values |= {name: values[f"expected_{name}"] for name in ("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns")}
    if checked is not None:
        values |= _pair("structure_error", "structure_error_error", checked.structure_error)
        values |= _pair("mobility_error", "mobility_error_error", checked.mobility_error)
        values |= _pair("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns", checked.diffusion)
        values |= _pair("pressure_bar", "pressure_error_bar", checked.pressure)
    return values


def _pair(name: str, error_name: str, estimate: Any) -> dict[str, float | None]:
    value, error = (None, None) if estimate is None else estimate
    return {name: value, error_name: error}


def _write(out: Path, found: Predicted) -> None:
    """potential.csv and uncertainty.csv; rdf.csv and msd.csv of the verification."""
    from mobcg.files import write_csv
    from mobcg.potential.pair import write_potential

    write_potential(out / "potential.csv", found.model.potential)
    if found.prediction is not None:
        said = found.prediction
        write_csv(
            out / "uncertainty.csv", {"r_nm": said.r_nm, "u_kj_per_mol": said.u_kj_per_mol, "u_err_kj_per_mol": said.u_error_kj_per_mol}
        )
    checked = found.verification
    if checked is not None and checked.rdf is not None:
        checked.rdf.write_csv(out / "rdf.csv")
        write_csv(out / "msd.csv", {"time_ps": checked.time_ps, "msd_nm2": checked.msd_nm2})


def _export(out: Path, wanted: WantedLiquid, found: Predicted) -> None:
    from mobcg.cli.export import liquid_of
    from mobcg.interop.writing import Order, write

    state, potential = wanted.structure, found.model.potential
    assert potential is not None
    given: dict[str, float | None] = {"mass": state.mass_Da, "density": state.density_per_nm3, "temperature": state.temperature_K}
    liquid = liquid_of(potential, given, found.model.friction_per_ps, "langevin", 1000)
    for name in FORMATS:
        write(name, Order(potential, out / "exports" / name, liquid, state.temperature_K, "real"))  # type: ignore[arg-type]


def _lines(values: dict[str, Any]) -> list[str]:
    if values["diffusion_nm2_per_ns"] is None and values["outcome"] != "ok":
        return [f"{values['outcome']}: {values['reason']}"]
    lines = [f"friction {values['friction_per_ps']:.4g} +- {values['friction_error_per_ps']:.2g} /ps"]
    if values["structure_error"] is None:
        expected, error = values["expected_diffusion_nm2_per_ns"], values["expected_diffusion_error_nm2_per_ns"]
        lines.append(f"expected: D = {expected:.4g} +- {error:.2g} nm2/ns (wanted {values['target_diffusion_nm2_per_ns']:.4g})")
    elif values["mobility_error"] is not None:
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
