"""Reading a results folder for the report: what is there becomes tables, what is missing or unreadable is stated, nothing raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mobcg.config import Config
from mobcg.outcomes import Outcome
from mobcg.report.reader import Reader, completed
from mobcg.units import BOLTZMANN

ATOMISTIC_NUMBERS = (
    *("temperature_K", "pressure_bar", "density_g_per_cm3", "density_error_g_per_cm3", "density_per_nm3"),
    *("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns", "timestep_fs", "production_ps", "wall_s"),
)
INVERSION_NUMBERS = (
    *("updates", "structure_error", "pressure_bar", "diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns"),
    *("diffusion_AA_nm2_per_ns", "density_per_nm3", "temperature_K", "mass_Da", "wall_s"),
)
EVALUATION_NUMBERS = (
    *("structure_error", "structure_error_err", "mobility_error", "mobility_error_err", "combined_error", "combined_error_err"),
    *("diffusion_nm2_per_ns", "diffusion_error_nm2_per_ns", "diffusion_AA_nm2_per_ns", "diffusion_AA_error_nm2_per_ns"),
    *("pressure_bar", "pressure_error_bar", "mass_Da", "friction_per_ps", "beads", "wall_s", "box_nm", "box_AA_nm"),
    *("density_at_pressure_g_per_cm3", "density_at_pressure_error_g_per_cm3", "density_AA_g_per_cm3"),
    *("compressibility_per_GPa", "compressibility_error_per_GPa", "compressibility_AA_per_GPa", "compressibility_AA_error_per_GPa"),
    *("velocity_error", "velocity_error_err", "msd_ratio_1ps", "msd_ratio_5ps", "msd_ratio_20ps", "cost_core_s"),
)
DATABASE_TEXT = ("run_id", "parent", "template", "outcome", "reason")
DATABASE_NUMBERS = ("mass_Da", "temperature_K", "density_per_nm3", "friction_per_ps", "diffusion_nm2_per_ns", "scale", "wall_s")
EVALUATION_TABLES = {
    "rdf.csv": ("method", "r_nm", "g"),
    "potential.csv": ("method", "r_nm", "u_kj_per_mol"),
    "msd.csv": ("method", "time_ps", "msd_nm2"),
    "vacf.csv": ("method", "time_ps", "vacf_nm2_per_ps2"),
}
LATER_TABLES = ("vacf.csv",)
"""Not in results of former versions, nor where the atomistic run has no finely sampled stretch."""


LOSS_COLUMNS = ("epoch", "train_loss", "test_loss")
ERROR_COLUMNS = ("parents", "rows", "u_rmse_kT", "log_diffusion_rmse", "log_diffusion_noise")
"""A network's learning curve, loss against epoch, and the flagship's, error against the size of the database."""


@dataclass(frozen=True)
class LearnedModel:
    """What training left behind: flattened metrics, the learning curve and, where written, predicted against true values."""

    metrics: dict[str, Any]
    curve: pd.DataFrame
    parity: pd.DataFrame


@dataclass(frozen=True)
class Results:
    """One campaign's results; tables may be empty, `missing` says in sentences what could not be read.

    `draws`, `atomistic` and `inversion` have one row per sample, `database` one per library run (with reduced columns
    diffusion_reduced = D rho^(1/3) sqrt(m/kT) and friction_reduced = gamma sqrt(m/kT) rho^(-1/3)), `evaluation` one per liquid and method.
    """

    folder: Path
    draws: pd.DataFrame
    atomistic: pd.DataFrame
    inversion: pd.DataFrame
    database: pd.DataFrame
    evaluation: pd.DataFrame
    evaluation_curves: dict[str, dict[str, pd.DataFrame]]
    learning: dict[str, LearnedModel]
    planned_library_runs: int | None
    settings: dict[str, Any]
    hashes: dict[tuple[str, str], int] = field(default_factory=dict)
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    others: dict[str, int] = field(default_factory=dict)
    """Results that lie in the folder but are not of the config, counted by stage."""

    @property
    def inverted(self) -> pd.DataFrame:
        """The rows of `samples` whose inversion gave a model, converged or not."""
        samples = self.samples
        return samples.loc[samples["cg_outcome"].isin([Outcome.OK, Outcome.NOT_CONVERGED])].sort_values("sample")

    @property
    def samples(self) -> pd.DataFrame:
        """Atomistic rows side by side with the inversion's (columns with the prefix cg_) and `acceleration` = D_CG/D_AA with its error."""
        coarse = self.inversion.add_prefix("cg_").rename(columns={"cg_sample": "sample"})
        both = self.atomistic.merge(coarse, on="sample", how="outer")
        both["acceleration"] = both["cg_diffusion_nm2_per_ns"] / both["diffusion_nm2_per_ns"].fillna(both["cg_diffusion_AA_nm2_per_ns"])
        relative = np.hypot(
            both["cg_diffusion_error_nm2_per_ns"] / both["cg_diffusion_nm2_per_ns"],
            both["diffusion_error_nm2_per_ns"] / both["diffusion_nm2_per_ns"],
        )
        both["acceleration_error"] = both["acceleration"] * relative
        return both

    def curve(self, stage: str, sample: str, name: str, columns: Sequence[str]) -> pd.DataFrame | None:
        """The table `name` of one sample, or None where it is not there, empty, unreadable or without one of `columns`."""
        try:
            table = pd.read_csv(self.folder / stage / sample / name)
        except (OSError, ValueError):
            return None
        return table if len(table) and set(columns) <= set(table.columns) else None


