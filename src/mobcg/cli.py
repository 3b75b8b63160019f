"""The command line: `mobcg --help`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mobcg.configfile import read_config
from mobcg.database import store
from mobcg.liquids import available_liquids, load_liquid
from mobcg.outcomes import InputError

app = typer.Typer(help="Coarse-grained molecular models that keep the real dynamics.", no_args_is_help=True, add_completion=True)
database = typer.Typer(help="Look into, check and join mobility databases.", no_args_is_help=True)
app.add_typer(database, name="database")

BAD_INPUT = 2
"""Exit code where the input is at fault; 1 means that a check found problems."""

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the liquids' files.")]


@contextmanager
def clear_errors() -> Iterator[None]:
    """Bad input ends the program with its message and exit code 2 instead of a traceback."""
    try:
        yield
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error


@database.command("info")
def database_info(path: Path) -> None:
    """What a database holds: rows by outcome, templates, ranges, provenance."""
    with clear_errors():
        typer.echo(store.info_text(path))


@database.command("validate")
def database_validate(path: Path) -> None:
    """Check every row against the schema; exit code 1 where something is wrong."""
    problems = store.validate(path)
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"{path}: valid")


@database.command("merge")
def database_merge(paths: list[Path], out: Annotated[Path, typer.Option("--out", help="The joined database.")]) -> None:
    """Join databases of one grid; a run that stands in several is kept once."""
    with clear_errors():
        merged = store.merge(paths, out)
        typer.echo(f"{out}: {len(merged.frame)} runs")


@app.command()
def liquids(name: Annotated[str | None, typer.Argument(help="Show this liquid.")] = None, folder: Folder = Path("config/liquids")) -> None:
    """List the liquids, or show one."""
    with clear_errors():
        if name is not None:
            for key, value in load_liquid(name, folder).model_dump(exclude_none=True).items():
                typer.echo(f"{key}: {value}")
            return
        for known in available_liquids(folder):
            liquid = load_liquid(known, folder)
            typer.echo(f"{known:28s}{liquid.smiles or 'own topology':24s}{liquid.temperature_K:g} K  {liquid.pressure_bar:g} bar")


@app.command()
def report(
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) on config/default.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page; default: report/index.html among the results.")] = None,
    default: Annotated[Path, typer.Option(help="File of the defaults.")] = Path("config/default.yaml"),
) -> None:
    """Write the report page of a campaign from the results that are there."""
    from mobcg.report.page import write_report

    with clear_errors():
        checked = read_config(default, *config)
        results = Path(checked.results)
        if not results.is_dir():
            raise InputError(f"{results}: no such folder; run the campaign first: snakemake --configfile {config[-1]}")
        page = out or results / "report" / "index.html"
        write_report(results, checked, page)
        typer.echo(f"{page}")


if __name__ == "__main__":
    app()
