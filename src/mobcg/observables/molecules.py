"""The molecules of a system: which atoms belong together, what they weigh, how they are put together across the boundary."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from mobcg.observables.topology import Topology
from mobcg.observables.unwrapping import nearest_image
from mobcg.outcomes import InputError

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

LONGEST_BOND_NM = 1.0
"""Mean distance of neighbours in a molecule above which topology and trajectory do not belong together."""


@dataclass(frozen=True)
class Molecules:
    """Molecules of one kind: atoms (molecules, atoms in each) by index, masses in Da of a molecule's atoms, bonds inside it (bonds, 2)."""

    name: str
    atoms: Integers
    masses_Da: Array
    bonds: Integers

    @property
    def mass_Da(self) -> float:  # noqa: N802 - units in names
        """Mass of one molecule in Da."""
        return float(self.masses_Da.sum())


def find_molecules(topology: Topology, residue: str | None = None, atoms_each: int | None = None) -> Molecules:
    """The molecules of a one-component liquid, or of one component.

    Rule: atoms joined by bonds are one molecule; an atom without bonds belongs to the molecule of its residue. `residue` keeps the
    molecules made of residues of that name (in a LAMMPS data file: of those atom types, as in 1-2); `atoms_each` cuts the atoms into
    consecutive molecules of that many instead. Raises InputError for a mixture, an unknown residue, a missing mass.
    """
    groups = _consecutive(topology, atoms_each) if atoms_each is not None else _fragments(topology)
    if residue is not None:
        groups = [group for group in groups if residue in topology.residues[group]]
        if not groups:
            raise InputError(
                f"{topology.source}: no residue is called {residue!r}; there are {', '.join(sorted(set(topology.residues))[:12])}"
            )
    kinds = Counter(tuple(topology.names[group]) for group in groups)
    if len(kinds) > 1:
        raise InputError(_mixture(topology, groups, kinds))
    atoms = np.array(groups, dtype=np.intp)
    if len(atoms) < 2:
        raise InputError(
            f"{topology.source}: all {topology.atoms} atoms are one molecule; where neither bonds nor residues tell the molecules apart, "
            "say how many atoms one has by --molecule-atoms"
        )
    first = atoms[0]
    _check_masses(topology, first)
    inside = {int(atom): place for place, atom in enumerate(first)}
    bonds = [[inside[int(a)], inside[int(b)]] for a, b in topology.bonds if int(a) in inside and int(b) in inside]
    return Molecules(str(topology.residues[first[0]]), atoms, topology.masses_Da[first], np.array(bonds, dtype=np.intp).reshape(-1, 2))


def _consecutive(topology: Topology, each: int) -> list[Integers]:
    if each < 1 or topology.atoms % each:
        raise InputError(f"{topology.source}: {topology.atoms} atoms cannot be cut into molecules of {each} (--molecule-atoms)")
    return list(np.arange(topology.atoms).reshape(-1, each))


def _fragments(topology: Topology) -> list[Integers]:
    free = np.ones(topology.atoms, dtype=bool)
    free[topology.bonds.ravel()] = False
    sequence = np.argsort(topology.residue_index, kind="stable")
    left, right = sequence[:-1], sequence[1:]
    together = (topology.residue_index[left] == topology.residue_index[right]) & (free[left] | free[right])
    pairs = np.concatenate([topology.bonds, np.column_stack([left, right])[together]])
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(topology.atoms,) * 2)
    _, label = connected_components(graph, directed=False)
    by_label = np.argsort(label, kind="stable")
    groups = np.split(by_label, np.flatnonzero(np.diff(label[by_label])) + 1)
    return sorted(groups, key=lambda group: int(group[0]))


def _mixture(topology: Topology, groups: list[Integers], kinds: Counter[tuple[str, ...]]) -> str:
    examples = {tuple(topology.names[group]): str(topology.residues[group[0]]) for group in groups}
    found = [f"{number} {examples[kind]} of {len(kind)} atoms" for kind, number in kinds.most_common(4)]
    hint = "choose one by --residue" if len(set(examples.values())) > 1 else "tell by --molecule-atoms how many atoms one has, all of them"
    return f"{topology.source}: holds {len(kinds)} kinds of molecules ({', '.join(found)}); a one-component liquid is needed: {hint}"


def _check_masses(topology: Topology, first: Integers) -> None:
    unknown = first[np.isnan(topology.masses_Da[first])]
    if len(unknown):
        name = str(topology.names[unknown[0]])
        raise InputError(
            f"{topology.source}: the mass of atom {unknown[0] + 1} ({name!r} in {topology.residues[unknown[0]]}) is not known: "
            f"a united atom, a bead or an unusual name; give masses by --mass {name}=14.027, by --masses FILE (csv: name,mass_Da), "
            "or one for all by --mass 72"
        )
    if topology.masses_Da[first].sum() <= 0:
        raise InputError(
            f"{topology.source}: a molecule of {topology.residues[first[0]]} weighs nothing; give masses by --mass or --masses FILE"
        )
    masses = topology.masses_Da[first]
    carbons = np.abs(masses - 12.011) < 0.05
    united = carbons & np.array([bool(re.match(r"^CH[1-4]", str(name).upper())) for name in topology.names[first]])
    hydrogens = np.abs(masses - 1.008) < 0.05
    if not hydrogens.any() and (united.any() or (carbons.all() and len(first) > 1)):
        found = ", ".join(map(str, topology.names[first][:6]))
        raise InputError(
            f"{topology.source}: a molecule of {topology.residues[first[0]]} ({found}) has carbon but no hydrogen: united atoms? "
            "Give their masses by --masses FILE (csv: name,mass_Da)"
        )


def spanning_tree(molecules: Molecules, positions_nm: Array, cell_nm: Array, source: str) -> tuple[Integers, Integers]:
    """Order and parents (atoms in a molecule,) in which molecules are put together: along bonds, and where none are known along the
    shortest distances (mean over the molecules) in one frame (atoms, 3). Raises InputError where neighbours are too far apart.
    """
    each = len(molecules.masses_Da)
    places = positions_nm[molecules.atoms]
    number = min(len(places), max(1, 2_000_000 // each**2))
    vectors = places[:number, :, None] - places[:number, None, :]
    near = np.linalg.norm(nearest_image(vectors.reshape(1, -1, 3), cell_nm[None]), axis=-1).reshape(number, each, each).mean(axis=0)
    weights = np.zeros((each, each))
    weights[molecules.bonds[:, 0], molecules.bonds[:, 1]] = 1.0
    if connected_components(weights, directed=False)[0] > 1:
        weights = np.triu(np.maximum(near, 1e-6), 1)
    tree = minimum_spanning_tree(coo_matrix(weights))
    order, parents = breadth_first_order(tree, 0, directed=False)
    longest = max((near[atom, parents[atom]] for atom in order[1:]), default=0.0)
    if longest > LONGEST_BOND_NM:
        raise InputError(
            f"{source}: neighbours in a molecule of {molecules.name} are {longest:.2g} nm apart on average: "
            "topology and trajectory do not belong together (other order of atoms?), or the molecules are cut wrongly"
        )
    return order.astype(np.intp), parents.astype(np.intp)
