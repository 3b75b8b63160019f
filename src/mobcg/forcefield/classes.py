"""Names of the drawn terms: by element, aromatic ring atoms apart (Ca, Ha), in an order that does not depend on the direction.

Terms that hold an aromatic ring together keep the force field's values, else random ones tear the ring: bonds and angles wholly
inside the ring (its carbons and their hydrogens), torsions about a ring bond, and impropers.
"""

from __future__ import annotations

from collections.abc import Sequence

RANK = {"Ca": 0, "C": 1, "H": 2, "Ha": 3}
NAMES = {"CA": "Ca", "CT": "C", "HC": "H", "HA": "Ha"}
RING = frozenset({"CA", "HA"})


def drawn_class(classes: Sequence[str]) -> str | None:
    """Name of a bond, angle or torsion between the force field's `classes`, such as CCH or CaCC; None where the term is kept."""
    core = classes[1:3] if len(classes) == 4 else classes
    if RING.issuperset(core):
        return None
    names = [NAMES[item] for item in classes]
    return "".join(min(names, names[::-1], key=lambda order: [RANK[item] for item in order]))


def bond_parameters(name: str) -> tuple[str, str]:
    """Keys of a drawn bond: length, constant."""
    return f"bond_{name}_length_nm", f"bond_{name}_constant_kj_per_mol_nm2"


def angle_parameters(name: str) -> tuple[str, str]:
    """Keys of a drawn angle: angle, constant."""
    return f"angle_{name}_degree", f"angle_{name}_constant_kj_per_mol_rad2"


def torsion_parameters(name: str) -> tuple[str, str, str]:
    """Keys of a drawn torsion: V1, V2, V3."""
    return f"torsion_{name}_V1_kj_per_mol", f"torsion_{name}_V2_kj_per_mol", f"torsion_{name}_V3_kj_per_mol"
