"""The command `mobcg`, put together from its verbs."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from mobcg.cli.campaign import check, report
from mobcg.cli.database import database
from mobcg.cli.export import export
from mobcg.cli.invert import invert
from mobcg.cli.liquids import liquids
from mobcg.cli.observe import observe
from mobcg.cli.predict import predict
from mobcg.cli.simulate import simulate
from mobcg.cli.status import status
from mobcg.cli.train import train

app = typer.Typer(help="Coarse-grained molecular models that keep the real dynamics.", no_args_is_help=True, add_completion=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mobcg {installed_version('mobcg')}")
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)] = False,
) -> None:
    """Coarse-grained molecular models that keep the real dynamics."""


for verb in (predict, observe, invert, simulate, export, train, liquids, check, status, report):
    app.command()(verb)
app.add_typer(database, name="database")
