"""A user's own topology of ONE molecule: GROMACS .top and .gro, or an OpenMM System as XML with a PDB."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openmm
from openmm import app, unit

from mobcg.forcefield.conformer import relax
from mobcg.forcefield.connectivity import components
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.replicate import BONDED, SUPPORTED
from mobcg.liquids import Liquid
from mobcg.outcomes import InputError

DROPPED = (openmm.CMMotionRemover,)


def load_topology(liquid: Liquid) -> Molecule:
    """The molecule of a liquid that brings its own force field, its nonbonded forces without cutoff, coordinates relaxed.

    Raises InputError that names the file and what is wrong: missing or unreadable files, several molecules, constraints, virtual sites,
    a net charge, forces other than those of `replicate.SUPPORTED`.
    """
    files = liquid.topology
    if files is None:
        raise InputError("needs either smiles or topology")
    if files.gromacs_top is not None and files.coordinates is not None:
        source = Path(files.gromacs_top)
        given, topology, positions = _read_gromacs(source, Path(files.coordinates))
    elif files.openmm_system is not None and files.pdb is not None:
        source = Path(files.openmm_system)
        given, topology, positions = _read_openmm(source, Path(files.pdb))
    else:
        raise InputError("topology: give either gromacs_top and coordinates, or openmm_system and pdb")
    system = _checked(given, source)
    atoms = list(topology.atoms())
    if not system.getNumParticles() == len(atoms) == len(positions):
        raise InputError(
            f"{source}: {system.getNumParticles()} atoms in the force field, {len(atoms)} in the topology, {len(positions)} coordinates"
        )
    masses = np.array([system.getParticleMass(index).value_in_unit(unit.dalton) for index in range(len(atoms))])
    bonds = _bonds(system, topology)
    if (molecules := components(len(atoms), bonds)) != 1:
        raise InputError(
            f"{source}: holds {molecules} molecules by its bonds; give the topology of ONE molecule "
            "(a PDB with CONECT records where its bonds are not harmonic)"
        )
    return Molecule(
        name=liquid.name,
        elements=tuple((atom.element or app.Element.getByMass(mass)).symbol for atom, mass in zip(atoms, masses, strict=True)),
        bonds=bonds,
        masses_Da=masses,
        positions_nm=relax(system, positions),
        system=system,
        type_names=tuple(atom.name for atom in atoms),
    )


def _read_gromacs(top: Path, gro: Path) -> tuple[openmm.System, app.Topology, npt.NDArray[np.float64]]:
    for path in (top, gro):
        _must_exist(path)
    try:
        parsed = app.GromacsTopFile(str(top))
        system = parsed.createSystem(nonbondedMethod=app.NoCutoff, constraints=None, rigidWater=False, removeCMMotion=False)
    except Exception as error:  # OpenMM's parser raises plain ValueError, KeyError, IndexError and Exception
        raise InputError(
            f"{top}: OpenMM cannot read this GROMACS topology: {error} (files it includes are looked for beside it and under $GMXDATA/top)"
        ) from error
    try:
        positions = app.GromacsGroFile(str(gro)).getPositions(asNumpy=True)
    except Exception as error:
        raise InputError(f"{gro}: not a GROMACS coordinate file: {error}") from error
    return system, parsed.topology, np.asarray(positions.value_in_unit(unit.nanometer), dtype=np.float64)


def _read_openmm(xml: Path, pdb: Path) -> tuple[openmm.System, app.Topology, npt.NDArray[np.float64]]:
    for path in (xml, pdb):
        _must_exist(path)
    try:
        system = openmm.XmlSerializer.deserialize(xml.read_text(encoding="utf-8"))
    except Exception as error:
        raise InputError(f"{xml}: not an OpenMM System in XML: {error}") from error
    if not isinstance(system, openmm.System):
        raise InputError(f"{xml}: expected an OpenMM System, found {type(system).__name__}")
    try:
        parsed = app.PDBFile(str(pdb))
    except Exception as error:
        raise InputError(f"{pdb}: not a PDB file: {error}") from error
    return system, parsed.topology, np.asarray(parsed.getPositions(asNumpy=True).value_in_unit(unit.nanometer), dtype=np.float64)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file (topology paths are relative to the liquid's file)")


def _checked(given: openmm.System, source: Path) -> openmm.System:
    """`given` without box and centre-of-mass remover, its nonbonded forces without cutoff."""
    if given.getNumConstraints():
        raise InputError(
            f"{source}: has {given.getNumConstraints()} constraints; give the flexible molecule, mobcg chooses constraints by the time step"
        )
    system = openmm.System()
    for index in range(given.getNumParticles()):
        if given.isVirtualSite(index) or given.getParticleMass(index).value_in_unit(unit.dalton) <= 0:
            raise InputError(f"{source}: atom {index} is a virtual site or has no mass, which is not supported")
        system.addParticle(given.getParticleMass(index))
    for force in given.getForces():
        if isinstance(force, DROPPED):
            continue
        if type(force) not in (*BONDED, openmm.NonbondedForce, openmm.CustomNonbondedForce):
            raise InputError(f"{source}: {type(force).__name__} is not supported; supported: {', '.join(SUPPORTED)}")
        system.addForce(_without_cutoff(force, source))
    return system


def _without_cutoff(force: openmm.Force, source: Path) -> openmm.Force:
    free = copy.deepcopy(force)
    if isinstance(free, openmm.NonbondedForce):
        if free.getNumGlobalParameters() or free.getNumParticleParameterOffsets() or free.getNumExceptionParameterOffsets():
            raise InputError(f"{source}: NonbondedForce with parameter offsets is not supported")
        charge = sum(free.getParticleParameters(index)[0].value_in_unit(unit.elementary_charge) for index in range(free.getNumParticles()))
        if abs(charge) > 1e-3:
            raise InputError(f"{source}: the molecule carries a charge of {charge:+.3f} e; only neutral liquids are supported")
        free.setNonbondedMethod(openmm.NonbondedForce.NoCutoff)
        free.setUseSwitchingFunction(False)
    elif isinstance(free, openmm.CustomNonbondedForce):
        if free.getNumInteractionGroups() or free.getNumComputedValues():
            raise InputError(f"{source}: CustomNonbondedForce with interaction groups or computed values is not supported")
        free.setNonbondedMethod(openmm.CustomNonbondedForce.NoCutoff)
        free.setUseSwitchingFunction(False)
        free.setUseLongRangeCorrection(False)
    else:
        free.setUsesPeriodicBoundaryConditions(False)
    return free


def _bonds(system: openmm.System, topology: app.Topology) -> tuple[tuple[int, int], ...]:
    """Bonds of the topology and harmonic ones; pair terms of a CustomBondForce may be scaled 1-4 pairs, so they do not count."""
    pairs = {tuple(sorted((bond[0].index, bond[1].index))) for bond in topology.bonds()}
    for force in system.getForces():
        if isinstance(force, openmm.HarmonicBondForce):
            pairs |= {tuple(sorted(force.getBondParameters(index)[:2])) for index in range(force.getNumBonds())}
    return tuple((int(first), int(second)) for first, second in sorted(pairs))
