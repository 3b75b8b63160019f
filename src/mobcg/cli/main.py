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
from mobcg.cli.program import Program
from mobcg.cli.simulate import simulate
from mobcg.cli.status import status
from mobcg.cli.train import train

EPILOG = (
    "Exit codes: 0 done, also where physics ended a run (see outcome in the result); 1 a check found problems; 2 bad input; "
    "3 a fault of mobcg; 130 stopped. Every verb has --json (one document on standard output) and --quiet. "
    "Completion of verbs, options and liquids: mobcg --install-completion."
)

app = typer.Typer(
    cls=Program,
    help="Coarse-grained molecular models that keep the real dynamics.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mobcg {installed_version('mobcg')}")
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)] = False,
    __: Annotated[bool, typer.Option("--traceback", help="Show where an error happened, for a report; as MOBCG_TRACEBACK=1 does.")] = False,
) -> None:
    """Coarse-grained molecular models that keep the real dynamics.

    Example: mobcg predict --rdf rdf.csv --mass 86.18 --diffusion 2.74 --density 4.63 --temperature 298.15 --out model
    """


for verb in (predict, observe, invert, simulate, export, train, check, status, report):
    app.command()(verb)
app.add_typer(liquids, name="liquids")
app.add_typer(database, name="database")