def collect(folder: Path, config: Config | None = None) -> Results:
    """Read what the report shows of the samples and liquids of `config` from the results below `folder`; without a config, all there."""
    reader = Reader(Path(folder))
    settings = reader.json("config.json")
    draws = reader.table("draws.parquet", ("sample", "template"))
    samples = None if config is None else planned(config)
    if samples is not None and len(draws):
        draws = draws[draws["sample"].isin(samples)].reset_index(drop=True)
    atomistic = reader.summaries("atomistic", samples, ATOMISTIC_NUMBERS, ("rdf.csv", "msd.csv"))
    inversion = reader.summaries("inversion", samples, INVERSION_NUMBERS, ("potential.csv", "history.csv", "rdf.csv"))
    evaluation, curves = _evaluation(reader, None if config is None else config.evaluation.liquids)
    plan = reader.table("library/plan.parquet")
    return Results(
        folder=Path(folder),
        draws=draws,
        atomistic=atomistic,
        inversion=inversion,
        database=_database(reader),
        evaluation=evaluation,
        evaluation_curves=curves,
        learning={name: _learned(reader, name) for name in _model_names(Path(folder))},
        planned_library_runs=len(plan) if len(plan) else None,
        settings=settings,
        hashes=reader.hashes,
        versions={name: tuple(sorted(found)) for name, found in sorted(reader.versions.items())},
        missing=tuple(reader.missing),
        others=dict(reader.others),
    )


def planned(config: Config) -> list[str]:
    """Names of the campaign's samples: the templates' parameter sets, then the liquids' own force fields."""
    drawn = [f"{template.liquid}-{index:05d}" for template in config.templates for index in range(template.parameter_sets)]
    return [*drawn, *(f"{liquid}-reference" for liquid in config.evaluation.liquids)]


def _database(reader: Reader) -> pd.DataFrame:
    name = "database/mobility.parquet"
    try:
        import pyarrow.parquet

        present = set(pyarrow.parquet.read_schema(reader.folder / name).names)
        wanted = [column for column in (*DATABASE_TEXT, *DATABASE_NUMBERS) if column in present]
        table = pd.read_parquet(reader.folder / name, columns=wanted)
    except FileNotFoundError:
        reader.missing.append(f"{name} is not there")
        table = pd.DataFrame()
    except (OSError, ValueError) as error:
        reader.missing.append(f"{name} cannot be read: {error}")
        table = pd.DataFrame()
    table = completed(table, DATABASE_TEXT, DATABASE_NUMBERS)
    root = np.sqrt(table["mass_Da"] / (BOLTZMANN * table["temperature_K"]))
    length = table["density_per_nm3"] ** (-1 / 3)
    table["diffusion_reduced"] = table["diffusion_nm2_per_ns"] * 1e-3 * root / length
    table["friction_reduced"] = table["friction_per_ps"] * root * length
    return table


def _evaluation(reader: Reader, liquids: Sequence[str] | None) -> tuple[pd.DataFrame, dict[str, dict[str, pd.DataFrame]]]:
    present = reader.present("evaluation", "evaluation.csv", liquids)
    tables, curves = [], {}
    for liquid in present if liquids is None else liquids:
        table = reader.table(f"evaluation/{liquid}/evaluation.csv", ("liquid", "method"))
        if table.empty:
            continue
        tables.append(table)
        curves[liquid] = {
            name: reader.table(f"evaluation/{liquid}/{name}", columns, required=name not in LATER_TABLES)
            for name, columns in EVALUATION_TABLES.items()
        }
    frame = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return completed(frame, ("liquid", "method", "outcome", "reason", "notes", "thermostat"), EVALUATION_NUMBERS), curves


def _model_names(folder: Path) -> list[str]:
    found = {path.name for path in (folder / "learning").glob("*") if path.is_dir() and not path.name.startswith(".")}
    return ["published", "flagship", *sorted(found - {"published", "flagship"})]


def _learned(reader: Reader, name: str) -> LearnedModel:
    curve = reader.table(f"learning/{name}/curve.csv", ERROR_COLUMNS if name == "flagship" else LOSS_COLUMNS)
    parity = reader.table(f"learning/{name}/parity.csv", ("quantity", "true", "predicted"), required=False)
    return LearnedModel(metrics=flattened(reader.json(f"learning/{name}/metrics.json")), curve=curve, parity=parity)


def flattened(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as one level, keys joined by dots; lists are left out."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            flat[f"{prefix}{key}"] = value
    return flat
