from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit

from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.connectivity import connectivity
from mobcg.forcefield.molecule import Molecule
from mobcg.forcefield.parameters import opls_hydrocarbons
from mobcg.forcefield.replicate import replicate
from mobcg.liquids import load_liquid
from mobcg.outcomes import InputError
from tests.forcefield.helpers import energy, energy_and_forces, molecule_of


def gromacs_top(molecule: Molecule, copies: int = 1) -> str:
    """OPLS-AA of an alkane, written as a GROMACS topology by hand."""
    forcefield = opls_hydrocarbons()
    types = [next(item for item in forcefield.types if item.name == name) for name in molecule.type_names]
    classes = [item.bonded_class for item in types]
    connected = connectivity(molecule.atoms, molecule.bonds)
    lines = ["[ defaults ]", "1 3 yes 0.5 0.5", "[ atomtypes ]"]
    for item in dict.fromkeys(types):
        element, number = ("C", 6) if item.bonded_class == "CT" else ("H", 1)
        lines.append(f"{item.name} {item.bonded_class} {number} 0.0 0.0 A {item.sigma_nm} {item.epsilon_kj_per_mol}")
    lines += ["[ moleculetype ]", "MOL 3", "[ atoms ]"]
    for index, (item, element, mass) in enumerate(zip(types, molecule.elements, molecule.masses_Da, strict=True), 1):
        lines.append(f"{index} {item.name} 1 MOL {element}{index} {index} {item.charge_e} {mass}")
    lines.append("[ bonds ]")
    for pair in connected.bonds:
        bond = forcefield.bond([classes[i] for i in pair])
        lines.append(f"{pair[0] + 1} {pair[1] + 1} 1 {bond.length_nm} {bond.constant_kj_per_mol_nm2}")
    lines.append("[ angles ]")
    for triple in connected.angles:
        angle = forcefield.angle([classes[i] for i in triple])
        lines.append(" ".join(str(i + 1) for i in triple) + f" 1 {angle.angle_degree} {angle.constant_kj_per_mol_rad2}")
    lines.append("[ dihedrals ]")
    for four in connected.torsions:
        powers = forcefield.torsion([classes[i] for i in four]).ryckaert_bellemans
        lines.append(" ".join(str(i + 1) for i in four) + " 3 " + " ".join(map(repr, powers)))
    lines.append("[ pairs ]")
    lines += [f"{first + 1} {second + 1} 1" for first, second in sorted(connected.pairs_14)]
    return "\n".join([*lines, "[ system ]", "test", "[ molecules ]", f"MOL {copies}", ""])


def gro(molecule: Molecule, copies: int = 1) -> str:
    rows = [
        f"{1:5d}{'MOL':<5s}{element + str(index):>5s}{index:5d}{x:8.3f}{y:8.3f}{z:8.3f}"
        for index, (element, (x, y, z)) in enumerate(
            zip(molecule.elements * copies, list(molecule.positions_nm + 2) * copies, strict=True), 1
        )
    ]
    return "\n".join(["test", str(len(rows)), *rows, "   4.0 4.0 4.0", ""])


def write_liquid(folder: Path, **files: str) -> None:
    (folder / "own.yaml").write_text("topology:\n" + "".join(f"  {key}: {value}\n" for key, value in files.items()))


def write_openmm(folder: Path, molecule: Molecule, system: openmm.System | None = None) -> None:
    _, topology = replicate(molecule, 1, 4.0, AtomisticOptions())
    (folder / "own.xml").write_text(openmm.XmlSerializer.serialize(system or molecule.system))
    with (folder / "own.pdb").open("w") as handle:
        app.PDBFile.writeFile(topology, molecule.positions_nm * unit.nanometer, handle)
    write_liquid(folder, openmm_system="own.xml", pdb="own.pdb")


def test_gromacs_topology_has_the_same_energy(tmp_path: Path) -> None:
    ours = molecule_of("CCC(C)CC")
    (tmp_path / "own.top").write_text(gromacs_top(ours))
    (tmp_path / "own.gro").write_text(gro(ours))
    write_liquid(tmp_path, gromacs_top="own.top", coordinates="own.gro")
    theirs = build_molecule(load_liquid("own", tmp_path))
    assert (theirs.elements, theirs.bonds) == (ours.elements, ours.bonds)
    assert theirs.masses_Da == pytest.approx(ours.masses_Da)
    bent = ours.positions_nm + np.random.default_rng(3).normal(0, 0.003, ours.positions_nm.shape)
    assert energy(theirs.system, bent) == pytest.approx(energy(ours.system, bent), abs=2e-3)

    options = AtomisticOptions(cutoff_nm=1.1)
    shifts = np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(3)]) * 0.8
    positions = (shifts[:, None] + bent[None]).reshape(-1, 3)
    liquid = [energy_and_forces(replicate(molecule, 27, 2.4, options)[0], positions) for molecule in (ours, theirs)]
    assert liquid[1][0] == pytest.approx(liquid[0][0], abs=0.1)
    assert liquid[1][1] == pytest.approx(liquid[0][1], abs=0.05)


