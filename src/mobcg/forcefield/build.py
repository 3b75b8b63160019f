"""One molecule of a liquid: from SMILES with OPLS-AA, or from the user's own topology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import openmm

from mobcg.forcefield.assignment import assign_types, neutral, parse_smiles
from mobcg.forcefield.classes import angle_parameters, bond_parameters, drawn_class, torsion_parameters
from mobcg.forcefield.conformer import embed, relax
from mobcg.forcefield.connectivity import Connectivity, connectivity
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.nonbonded import nonbonded_forces
from mobcg.forcefield.parameters import Angle, AtomType, Bond, ForceField, Torsion, opls_hydrocarbons
from mobcg.forcefield.topologies import load_topology
from mobcg.liquids import Liquid
from mobcg.outcomes import InputError

Draw = Mapping[str, float]


def build_molecule(liquid: Liquid, draw: Draw | None = None) -> Molecule:
    """The molecule of `liquid`; values in `draw` (names as in `draws.parameter_names`) replace the bonded terms of their classes.

    Raises InputError that names the liquid where an atom or term has no parameters, or `draw` does not fit the molecule.
    """
    try:
        if liquid.smiles is None:
            if draw:
                raise InputError("drawn parameters need a smiles: a topology of the user's own keeps its values")
            return load_topology(liquid)
        return _from_smiles(liquid.name, liquid.smiles, draw or {})
    except InputError as error:
        raise InputError(f"liquid {liquid.name!r}: {error}") from error


def _from_smiles(name: str, smiles: str, draw: Draw) -> Molecule:
    forcefield = opls_hydrocarbons()
    graph = parse_smiles(smiles)
    types = assign_types(graph, forcefield)
    if not neutral(types):
        raise InputError(f"the charges of {smiles!r} add up to {sum(item.charge_e for item in types):+.3f} e, not to zero")
    connected = connectivity(len(types), [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in graph.GetBonds()])
    system = _system([atom.GetMass() for atom in graph.GetAtoms()], types, connected, forcefield, draw)
    return Molecule(
        name=name,
        elements=tuple(atom.GetSymbol() for atom in graph.GetAtoms()),
        bonds=connected.bonds,
        masses_Da=np.array([atom.GetMass() for atom in graph.GetAtoms()]),
        positions_nm=relax(system, embed(graph)),
        system=system,
        type_names=tuple(item.name for item in types),
    )


def _system(
    masses: Sequence[float], types: Sequence[AtomType], connected: Connectivity, forcefield: ForceField, draw: Draw
) -> openmm.System:
    system = openmm.System()
    for mass in masses:
        system.addParticle(mass)
    classes = [item.bonded_class for item in types]
    used: set[str] = set()
    for force in _bonded_forces(classes, connected, forcefield, draw, used):
        system.addForce(force)
    if unknown := sorted(set(draw) - used):
        raise InputError(
            f"drawn parameters that this molecule does not have: {', '.join(unknown)}; it has: {', '.join(sorted(used)) or 'none'}"
        )
    for force in nonbonded_forces(types, connected, forcefield):
        system.addForce(force)
    return system


def _bonded_forces(
    classes: Sequence[str], connected: Connectivity, forcefield: ForceField, draw: Draw, used: set[str]
) -> tuple[openmm.HarmonicBondForce, openmm.HarmonicAngleForce, openmm.RBTorsionForce, openmm.PeriodicTorsionForce]:
    bonds, angles = openmm.HarmonicBondForce(), openmm.HarmonicAngleForce()
    torsions, impropers = openmm.RBTorsionForce(), openmm.PeriodicTorsionForce()
    impropers.setName("Impropers")
    for bond_atoms in connected.bonds:
        bond = _bond([classes[index] for index in bond_atoms], forcefield, draw, used)
        bonds.addBond(*bond_atoms, bond.length_nm, bond.constant_kj_per_mol_nm2)
    for angle_atoms in connected.angles:
        angle = _angle([classes[index] for index in angle_atoms], forcefield, draw, used)
        angles.addAngle(*angle_atoms, angle.angle_rad, angle.constant_kj_per_mol_rad2)
    for torsion_atoms in connected.torsions:
        torsion = _torsion([classes[index] for index in torsion_atoms], forcefield, draw, used)
        if not torsion.vanishes:
            torsions.addTorsion(*torsion_atoms, *torsion.ryckaert_bellemans)
    for centre, neighbours in enumerate(connected.neighbours):
        if len(neighbours) == 3 and classes[centre] in forcefield.impropers:
            ring = [index for index in neighbours if classes[index] == classes[centre]]
            first, second = ring[:2]
            (substituent,) = set(neighbours) - {first, second}
            impropers.addTorsion(first, second, centre, substituent, 2, np.pi, forcefield.impropers[classes[centre]] / 2)
    return bonds, angles, torsions, impropers


def _bond(classes: Sequence[str], forcefield: ForceField, draw: Draw, used: set[str]) -> Bond:
    published = forcefield.bond(classes)
    if (name := drawn_class(classes)) is None:
        return published
    length, constant = bond_parameters(name)
    used.update((length, constant))
    return Bond(draw.get(length, published.length_nm), draw.get(constant, published.constant_kj_per_mol_nm2))


def _angle(classes: Sequence[str], forcefield: ForceField, draw: Draw, used: set[str]) -> Angle:
    published = forcefield.angle(classes)
    if (name := drawn_class(classes)) is None:
        return published
    degree, constant = angle_parameters(name)
    used.update((degree, constant))
    return Angle(draw.get(degree, published.angle_degree), draw.get(constant, published.constant_kj_per_mol_rad2))


def _torsion(classes: Sequence[str], forcefield: ForceField, draw: Draw, used: set[str]) -> Torsion:
    published = forcefield.torsion(classes)
    if (name := drawn_class(classes)) is None:
        return published
    keys = torsion_parameters(name)
    used.update(keys)
    defaults = (published.v1_kj_per_mol, published.v2_kj_per_mol, published.v3_kj_per_mol)
    v1, v2, v3 = (draw.get(key, default) for key, default in zip(keys, defaults, strict=True))
    return Torsion(v1, v2, v3)
