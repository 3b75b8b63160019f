"""`mobcg database`: look into, check and join mobility databases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mobcg.cli.common import clear_errors
from mobcg.database import store

database = typer.Typer(help="Look into, check and join mobility databases.", no_args_is_help=True)

DatabaseFile = Annotated[Path, typer.Argument(help="A database: a Parquet file such as results/database/mobility.parquet.")]


@database.command("info")
def database_info(path: DatabaseFile) -> None:
    """What a database holds: rows by outcome, templates, ranges, provenance."""
    with clear_errors():
        typer.echo(store.info_text(path))


@database.command("validate")
def database_validate(path: DatabaseFile) -> None:
    """Check every row against the schema; exit code 1 where something is wrong."""
    problems = store.validate(path)
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{path}: valid")


@database.command("merge")
def database_merge(
    paths: Annotated[list[Path], typer.Argument(help="Databases (Parquet files) of one grid.")],
    out: Annotated[Path, typer.Option("--out", help="The joined database, a new or replaced file.")],
) -> None:
    """Join databases of one grid; a run that stands in several is kept once."""
    with clear_errors():
        merged = store.merge(paths, out)
        typer.echo(f"{out}: {len(merged.frame)} runs")
