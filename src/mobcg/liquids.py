"""Liquids: one small file per molecule in config/liquids, with its state and where its force field comes from."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from mobcg.config import Options
from mobcg.files import write_text
from mobcg.outcomes import InputError
from mobcg.units import ATMOSPHERE_BAR

SUFFIX = ".yaml"


class Topology(Options):
    """A force field of the user's own, for ONE molecule: a GROMACS topology and coordinates, or an OpenMM System and a PDB.

    In the file paths are relative to the liquid's file; once loaded they carry its directory.
    """

    gromacs_top: str | None = None
    coordinates: str | None = None
    openmm_system: str | None = None
    pdb: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Topology:
        gromacs, system = (self.gromacs_top, self.coordinates), (self.openmm_system, self.pdb)
        complete = [all(pair) and not any(other) for pair, other in ((gromacs, system), (system, gromacs))]
        if not any(complete):
            raise ValueError("give either gromacs_top and coordinates, or openmm_system and pdb")
        return self

    def relative_to(self, directory: Path) -> Topology:
        """The same with `directory` before every path."""
        return Topology(**{key: str(directory / value) for key, value in self.model_dump().items() if value is not None})


class Liquid(Options):
    """A one-component liquid at its state: a molecule from SMILES (OPLS-AA) or a topology of the user's own."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9,.+_()-]*$")
    smiles: str | None = Field(None, min_length=1)
    topology: Topology | None = None
    temperature_K: float = Field(298.15, gt=0, le=2000)
    pressure_bar: float = Field(ATMOSPHERE_BAR, ge=-1000, le=100_000)
    reference_density_g_per_cm3: float | None = Field(None, gt=0, le=25)
    reference_source: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _one_force_field(self) -> Liquid:
        if (self.smiles is None) == (self.topology is None):
            raise ValueError("give either smiles or topology" + (", not both" if self.smiles else ""))
        return self


def available_liquids(directory: Path | str) -> list[str]:
    """Names of the liquids in `directory`, sorted."""
    return sorted(path.name.removesuffix(SUFFIX) for path in Path(directory).glob(f"*{SUFFIX}"))


def load_liquid(name: str, directory: Path | str, key: str = "") -> Liquid:
    """The liquid `name` from its file in `directory`; `key` says where the name stands, for the message.

    Raises InputError: unknown name (with the nearest known one), unreadable file, unknown or bad values (with what is allowed).
    """
    path = Path(directory) / f"{name}{SUFFIX}"
    if not path.is_file():
        raise _unknown(name, Path(directory), key)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected keys and values such as 'smiles: CCCCCC', found {type(content).__name__}")
    if content.get("name", name) != name:
        raise InputError(f"{path}: name: found {content['name']!r}, allowed is the name of the file, {name!r} (or leave it out)")
    try:
        liquid = Liquid.model_validate({**content, "name": name})
    except ValidationError as error:
        raise InputError("\n".join(_problem(path, item) for item in error.errors())) from error
    return liquid if liquid.topology is None else liquid.model_copy(update={"topology": liquid.topology.relative_to(path.parent)})


def new_liquid(name: str, smiles: str, temperature_K: float, pressure_bar: float) -> Liquid:
    """A liquid that the force field covers. Raises InputError for a name or state that no file may have, and for an atom without a type."""
    from mobcg.forcefield.assignment import assign_types, parse_smiles
    from mobcg.forcefield.parameters import opls_hydrocarbons

    try:
        liquid = Liquid(name=name, smiles=smiles, temperature_K=temperature_K, pressure_bar=pressure_bar)
    except ValidationError as error:
        key, found = str(error.errors()[0]["loc"][0]), error.errors()[0]["input"]
        advice = {
            "name": "letters, digits and , . + _ ( ) -, beginning with a letter or digit: 2-methylpentane",
            "smiles": "--smiles 'CC(C)CCC'",
            "temperature_K": "--temperature in K, above 0",
            "pressure_bar": "--pressure in bar",
        }
        what = "no name of a file" if key == "name" else error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(f"{key}: found {found!r}; {what[0].lower()}{what[1:]}", advice.get(key, "")) from None
    try:
        assign_types(parse_smiles(smiles), opls_hydrocarbons())
    except InputError as error:
        raise InputError(f"{name}: {error.what}", error.advice or "bring a topology of your own: docs/how-to/own-liquid.md") from None
    return liquid


def write_liquid(path: Path, liquid: Liquid) -> None:
    """Write the liquid's file, all or nothing; the name is the file's."""
    content = liquid.model_dump(exclude={"name"}, exclude_none=True)
    write_text(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name most like `name`, if any is."""
    found = difflib.get_close_matches(name.lower(), [item.lower() for item in known], n=1)
    return next((item for item in known if found and item.lower() == found[0]), None)


def _unknown(name: str, directory: Path, key: str) -> InputError:
    known = available_liquids(directory)
    place = f" in {key}" if key else ""
    if not directory.is_dir():
        return InputError(
            f"unknown liquid {name!r}{place}: there is no directory {directory}", "go to the repository's root, or name another folder"
        )
    guess = nearest(name, known)
    hint = f"did you mean {guess!r}? " if guess else ""
    return InputError(
        f"unknown liquid {name!r}{place}: {hint}known in {directory}: {', '.join(known) or 'none'}",
        f"{guess if guess else 'one of these'}, or add it: mobcg liquids add {name} --smiles ...",
    )


def _problem(path: Path, item: Any) -> str:
    parts = [str(part) for part in item["loc"]]
    key = ".".join(parts)
    if item["type"] == "extra_forbidden":
        allowed = list((Topology if parts[0] == "topology" else Liquid).model_fields)
        guess = nearest(parts[-1], allowed)
        hint = f"did you mean {guess!r}? " if guess else ""
        return f"{path}: {key}: unknown key; {hint}allowed: {', '.join(allowed)}"
    message = item["msg"].removeprefix("Value error, ")
    if not parts or isinstance(item["input"], dict):
        return f"{path}: {key + ': ' if key else ''}{message}"
    return f"{path}: {key}: found {item['input']!r}; {message[0].lower()}{message[1:]}"
