"""The command line: `mobcg --help`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

from mobcg.campaign import Campaign
from mobcg.configfile import read_config
from mobcg.database import store
from mobcg.liquids import available_liquids, load_liquid
from mobcg.outcomes import InputError

app = typer.Typer(help="Coarse-grained molecular models that keep the real dynamics.", no_args_is_help=True, add_completion=True)
database = typer.Typer(help="Look into, check and join mobility databases.", no_args_is_help=True)
app.add_typer(database, name="database")

BAD_INPUT = 2
"""Exit code where the input is at fault; 1 means that a check found problems."""

DEFAULT = Path("config/default.yaml")

Default = Annotated[Path, typer.Option("--default", help="File of the defaults.")]

DatabaseFile = Annotated[Path, typer.Argument(help="A database: a Parquet file such as results/database/mobility.parquet.")]

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the liquids' files.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mobcg {installed_version('mobcg')}")
        raise typer.Exit


@contextmanager
def clear_errors() -> Iterator[None]:
    """Bad input ends the program with its message and exit code 2 instead of a traceback."""
    try:
        yield
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error


@app.callback()
def main(
    _: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)] = False,
) -> None:
    """Coarse-grained molecular models that keep the real dynamics."""


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


@app.command()
def liquids(name: Annotated[str | None, typer.Argument(help="Show this liquid.")] = None, folder: Folder = Path("config/liquids")) -> None:
    """List the liquids, or show one."""
    with clear_errors():
        if name is not None:
            for key, value in load_liquid(name, folder).model_dump(exclude_none=True).items():
                typer.echo(f"{key}: {value}")
            return
        if not folder.is_dir():
            raise InputError(f"there is no directory {folder}; name the folder of the liquids' files by --folder")
        for known in available_liquids(folder):
            liquid = load_liquid(known, folder)
            typer.echo(f"{known:28s}{liquid.smiles or 'own topology':24s}{liquid.temperature_K:g} K  {liquid.pressure_bar:g} bar")


@app.command()
def check(
    configs: Annotated[list[Path], typer.Argument(metavar="CONFIG...", help="Overlay(s) on the defaults, later ones over earlier ones.")],
    default: Default = DEFAULT,
) -> None:
    """Check a campaign's configuration without running anything."""
    with clear_errors():
        plan = Campaign.plan(read_config(default, *configs), ".")
        config = plan.config
        typer.echo(f"{' + '.join(map(str, (default, *configs)))}: valid")
        typer.echo(f"{len(plan.samples)} atomistic samples: {len(plan.drawn)} drawn from {len(config.templates)} template(s), ", nl=False)
        typer.echo(
            f"{len(plan.references)} liquid(s) with their own force field; {config.library.runs} library runs; results in {config.results}"
        )


@app.command()
def report(
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) on config/default.yaml.")],
    out: Annotated[Path | None, typer.Option("--out", help="The page; default: report/index.html among the results.")] = None,
    default: Default = DEFAULT,
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
