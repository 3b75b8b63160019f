"""A molecule's force field as a GROMACS topology, term by term from its OpenMM system."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import openmm
from openmm import unit

from mobcg.atomistic.timestep import IntegrationPlan
from mobcg.config import AtomisticOptions
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.nonbonded import COULOMB, GEOMETRIC_LENNARD_JONES
from mobcg.forcefield.replicate import REACTION_FIELD_DIELECTRIC
from mobcg.outcomes import InputError

GEOMETRIC, LORENTZ_BERTHELOT = 3, 2
"""GROMACS' numbers of the rules that mix sigma and epsilon."""

READER_LENNARD_JONES, READER_PAIRS = "A1*A2/r^12-C1*C2/r^6", "-C/r^6+A/r^12"
"""Energies of the pairs, and of the pairs treated apart, of a GROMACS topology with geometric mixing as OpenMM reads it."""

_ADVICE = "with atomistic.engine: gromacs that cannot be computed, choose openmm"

Values = Sequence[Any]
Exception14 = tuple[int, int, float, float, float]


@dataclass(frozen=True)
class Nonbonded:
    """Of one molecule: charges in e, (sigma in nm, epsilon in kJ/mol) of its atoms, the rule that mixes them, and the pairs that are
    treated apart: (atom, atom, product of charges, sigma, epsilon).
    """

    charges_e: tuple[float, ...]
    lennard_jones: tuple[tuple[float, float], ...]
    rule: int
    exceptions: tuple[Exception14, ...]


def write_topology(molecule: Molecule, plan: IntegrationPlan, options: AtomisticOptions) -> str:
    """Text of the topology of `options.molecules` molecules, with the masses and rigid bonds of `plan`.

    Raises InputError that names a force which GROMACS has no term for.
    """
    nonbonded = read_nonbonded(molecule)
    rigid = {frozenset(pair[:2]) for pair in plan.constraints}
    kinds = {pair: f"t{number}" for number, pair in enumerate(dict.fromkeys(nonbonded.lennard_jones))}
    atoms = [
        (number, kinds[pair], 1, "MOL", f"{element}{number}", number, charge, float(mass))
        for number, (pair, element, charge, mass) in enumerate(
            zip(nonbonded.lennard_jones, molecule.elements, nonbonded.charges_e, plan.masses_Da, strict=True), 1
        )
    ]
    bonded = _bonded(molecule, rigid)
    springs = _field_springs(nonbonded, options) if options.electrostatics == "reaction-field" else []
    pairs = [(i + 1, j + 1, 2, 1.0, product, 1.0, *rest) for i, j, product, *rest in nonbonded.exceptions if product or rest[1]]
    constraints = [(first + 1, second + 1, 2, distance) for first, second, distance in plan.constraints]
    sections = (
        ("defaults", [(1, nonbonded.rule, "no", 1.0, 1.0)]),
        ("atomtypes", [(name, 1.0, 0.0, "A", sigma, epsilon) for (sigma, epsilon), name in kinds.items()]),
        ("moleculetype", [("molecule", 0)]),
        ("atoms", atoms),
        ("bonds", bonded["bonds"] + springs),
        ("constraints", constraints),
        ("pairs", pairs),
        ("angles", bonded["angles"]),
        ("dihedrals", bonded["dihedrals"]),
        ("exclusions", [(first + 1, second + 1) for first, second, *_ in nonbonded.exceptions]),
        ("system", [("liquid",)]),
        ("molecules", [("molecule", options.molecules)]),
    )
    return "\n".join(f"[ {name} ]\n" + "".join(_line(row) for row in rows) for name, rows in sections if rows)


def excluded_field_kj_per_mol(molecule: Molecule, options: AtomisticOptions) -> float:
    """What GROMACS' reaction field adds to a molecule's energy at every distance: -c q_i q_j of excluded pairs, -c q_i^2/2 of atoms.

    c = 1/rc + k rc^2. The part k r^2 of the excluded pairs is taken off by springs in the topology, so that the force is OpenMM's.
    """
    if options.electrostatics != "reaction-field":
        return 0.0
    nonbonded = read_nonbonded(molecule)
    charges = nonbonded.charges_e
    products = sum(charges[first] * charges[second] for first, second, *_ in nonbonded.exceptions)
    constant = 1 / options.cutoff_nm + _field_constant(options) * options.cutoff_nm**2
    return -COULOMB * constant * (products + sum(charge**2 for charge in charges) / 2)


