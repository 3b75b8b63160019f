"""What a topology file tells: atoms with names, residues, masses and bonds."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mobcg.observables.lammps import is_data_file, read_data
from mobcg.outcomes import CHECK_PATH, InputError, absence, reason_of

Array = npt.NDArray[np.float64]

FORMATS = (".gro", ".pdb", ".cif", ".psf", ".prmtop", ".parm7", ".mol2", ".h5", ".gsd", ".arc", ".xml")

GUESSED = (".gro", ".pdb", ".gsd", ".mol2", ".arc")
"""Formats in which an element may be no more than a guess from the atom's name."""

COMMON = re.compile(r"^(H|D|He|Li|B|C|N|O|F|Ne|Na|Mg|Al|Si|P|S|Cl|Ar|K|Ca|Fe|Cu|Zn|Ge|Se|Br|Kr|I|Xe)$")
"""Elements that a guess from a name is believed for; a bead called W is no tungsten."""

MASSLESS = re.compile(r"^(M|MW|MW\d|EP|EPW|LP\d*|DUM|VS\d*)$")
"""Names of the sites without mass in four- and five-site waters and of lone pairs."""


@dataclass(frozen=True)
class Topology:
    """Atoms of a system: names and residue names (atoms,), index of the residue (atoms,), mass in Da (nan: unknown), bonds (bonds, 2)."""

    source: str
    names: npt.NDArray[np.str_]
    residues: npt.NDArray[np.str_]
    residue_index: npt.NDArray[np.intp]
    masses_Da: Array
    bonds: npt.NDArray[np.intp]
    mdtraj: Any = None

    @property
    def atoms(self) -> int:
        """Number of atoms."""
        return len(self.names)


def read_topology(path: Path | str) -> Topology:
    """Read any topology that mdtraj reads, or a LAMMPS data file (first lines: `N atoms`).

    Raises InputError where the file is absent, of an unknown kind or broken.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {absence(path)}; --topology wants {', '.join(FORMATS)} or a LAMMPS data file", CHECK_PATH)
    if is_data_file(path):
        return _of_lammps(path)
    if not path.name.lower().removesuffix(".gz").endswith(FORMATS):
        raise InputError(
            f"{path}: not a topology that can be read; allowed: {', '.join(FORMATS)} or a LAMMPS data file",
            "the file that names the atoms, such as conf.gro; frames go to --trajectory",
        )
    try:
        import mdtraj
    except ImportError as error:
        raise InputError(f"{path}: reading it needs the Python package mdtraj, which is not installed", "pip install mdtraj") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = mdtraj.load_topology(str(path))
    except Exception as error:  # whatever a broken file makes a parser raise
        reason = reason_of(error).replace("NoneType", "None")
        raise InputError(f"{path}: cannot be read as a topology ({reason})", "a whole file: write or copy it again") from error
    if read.n_atoms == 0:
        raise InputError(f"{path}: holds no atoms")
    atoms = list(read.atoms)
    guessed = path.name.lower().removesuffix(".gz").endswith(GUESSED)
    return Topology(
        str(path),
        np.array([atom.name for atom in atoms]),
        np.array([atom.residue.name for atom in atoms]),
        np.array([atom.residue.index for atom in atoms], dtype=np.intp),
        np.array([_mass(atom, guessed) for atom in atoms]),
        np.array([[bond[0].index, bond[1].index] for bond in read.bonds], dtype=np.intp).reshape(-1, 2),
        read,
    )


def _of_lammps(path: Path) -> Topology:
    data = read_data(path)
    names = np.array([f"type{kind}" for kind in data.types])
    alone = data.molecules == 0  # LAMMPS' mark of an atom that belongs to no molecule
    index = np.where(alone, data.molecules.max() + 1 + np.arange(len(names)), data.molecules)
    types = pd.Series(data.types).groupby(index).agg(lambda kinds: "-".join(map(str, sorted(set(kinds)))))
    return Topology(str(path), names, types.loc[index].to_numpy(dtype=str), index, data.masses_Da, data.bonds)


def _mass(atom: Any, guessed: bool) -> float:
    from mdtraj.core import element

    found = atom.element
    if MASSLESS.match(atom.name) and (found is None or found.symbol == "VS"):
        return 0.0
    if guessed and (pair := re.match(r"^(CL|BR|SI|AR|KR|XE)[0-9]*$", atom.name.upper())):
        found = element.get_by_symbol(pair[1].capitalize())
    if found is None or found.symbol == "VS" or (guessed and not COMMON.match(found.symbol)):
        return float("nan")
    return float(found.mass)


def with_masses(topology: Topology, given: float | Path | dict[str, float] | None) -> Topology:
    """The topology with masses in Da put in: one number for every atom, or by atom name (a dict, or a csv file of name,mass_Da)."""
    if given is None:
        return topology
    if isinstance(given, (int, float)):
        if not (np.isfinite(given) and given > 0):
            raise InputError(f"--mass: a mass must be positive, found {given}")
        return replace(topology, masses_Da=np.full(topology.atoms, float(given)))
    table = _read_masses(given) if isinstance(given, Path) else given
    unused = set(table) - set(topology.names)
    if unused:
        raise InputError(f"{given}: no atom of {topology.source} is called {sorted(unused)[0]!r}; there are {_few(topology.names)}")
    masses = [table.get(str(name), mass) for name, mass in zip(topology.names, topology.masses_Da, strict=True)]
    return replace(topology, masses_Da=np.array(masses))


def _read_masses(path: Path) -> dict[str, float]:
    try:
        frame = pd.read_csv(path, comment="#", dtype={"name": str})
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as csv ({reason_of(error)})") from error
    if {"name", "mass_Da"} - set(frame.columns):
        raise InputError(f"{path}: the masses file needs the columns name,mass_Da; found {list(frame.columns)}")
    values = pd.to_numeric(frame["mass_Da"], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~(values >= 0))
    if len(bad):
        raise InputError(f"{path}: data row {bad[0] + 1}: a mass is zero or positive, found {frame['mass_Da'].iloc[bad[0]]!r}")
    return {str(name).strip(): float(mass) for name, mass in zip(frame["name"], values, strict=True)}


def _few(names: npt.NDArray[np.str_], most: int = 8) -> str:
    found = sorted(set(map(str, names)))
    return ", ".join(found[:most]) + (", ..." if len(found) > most else "")
