"""Random force fields: the bonded parameters of a template drawn uniformly, one stream of random numbers per sample."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mobcg.config import Config, DrawRanges, Template
from mobcg.forcefield.assignment import assign_types, parse_smiles
from mobcg.forcefield.classes import angle_parameters, bond_parameters, drawn_class, torsion_parameters
from mobcg.forcefield.connectivity import connectivity
from mobcg.forcefield.parameters import opls_hydrocarbons
from mobcg.liquids import Liquid
from mobcg.outcomes import InputError
from mobcg.seeds import generator


def parameter_names(liquid: Liquid) -> list[str]:
    """Names of the drawn parameters, units included: bonds, then angles, then torsions, each by the name of its class.

    Raises InputError for a liquid without SMILES or with atoms that cannot be typed.
    """
    return [name for names in _parameter_groups(liquid) for name in names]


def draw_parameters(liquid: Liquid, ranges: DrawRanges, seed: int, index: int) -> dict[str, float]:
    """Sample `index` of a template: every parameter uniform within its range, from the stream (seed, "draws", liquid, index)."""
    names = parameter_names(liquid)
    random = generator(seed, "draws", liquid.name, index).random(len(names))
    limits = [_range(name, ranges) for name in names]
    return {name: low + (high - low) * float(value) for name, (low, high), value in zip(names, limits, random, strict=True)}


def template_ranges(template: Template, draws: DrawRanges) -> DrawRanges:
    """The campaign's ranges with the template's own in their place."""
    return DrawRanges.model_validate({**draws.model_dump(), **template.ranges.model_dump(exclude_none=True)})


def sample_name(liquid: str, index: int) -> str:
    """Name of a drawn sample, such as ethylbenzene-00003."""
    return f"{liquid}-{index:05d}"


def draw_table(config: Config, liquids: Mapping[str, Liquid]) -> pd.DataFrame:
    """All drawn samples of the campaign: sample, template, index, then one column per parameter (empty where a template lacks it).

    Adding samples or templates leaves the earlier rows as they were. Raises InputError for a template that `liquids` lacks or names twice.
    """
    rows: list[dict[str, object]] = []
    seen: set[str] = set()
    for position, template in enumerate(config.templates):
        key = f"config.templates[{position}]"
        if template.liquid not in liquids:
            raise InputError(f"{key}.liquid: unknown liquid {template.liquid!r}; known: {', '.join(liquids)}")
        if template.liquid in seen:
            raise InputError(f"{key}.liquid: {template.liquid!r} is a template already; give each liquid once")
        seen.add(template.liquid)
        ranges = template_ranges(template, config.draws)
        for index in range(template.parameter_sets):
            drawn = draw_parameters(liquids[template.liquid], ranges, config.seed, index)
            rows.append({"sample": sample_name(template.liquid, index), "template": template.liquid, "index": index, **drawn})
    return (
        pd.DataFrame(rows)
        if rows
        else pd.DataFrame({"sample": [], "template": [], "index": []}).astype({"index": int, "sample": str, "template": str})
    )


def _parameter_groups(liquid: Liquid) -> list[tuple[str, ...]]:
    if liquid.smiles is None:
        raise InputError(f"liquid {liquid.name!r}: drawing random parameters needs a smiles; a topology of your own keeps its values")
    try:
        graph = parse_smiles(liquid.smiles)
        classes = [item.bonded_class for item in assign_types(graph, opls_hydrocarbons())]
    except InputError as error:
        raise InputError(f"liquid {liquid.name!r}: {error}") from error
    connected = connectivity(len(classes), [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in graph.GetBonds()])
    groups: list[tuple[str, ...]] = []
    for terms, parameters in (
        (connected.bonds, bond_parameters),
        (connected.angles, angle_parameters),
        (connected.torsions, torsion_parameters),
    ):
        found = {drawn_class([classes[index] for index in term]) for term in terms} - {None}
        groups += [parameters(name) for name in sorted(name for name in found if name)]
    return groups


def _range(name: str, ranges: DrawRanges) -> tuple[float, float]:
    kind, classes, _ = name.split("_", 2)
    if kind == "torsion":
        return ranges.torsion_kj_per_mol
    if kind == "angle":
        return ranges.angle_degree if name.endswith("_degree") else ranges.angle_constant_kj_per_mol_rad2
    if name.endswith("_constant_kj_per_mol_nm2"):
        return ranges.bond_constant_kj_per_mol_nm2
    return ranges.bond_length_CH_nm if "H" in classes else ranges.bond_length_CC_nm
