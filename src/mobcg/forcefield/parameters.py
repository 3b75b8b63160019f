"""The force field's table: atom types and bonded terms, read from `opls_hydrocarbons.yaml` and turned into nm and kJ/mol."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import yaml

from mobcg.outcomes import InputError
from mobcg.units import KJ_PER_KCAL

TABLE = "opls_hydrocarbons.yaml"
NM_PER_A = 0.1
ANY = "*"
Term = TypeVar("Term")


@dataclass(frozen=True)
class AtomType:
    """An atom type: charge, Lennard-Jones parameters, the class its bonded terms go by and the SMARTS that finds it."""

    name: str
    bonded_class: str
    smarts: str
    charge_e: float
    sigma_nm: float
    epsilon_kj_per_mol: float
    source: str


@dataclass(frozen=True)
class Bond:
    """1/2 k (r-r0)^2."""

    length_nm: float
    constant_kj_per_mol_nm2: float


@dataclass(frozen=True)
class Angle:
    """1/2 k (theta-theta0)^2."""

    angle_degree: float
    constant_kj_per_mol_rad2: float

    @property
    def angle_rad(self) -> float:
        """theta0 in radians."""
        return math.radians(self.angle_degree)


@dataclass(frozen=True)
class Torsion:
    """V1/2 (1+cos phi) + V2/2 (1-cos 2phi) + V3/2 (1+cos 3phi), phi = 180 degrees in trans."""

    v1_kj_per_mol: float
    v2_kj_per_mol: float
    v3_kj_per_mol: float

    @property
    def vanishes(self) -> bool:
        """Whether all three terms are zero."""
        return self.v1_kj_per_mol == self.v2_kj_per_mol == self.v3_kj_per_mol == 0

    @property
    def ryckaert_bellemans(self) -> tuple[float, float, float, float, float, float]:
        """C0..C5 of sum C_n cos(phi-180 degrees)^n, the same function in the form that is cheapest to evaluate."""
        v1, v2, v3 = self.v1_kj_per_mol, self.v2_kj_per_mol, self.v3_kj_per_mol
        return (v2 + (v1 + v3) / 2, (3 * v3 - v1) / 2, -v2, -2 * v3, 0.0, 0.0)


@dataclass(frozen=True)
class ForceField:
    """The whole table; look-ups take classes in either direction and raise InputError that names the missing term."""

    name: str
    types: tuple[AtomType, ...]
    bonds: Mapping[tuple[str, ...], Bond]
    angles: Mapping[tuple[str, ...], Angle]
    torsions: Mapping[tuple[str, ...], Torsion]
    impropers: Mapping[str, float]
    scale_14_lennard_jones: float
    scale_14_coulomb: float

    def bond(self, classes: Sequence[str]) -> Bond:
        """Parameters of a bond between two classes."""
        return self._find("bond", self.bonds, classes)

    def angle(self, classes: Sequence[str]) -> Angle:
        """Parameters of an angle; the middle class is the vertex."""
        return self._find("angle", self.angles, classes)

    def torsion(self, classes: Sequence[str]) -> Torsion:
        """Parameters of a torsion; an entry without wildcard wins over one with."""
        return self._find("torsion", self.torsions, classes)

    def _find(self, kind: str, table: Mapping[tuple[str, ...], Term], classes: Sequence[str]) -> Term:
        forward, backward = tuple(classes), tuple(reversed(classes))
        for key in (forward, backward):
            if key in table:
                return table[key]
        for key, value in table.items():
            if any(all(k in (ANY, c) for k, c in zip(key, order, strict=True)) for order in (forward, backward)):
                return value
        raise InputError(
            f"{self.name} has no {kind} parameters for {'-'.join(classes)}; known: {', '.join(sorted('-'.join(key) for key in table))}"
        )


def parse(content: Mapping[str, Any]) -> ForceField:
    """Turn the table's content (published units) into a ForceField in nm and kJ/mol. Raises InputError for a source that is not listed."""
    for section in ("types", "bonds", "angles", "torsions", "impropers"):
        for entry in content[section]:
            if entry["source"] not in content["sources"]:
                raise InputError(f"{TABLE}: {section}: unknown source {entry['source']!r}; known: {', '.join(content['sources'])}")
    return ForceField(
        name=content["name"],
        types=tuple(
            AtomType(
                name=entry["name"],
                bonded_class=entry["class"],
                smarts=entry["smarts"],
                charge_e=entry["charge_e"],
                sigma_nm=entry["sigma_A"] * NM_PER_A,
                epsilon_kj_per_mol=entry["epsilon_kcal_per_mol"] * KJ_PER_KCAL,
                source=entry["source"],
            )
            for entry in content["types"]
        ),
        bonds={
            tuple(entry["atoms"]): Bond(entry["length_A"] * NM_PER_A, 2 * entry["constant_kcal_per_mol_A2"] * KJ_PER_KCAL / NM_PER_A**2)
            for entry in content["bonds"]
        },
        angles={
            tuple(entry["atoms"]): Angle(entry["angle_degree"], 2 * entry["constant_kcal_per_mol_rad2"] * KJ_PER_KCAL)
            for entry in content["angles"]
        },
        torsions={tuple(entry["atoms"]): Torsion(*(v * KJ_PER_KCAL for v in entry["v_kcal_per_mol"])) for entry in content["torsions"]},
        impropers={entry["centre"]: entry["v2_kcal_per_mol"] * KJ_PER_KCAL for entry in content["impropers"]},
        scale_14_lennard_jones=content["scale_14_lennard_jones"],
        scale_14_coulomb=content["scale_14_coulomb"],
    )


@cache
def opls_hydrocarbons() -> ForceField:
    """OPLS-AA for alkanes and alkylbenzenes, the package's own table."""
    return parse(yaml.safe_load(resources.files("mobcg.forcefield").joinpath(TABLE).read_text(encoding="utf-8")))