def read_nonbonded(molecule: Molecule) -> Nonbonded:
    """Charges and Lennard-Jones parameters of a molecule with a NonbondedForce, alone or, where sigma mixes geometrically, beside the
    CustomNonbondedForce of `nonbonded.nonbonded_forces` or of OpenMM's reader of GROMACS topologies.

    Raises InputError for any other pair force.
    """
    forces = molecule.system.getForces()
    coulomb = [force for force in forces if isinstance(force, openmm.NonbondedForce)]
    custom = [force for force in forces if isinstance(force, openmm.CustomNonbondedForce)]
    if len(coulomb) != 1 or len(custom) > 1:
        raise InputError(f"{molecule.name}: has {len(coulomb)} NonbondedForce and {len(custom)} CustomNonbondedForce; {_ADVICE}")
    particles = [_plain(coulomb[0].getParticleParameters(index)) for index in range(molecule.atoms)]
    charges = tuple(float(values[0]) for values in particles)
    exceptions = _exceptions(coulomb[0], forces)
    if not custom:
        return Nonbonded(charges, tuple((values[1], values[2]) for values in particles), LORENTZ_BERTHELOT, exceptions)
    if custom[0].getEnergyFunction() not in (GEOMETRIC_LENNARD_JONES, READER_LENNARD_JONES) or any(values[2] for values in particles):
        raise InputError(f"{molecule.name}: has a CustomNonbondedForce of the energy {custom[0].getEnergyFunction()!r}; {_ADVICE}")
    excluded = {frozenset(custom[0].getExclusionParticles(index)) for index in range(custom[0].getNumExclusions())}
    if excluded != {frozenset(item[:2]) for item in exceptions}:
        raise InputError(f"{molecule.name}: the exclusions of CustomNonbondedForce are not those of NonbondedForce; {_ADVICE}")
    factors = [custom[0].getParticleParameters(index) for index in range(molecule.atoms)]
    if custom[0].getEnergyFunction() == READER_LENNARD_JONES:
        factors = [(a, b) for b, a in factors]
    return Nonbonded(charges, tuple(sigma_and_epsilon(a, b) for a, b in factors), GEOMETRIC, exceptions)


def sigma_and_epsilon(a: float, b: float) -> tuple[float, float]:
    """Sigma in nm and epsilon in kJ/mol of the factors of `nonbonded.repulsion_and_attraction`."""
    if b == 0:
        return 0.0, 0.0
    sigma = (a / b) ** (1 / 3)
    return sigma, (b / (2 * sigma**3)) ** 2


def _exceptions(coulomb: openmm.NonbondedForce, forces: Sequence[openmm.Force]) -> tuple[Exception14, ...]:
    """Exceptions of the NonbondedForce, with the Lennard-Jones part that OpenMM's reader keeps in a force of its own."""
    apart = {}
    for force in forces:
        if _is_reader_pairs(force):
            for first, second, (attraction, repulsion) in map(force.getBondParameters, range(force.getNumBonds())):
                sigma = (repulsion / attraction) ** (1 / 6) if attraction else 0.0
                apart[frozenset((first, second))] = (sigma, attraction**2 / (4 * repulsion) if repulsion else 0.0)
    found = []
    for first, second, product, sigma, epsilon in _terms(coulomb.getNumExceptions(), coulomb.getExceptionParameters):
        found.append((first, second, product, *apart.pop(frozenset((first, second)), (sigma, epsilon))))
    if apart:
        raise InputError(f"CustomBondForce has pairs that are no exceptions of NonbondedForce; {_ADVICE}")
    return tuple(found)


def _is_reader_pairs(force: openmm.Force) -> bool:
    return isinstance(force, openmm.CustomBondForce) and force.getEnergyFunction() == READER_PAIRS


def _field_constant(options: AtomisticOptions) -> float:
    dielectric = REACTION_FIELD_DIELECTRIC
    return (dielectric - 1) / (2 * dielectric + 1) / options.cutoff_nm**3


def _field_springs(nonbonded: Nonbonded, options: AtomisticOptions) -> list[tuple[object, ...]]:
    """Springs of length zero and constant -2 k q_i q_j that take GROMACS' reaction field off the excluded pairs."""
    strength = -2 * COULOMB * _field_constant(options)
    charges = nonbonded.charges_e
    products = ((first, second, charges[first] * charges[second]) for first, second, *_ in nonbonded.exceptions)
    return [(first + 1, second + 1, 6, 0.0, strength * product) for first, second, product in products if product]


def _bonded(molecule: Molecule, rigid: set[frozenset[int]]) -> dict[str, list[tuple[object, ...]]]:
    rows: dict[str, list[tuple[object, ...]]] = {"bonds": [], "angles": [], "dihedrals": []}
    for force in molecule.system.getForces():
        if isinstance(force, openmm.HarmonicBondForce):
            terms = _terms(force.getNumBonds(), force.getBondParameters)
            rows["bonds"] += [(i + 1, j + 1, 1, length, k) for i, j, length, k in terms if frozenset((i, j)) not in rigid]
        elif isinstance(force, openmm.HarmonicAngleForce):
            terms = _terms(force.getNumAngles(), force.getAngleParameters)
            rows["angles"] += [(i + 1, j + 1, k + 1, 1, math.degrees(angle), constant) for i, j, k, angle, constant in terms]
        elif isinstance(force, openmm.RBTorsionForce):
            terms = _terms(force.getNumTorsions(), force.getTorsionParameters)
            rows["dihedrals"] += [(*(atom + 1 for atom in term[:4]), 3, *term[4:]) for term in terms]
        elif isinstance(force, openmm.PeriodicTorsionForce):
            terms = _terms(force.getNumTorsions(), force.getTorsionParameters)
            rows["dihedrals"] += [(*(atom + 1 for atom in t[:4]), 9, math.degrees(t[5]), t[6], t[4]) for t in terms]
        elif not isinstance(force, (openmm.NonbondedForce, openmm.CustomNonbondedForce)) and not _is_reader_pairs(force):
            raise InputError(f"{molecule.name}: has a {type(force).__name__}; {_ADVICE}")
    return rows


def _terms(count: int, get: Callable[[int], Values]) -> Iterable[list[Any]]:
    return (_plain(get(index)) for index in range(count))


def _plain(values: Values) -> list[Any]:
    return [value.value_in_unit_system(unit.md_unit_system) if unit.is_quantity(value) else value for value in values]


def _line(row: Sequence[object]) -> str:
    return " ".join(f"{item:.10g}" if isinstance(item, float) else str(item) for item in row) + "\n"
