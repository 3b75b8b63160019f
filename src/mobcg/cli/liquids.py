"""`mobcg liquids`: the liquids that campaigns know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mobcg.cli.common import clear_errors
from mobcg.liquids import available_liquids, load_liquid
from mobcg.outcomes import InputError

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the liquids' files.")]


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
