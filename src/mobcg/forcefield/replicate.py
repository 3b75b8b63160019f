"""A periodic box of one molecule's copies: the OpenMM system and topology of the liquid."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from typing import Any

import openmm
from openmm import app, unit

from mobcg.config import AtomisticOptions
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.nonbonded import COULOMB, GEOMETRIC_LENNARD_JONES, tail_coefficient
from mobcg.outcomes import InputError

REACTION_FIELD_DIELECTRIC = 78.3
"""Dielectric constant beyond the cutoff with `electrostatics: reaction-field`; nearly conducting: a smooth force at the cutoff."""

BONDED = {
    openmm.HarmonicBondForce: ("Bond", 2),
    openmm.HarmonicAngleForce: ("Angle", 3),
    openmm.PeriodicTorsionForce: ("Torsion", 4),
    openmm.RBTorsionForce: ("Torsion", 4),
    openmm.CustomBondForce: ("Bond", 2),
    openmm.CustomAngleForce: ("Angle", 3),
    openmm.CustomTorsionForce: ("Torsion", 4),
}
SUPPORTED = tuple(sorted([kind.__name__ for kind in BONDED] + ["NonbondedForce", "CustomNonbondedForce"]))


def replicate(molecule: Molecule, count: int, box_nm: float, options: AtomisticOptions) -> tuple[openmm.System, app.Topology]:
    """`count` copies of `molecule` in a cubic box, atoms molecule by molecule; no constraints, real masses.

    Electrostatics: particle mesh Ewald or reaction field (Tironi et al., J. Chem. Phys. 102, 5451 (1995)) with `REACTION_FIELD_DIELECTRIC`,
    pairs left out of it inside a molecule as in OpenMM. Lennard-Jones: cut at the cutoff, the mean of what lies beyond added.
    Raises InputError where the box is too small for the cutoff or a force is not supported.
    """
    if box_nm < 2 * options.cutoff_nm:
        raise InputError(
            f"{count} molecules of {molecule.name!r} fill a box of {box_nm:.2f} nm, less than twice "
            f"atomistic.cutoff_nm = {options.cutoff_nm}: take more molecules or a shorter cutoff"
        )
    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*box_vectors(box_nm))
    for _ in range(count):
        for mass in molecule.masses_Da:
            system.addParticle(float(mass))
    forces = molecule.system.getForces()
    merged = _merged_pair(forces) if options.electrostatics == "reaction-field" else None
    for force in forces:
        if merged is None or not isinstance(force, (openmm.NonbondedForce, openmm.CustomNonbondedForce)):
            system.addForce(_copies(force, molecule.atoms, count, options))
    if merged is not None:
        for force in _reaction_field_forces(*merged, molecule.atoms, count, options.cutoff_nm):
            system.addForce(force)
    return system, _topology(molecule, count, box_nm)


def box_vectors(box_nm: float) -> tuple[openmm.Vec3, openmm.Vec3, openmm.Vec3]:
    """Edges of a cubic box in nm."""
    return openmm.Vec3(box_nm, 0, 0), openmm.Vec3(0, box_nm, 0), openmm.Vec3(0, 0, box_nm)


def _copies(force: openmm.Force, atoms: int, count: int, options: AtomisticOptions) -> openmm.Force:
    replicated = copy.deepcopy(force)
    replicated.setForceGroup(0)
    if isinstance(force, openmm.NonbondedForce):
        _repeat_particles(force, replicated, count)
        _repeat(force, replicated, "Exception", 2, atoms, count)
        pme = options.electrostatics == "pme"
        replicated.setNonbondedMethod(openmm.NonbondedForce.PME if pme else openmm.NonbondedForce.CutoffPeriodic)
        replicated.setReactionFieldDielectric(REACTION_FIELD_DIELECTRIC)
        replicated.setCutoffDistance(options.cutoff_nm)
        replicated.setUseSwitchingFunction(False)
        replicated.setUseDispersionCorrection(True)
    elif isinstance(force, openmm.CustomNonbondedForce):
        _repeat_particles(force, replicated, count)
        _repeat(force, replicated, "Exclusion", 2, atoms, count)
        replicated.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
        replicated.setCutoffDistance(options.cutoff_nm)
        replicated.setUseSwitchingFunction(False)
        replicated.setUseLongRangeCorrection(True)
    elif type(force) in BONDED:
        _repeat(force, replicated, *BONDED[type(force)], atoms, count)
        replicated.setUsesPeriodicBoundaryConditions(False)
    else:
        raise InputError(f"{type(force).__name__} is not supported in a liquid's topology; supported: {', '.join(SUPPORTED)}")
    return replicated


def _repeat_particles(force: Any, replicated: Any, count: int) -> None:
    particles = [_plain(force.getParticleParameters(index)) for index in range(force.getNumParticles())]
    custom = isinstance(force, openmm.CustomNonbondedForce)
    for _ in range(1, count):
        for values in particles:
            replicated.addParticle(values) if custom else replicated.addParticle(*values)


def _repeat(force: Any, replicated: Any, term: str, indices: int, atoms: int, count: int) -> None:
    get = getattr(force, f"get{term}Particles" if term == "Exclusion" else f"get{term}Parameters")
    add = getattr(replicated, f"add{term}")
    terms = [_plain(get(index)) for index in range(getattr(force, f"getNum{term}s")())]
    for shift in range(atoms, atoms * count, atoms):
        for values in terms:
            add(*(index + shift for index in values[:indices]), *values[indices:])


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value.value_in_unit_system(unit.md_unit_system) if unit.is_quantity(value) else value for value in values]


def _merged_pair(forces: Sequence[openmm.Force]) -> tuple[openmm.NonbondedForce, openmm.CustomNonbondedForce] | None:
    """The two nonbonded forces of `nonbonded.nonbonded_forces`, where the molecule has exactly these."""
    coulomb = [force for force in forces if isinstance(force, openmm.NonbondedForce)]
    custom = [force for force in forces if isinstance(force, openmm.CustomNonbondedForce)]
    if len(coulomb) == len(custom) == 1 and custom[0].getEnergyFunction() == GEOMETRIC_LENNARD_JONES:
        return coulomb[0], custom[0]
    return None


def _reaction_field_forces(
    coulomb: openmm.NonbondedForce, lennard_jones: openmm.CustomNonbondedForce, atoms: int, count: int, cutoff_nm: float
) -> tuple[openmm.Force, ...]:
    """Lennard-Jones and reaction field of a pair in one pass (half the cost of two), 1-4 pairs apart, and the tail beyond the cutoff.

    The tail is a force of its own since OpenMM would integrate the reaction field to infinity with it.
    """
    dielectric = REACTION_FIELD_DIELECTRIC
    k = (dielectric - 1) / (2 * dielectric + 1) / cutoff_nm**3
    c = 1 / cutoff_nm + k * cutoff_nm**2
    pairs = openmm.CustomNonbondedForce(f"(a1*a2*s-b1*b2)*s + q1*q2*(1/r+{k!r}*r^2-{c!r}); s=1/r^6")
    pairs.setName("LennardJonesAndReactionField")
    pairs.setNonbondedMethod(openmm.CustomNonbondedForce.CutoffPeriodic)
    pairs.setCutoffDistance(cutoff_nm)
    for name in ("a", "b", "q"):
        pairs.addPerParticleParameter(name)
    scaled = openmm.CustomBondForce("4*epsilon*((sigma/r)^12-(sigma/r)^6)+qq/r")
    scaled.setName("Scaled14")
    for name in ("qq", "sigma", "epsilon"):
        scaled.addPerBondParameter(name)
    particles = []
    for index in range(atoms):
        a, b = lennard_jones.getParticleParameters(index)
        charge = _plain(coulomb.getParticleParameters(index))[0]
        particles.append((a, b, charge * COULOMB**0.5))
    exceptions = [_plain(coulomb.getExceptionParameters(index)) for index in range(coulomb.getNumExceptions())]
    for shift in range(0, atoms * count, atoms):
        for values in particles:
            pairs.addParticle(values)
        for first, second, charge_product, sigma, epsilon in exceptions:
            pairs.addExclusion(first + shift, second + shift)
            if charge_product != 0 or epsilon != 0:
                scaled.addBond(first + shift, second + shift, (charge_product * COULOMB, sigma, epsilon))
    counts = Counter({pair: number * count for pair, number in Counter((a, b) for a, b, _ in particles).items()})
    tail = openmm.CustomVolumeForce(f"{tail_coefficient(counts, cutoff_nm)!r}/v")
    tail.setName("LennardJonesTail")
    return pairs, scaled, tail


def _topology(molecule: Molecule, count: int, box_nm: float) -> app.Topology:
    topology = app.Topology()
    topology.setPeriodicBoxVectors(box_vectors(box_nm) * unit.nanometer)
    chain = topology.addChain()
    elements = [app.Element.getBySymbol(symbol) for symbol in molecule.elements]
    names = [f"{symbol}{index + 1}" for index, symbol in enumerate(molecule.elements)]
    for _ in range(count):
        residue = topology.addResidue("MOL", chain)
        atoms = [topology.addAtom(name, element, residue) for name, element in zip(names, elements, strict=True)]
        for first, second in molecule.bonds:
            topology.addBond(atoms[first], atoms[second])
    return topology
