"""`mobcg liquids`: the liquids that campaigns know; list, show, add."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mobcg.cli.common import AsJson, Quiet, Told, verb

FOLDER = Path("config/liquids")

HELP = """The liquids that campaigns know: list, show, add.

Example: mobcg liquids show benzene
"""

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the liquids' files.")]


class NameOrVerb(TyperGroup):
    """`mobcg liquids benzene` is `mobcg liquids show benzene`; a word much like a verb is a misspelt one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The subcommand of these words, and the rest of them."""
        word = args[0]
        is_name = word not in self.commands and not word.startswith("-")
        if is_name and not difflib.get_close_matches(word, list(self.commands), cutoff=0.7):
            return super().resolve_command(ctx, ["show", *args])
        return super().resolve_command(ctx, args)


liquids = typer.Typer(cls=NameOrVerb, help=HELP, invoke_without_command=True)


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of liquids for the shell's completion."""
    from mobcg.liquids import available_liquids

    return [name for name in available_liquids(ctx.params.get("folder") or FOLDER) if name.startswith(incomplete)]


@verb
def listed(folder: Folder = FOLDER) -> Told:
    """List the liquids with molecule, temperature and pressure.

    Example: mobcg liquids list
    """
    from mobcg.liquids import available_liquids, load_liquid
    from mobcg.outcomes import InputError

    if not folder.is_dir():
        raise InputError(f"there is no directory {folder}", "go to the repository's root, or give --folder")
    found = [load_liquid(name, folder) for name in available_liquids(folder)]
    lines = [f"{each.name:28s}{each.smiles or 'own topology':24s}{each.temperature_K:g} K  {each.pressure_bar:g} bar" for each in found]
    return Told({"folder": folder, "liquids": [each.model_dump(exclude_none=True) for each in found]}, lines)


@verb
def show(name: Annotated[str, typer.Argument(help="The liquid.", autocompletion=_names)], folder: Folder = FOLDER) -> Told:
    """Show one liquid.

    Example: mobcg liquids show benzene
    """
    from mobcg.liquids import load_liquid

    values = load_liquid(name, folder).model_dump(exclude_none=True)
    return Told(values, [f"{key}: {value}" for key, value in values.items()])


@verb
def add(
    name: Annotated[str, typer.Argument(help="Its name: letters, digits, and , . + _ ( ) -")],
    smiles: Annotated[str, typer.Option("--smiles", help="The molecule: an alkane or alkylbenzene.")],
    temperature: Annotated[float, typer.Option("--temperature", help="Temperature, K.")] = 298.15,
    pressure: Annotated[float, typer.Option("--pressure", help="Pressure, bar.")] = 1.01325,
    folder: Folder = FOLDER,
    force: Annotated[bool, typer.Option("--force", help="Replace a liquid of that name.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Also run a few molecules for a few ps: packing, energy, density; some ten seconds.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the check run.")] = 1,
) -> Told:
    """Add a liquid: check that the force field covers the molecule, write its file.

    Example: mobcg liquids add 2-methylpentane --smiles "CC(C)CCC" --check
    """
    from mobcg.liquids import new_liquid, write_liquid

    liquid = new_liquid(name, smiles, temperature, pressure)
    path = folder / f"{name}.yaml"
    if not force:
        _refuse_to_replace(path, name)
    from mobcg.forcefield.build import build_molecule

    molecule = build_molecule(liquid)
    types = sorted(set(molecule.type_names))
    lines = [f"{molecule.atoms} atoms, {molecule.molar_mass_Da:.3f} Da; types {', '.join(types)}"]
    values: dict[str, Any] = {"path": path, "atoms": molecule.atoms, "molar_mass_Da": molecule.molar_mass_Da, "types": types, "check": None}
    if check:
        from mobcg.atomistic.trial import trial_run

        found = trial_run(molecule, liquid.temperature_K, liquid.pressure_bar, seed)
        values["check"] = found.values()
        lines.append(found.text())
        if not found.ok:
            return Told(values, [*lines, f"{path}: not written"], problems=True)
    write_liquid(path, liquid)
    return Told(values, [*lines, f"{path}: written; name it in a config under templates or evaluation.liquids"])


def _refuse_to_replace(path: Path, name: str) -> None:
    from mobcg.outcomes import InputError

    if path.exists():
        raise InputError(f"{path} is there already", f"mobcg liquids show {name}, then another name, or --force to replace it")


@liquids.callback()
def _listed_alone(ctx: typer.Context, folder: Folder = FOLDER, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """The liquids that campaigns know: list (as without a word), show, add. `mobcg liquids benzene` shows one.

    Example: mobcg liquids
    """
    if ctx.invoked_subcommand is None:
        listed(folder=folder, as_json=as_json, quiet=quiet)


for word, command in (("list", listed), ("show", show), ("add", add)):
    liquids.command(word)(command)
