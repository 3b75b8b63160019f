"""From SMILES to typed atoms: rdkit builds the molecule, one SMARTS pattern of the table names each atom's type."""

from __future__ import annotations

from collections.abc import Sequence

from rdkit import Chem, rdBase

from mobcg.forcefield.parameters import AtomType, ForceField
from mobcg.outcomes import InputError

SCOPE = "alkanes and alkylbenzenes are parameterised; give a topology of your own (see docs)"


def parse_smiles(smiles: str) -> Chem.Mol:
    """The molecule of `smiles` with all its hydrogens. Raises InputError where rdkit cannot read it or finds several molecules."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise InputError(f"smiles {smiles!r}: not a SMILES string that rdkit can read")
    if len(Chem.GetMolFrags(molecule)) > 1:
        raise InputError(f"smiles {smiles!r}: holds {len(Chem.GetMolFrags(molecule))} molecules; a liquid has one component")
    return Chem.AddHs(molecule)


def assign_types(molecule: Chem.Mol, forcefield: ForceField) -> tuple[AtomType, ...]:
    """The type of every atom, in the molecule's order.

    Raises InputError that names an atom without a type (the cause of it before its neighbours), its neighbours and the reason.
    """
    candidates: list[list[AtomType]] = [[] for _ in range(molecule.GetNumAtoms())]
    for atom_type in forcefield.types:
        for (index,) in molecule.GetSubstructMatches(Chem.MolFromSmarts(atom_type.smarts), maxMatches=molecule.GetNumAtoms()):
            candidates[index].append(atom_type)
    untyped = [molecule.GetAtomWithIdx(index) for index, found in enumerate(candidates) if not found]
    if untyped:
        culprit = min(untyped, key=lambda atom: (atom.GetSymbol() in ("C", "H"), not _charged(atom), atom.GetDegree() == 4))
        raise InputError(f"{_describe(culprit)}: {_reason(culprit)}")
    for index, found in enumerate(candidates):
        if len(found) > 1:
            raise InputError(
                f"{_describe(molecule.GetAtomWithIdx(index))}: matches several types: {', '.join(item.name for item in found)}"
            )
    return tuple(found[0] for found in candidates)


def neutral(types: Sequence[AtomType]) -> bool:
    """Whether the charges add up to zero."""
    return abs(sum(item.charge_e for item in types)) < 1e-9


def _describe(atom: Chem.Atom) -> str:
    neighbours = ", ".join(f"{other.GetSymbol()}{other.GetIdx()}" for other in atom.GetNeighbors())
    return f"atom {atom.GetIdx()} ({atom.GetSymbol()}, bonded to {neighbours or 'nothing'})"


def _reason(atom: Chem.Atom) -> str:
    if atom.GetSymbol() not in ("C", "H"):
        return f"only hydrocarbons: {SCOPE}"
    if _charged(atom):
        return f"charged or radical atoms have no parameters: only {SCOPE}"
    if atom.GetIsAromatic():
        return f"an aromatic carbon needs a benzene ring of its own (no fused or joined rings) and H or alkyl on it: only {SCOPE}"
    if atom.GetSymbol() == "C" and atom.GetDegree() < 4:
        return f"double and triple bonds have no parameters: only {SCOPE}"
    if atom.IsInRingSize(3) or atom.IsInRingSize(4):
        return f"rings of three or four atoms have no parameters: only {SCOPE}"
    return f"its surroundings have no charge in the table (for example a carbon between two rings): only {SCOPE}"


def _charged(atom: Chem.Atom) -> bool:
    return bool(atom.GetFormalCharge() or atom.GetNumRadicalElectrons())