def test_openmm_system_round_trip(tmp_path: Path) -> None:
    ours = molecule_of("CCc1ccccc1")
    system = openmm.XmlSerializer.deserialize(openmm.XmlSerializer.serialize(ours.system))
    system.addForce(openmm.CMMotionRemover())
    write_openmm(tmp_path, ours, system)
    theirs = build_molecule(load_liquid("own", tmp_path))
    assert energy(theirs.system, ours.positions_nm) == pytest.approx(energy(ours.system, ours.positions_nm), abs=1e-6)
    assert theirs.elements == ours.elements
    assert abs(theirs.positions_nm - theirs.positions_nm.mean(axis=0)).max() < 1


def test_two_molecules_are_refused(tmp_path: Path) -> None:
    ours = molecule_of("CCC")
    (tmp_path / "own.top").write_text(gromacs_top(ours, 2))
    (tmp_path / "own.gro").write_text(gro(ours, 2))
    write_liquid(tmp_path, gromacs_top="own.top", coordinates="own.gro")
    with pytest.raises(InputError, match=r"liquid 'own': .*own.top: holds 2 molecules"):
        build_molecule(load_liquid("own", tmp_path))


def test_missing_files_and_includes_are_named(tmp_path: Path) -> None:
    write_liquid(tmp_path, gromacs_top="own.top", coordinates="own.gro")
    with pytest.raises(InputError, match=r"own.top: no such file \(topology paths are relative"):
        build_molecule(load_liquid("own", tmp_path))
    (tmp_path / "own.top").write_text('#include "nowhere.itp"\n')
    (tmp_path / "own.gro").write_text("x\n0\n0 0 0\n")
    with pytest.raises(InputError, match=r"own.top: OpenMM cannot read this GROMACS topology: .*nowhere.itp"):
        build_molecule(load_liquid("own", tmp_path))


def test_unsupported_content_is_named(tmp_path: Path) -> None:
    ours = molecule_of("CCC")

    def refused(change: object, message: str) -> None:
        system = openmm.XmlSerializer.deserialize(openmm.XmlSerializer.serialize(ours.system))
        change(system)  # type: ignore[operator]
        write_openmm(tmp_path, ours, system)
        with pytest.raises(InputError, match=message):
            build_molecule(load_liquid("own", tmp_path))

    def charge(system: openmm.System) -> None:
        next(force for force in system.getForces() if isinstance(force, openmm.NonbondedForce)).setParticleParameters(0, 0.5, 1, 0)

    refused(
        lambda system: system.addForce(openmm.GBSAOBCForce()), "GBSAOBCForce is not supported; supported: CustomAngleForce, CustomBondForce"
    )
    refused(lambda system: system.addForce(openmm.MonteCarloBarostat(1, 300)), "MonteCarloBarostat is not supported")
    refused(lambda system: system.addConstraint(0, 1, 0.15), "has 1 constraints; give the flexible molecule")
    refused(lambda system: system.addParticle(1.0), "atoms in the force field|particles")
    refused(lambda system: system.setParticleMass(2, 0.0), "atom 2 is a virtual site or has no mass")
    refused(charge, r"the molecule carries a charge of \+0.680 e")


def test_draws_are_refused(tmp_path: Path) -> None:
    write_openmm(tmp_path, molecule_of("CCC"))
    with pytest.raises(InputError, match="drawn parameters need a smiles"):
        build_molecule(load_liquid("own", tmp_path), {"bond_CC_length_nm": 0.15})


def test_a_broken_system_is_named(tmp_path: Path) -> None:
    write_openmm(tmp_path, molecule_of("CCC"))
    (tmp_path / "own.xml").write_text("<System>")
    with pytest.raises(InputError, match=r"own.xml: not an OpenMM System in XML"):
        build_molecule(load_liquid("own", tmp_path))
