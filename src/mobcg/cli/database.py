"""`mobcg database`: look into, check, join, describe and rerun mobility databases."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobcg.cli.common import DEFAULT, Default, clear_errors
from mobcg.configfile import read_config
from mobcg.database import store
from mobcg.files import write_json, write_text
from mobcg.outcomes import InputError

if TYPE_CHECKING:
    from mobcg.database.rerun import Repetition

database = typer.Typer(help="Look into, check, join, describe and rerun mobility databases.", no_args_is_help=True)

DatabaseFile = Annotated[Path, typer.Argument(help="A database: a Parquet file such as results/database/mobility.parquet.")]


@database.command("info")
def database_info(path: DatabaseFile) -> None:
    """What a database holds: rows by outcome, templates, ranges, provenance, checksum."""
    from mobcg.database.information import info_text

    with clear_errors():
        typer.echo(info_text(path))


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
    from mobcg.database.merging import merge

    with clear_errors():
        merged = merge(paths, out)
        typer.echo(f"{out}: {len(merged.frame)} runs")


@database.command("datasheet")
def database_datasheet(
    path: DatabaseFile,
    out: Annotated[Path, typer.Option("--out", help="The datasheet, a Markdown file.")],
) -> None:
    """Write a database's datasheet from the file itself: what it holds, how it came about, its limits."""
    from mobcg.database.datasheet import datasheet

    with clear_errors():
        write_text(out, datasheet(path))
        typer.echo(f"{out}")


@database.command("rerun")
def database_rerun(
    path: DatabaseFile,
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) of the campaign that the rows come from.")],
    parents: Annotated[
        Path | None, typer.Option("--parents", help="Folder of the campaign's inversions, RESULTS/inversion; synthetic parents need none.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Rows picked at random.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the pick.")] = 1,
    run_id: Annotated[list[str] | None, typer.Option("--run-id", help="A row to rerun instead of random ones; may stand again.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="File for the comparison.")] = None,
    default: Default = DEFAULT,
) -> None:
    """Repeat rows and compare with the stored values; exit code 1 where one disagrees.

    Example: mobcg database rerun data/mobility.parquet --config config/database.yaml --runs 10
    """
    from mobcg.database.rerun import choose, rerun

    with clear_errors():
        if json is not None and json.is_dir():
            raise InputError(f"--json {json} is a folder; name a file")
        settings, table = read_config(default, *config), store.read(path)
        names = run_id or choose(table, settings, parents is not None, runs, seed)
        found = rerun(table, settings, names, parents)
        for line in _table(found):
            typer.echo(line)
        if json is not None:
            write_json(json, {"database": path, "rows": [asdict(item) | {"agrees": item.agrees} for item in found]})
    if not all(item.agrees for item in found):
        raise typer.Exit(1)


def _table(found: list[Repetition]) -> list[str]:
    from mobcg.database.rerun import LARGEST_PULL

    width = max(6, *(len(item.run_id) for item in found))
    lines = [f"{'run_id':<{width}}  {'stored':<18}  {'again':<18}  {'pull of D':>9}  {'pull of g':>9}  comparison"]
    for item in found:
        pulls = f"{_number(item.diffusion_pull, '+.2f')}  {_number(item.g_pull, '.2f')}"
        lines.append(f"{item.run_id:<{width}}  {item.stored_outcome:<18}  {item.outcome:<18}  {pulls}  {_verdict(item)}")
    same, agreeing = sum(item.identical for item in found), sum(item.agrees for item in found)
    lines.append(
        f"{len(found)} repeated, {same} identical, {agreeing} agree (outcome, potential, pull of D within {LARGEST_PULL:g}); "
        "a pull is the difference over its standard error, of g root mean square"
    )
    return lines


def _number(value: float | None, form: str) -> str:
    return f"{'-' if value is None else format(value, form):>9}"


def _verdict(item: Repetition) -> str:
    if item.identical:
        return "identical"
    if item.agrees:
        return "agrees"
    if not item.same_potential:
        return "another potential: other parents or another seed than the row's?"
    return "another outcome" if item.outcome != item.stored_outcome else "another D"
