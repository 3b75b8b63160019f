"""`mobcg train`: a model from a mobility database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mobcg.cli.common import Out, Told, check_folder, verb


class ModelName(StrEnum):
    """Models."""

    FLAGSHIP = "flagship"
    PUBLISHED = "published"


@verb
def train(
    database: Annotated[Path, typer.Argument(help="A database: a Parquet file such as data/mobility.parquet.")],
    out: Out,
    model: Annotated[ModelName, typer.Option("--model", help="flagship (potential and friction) or published (potential alone).")] = (
        ModelName.FLAGSHIP
    ),
    members: Annotated[int, typer.Option("--members", min=1, help="Networks of the published model, averaged.")] = 5,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes of the published model over the rows.")] = 400,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Processor cores.")] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Seed of all random numbers.")] = 2026,
) -> Told:
    """Train a model; write weights.pt, model.json, metrics.json and curve.csv. `mobcg predict --model FOLDER` uses it.

    Example: mobcg train data/mobility.parquet --out my-model
    """
    from mobcg.config import LearningOptions
    from mobcg.database.information import info
    from mobcg.database.store import read
    from mobcg.files import write_csv, write_summary
    from mobcg.learning.storage import save
    from mobcg.learning.training import train as fit

    check_folder(out)
    options, digest = LearningOptions(members=members, epochs=epochs, threads=threads), info(database)["sha256"]
    training = fit(read(database), options, seed, model.value)
    provenance = {"seed": seed, "options": options.physics(), "database_sha256": digest, "metrics": training.metrics["test"]}
    save(training.model, out, provenance)
    write_csv(out / "curve.csv", training.curve)
    write_summary(out / "metrics.json", seed, {"learning": options.physics(), "database": digest}, training.metrics)
    lines = [f"{name:<28}{value:.4g}" for name, value in training.metrics["test"].items()]
    return Told(training.metrics | {"results": out}, [*lines, f"results in {out}"])
