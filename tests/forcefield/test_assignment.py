from collections import Counter

import pytest

from mobcg.forcefield.assignment import assign_types, neutral, parse_smiles
from mobcg.forcefield.parameters import opls_hydrocarbons
from mobcg.outcomes import InputError

COUNTS = {
    "C": {"opls_138": 1, "opls_140": 4},
    "CCCCCC": {"opls_135": 2, "opls_136": 4, "opls_140": 14},
    "CC(C)C(C)C(C)C": {"opls_135": 5, "opls_137": 3, "opls_140": 18},
    "CCC(C)CC": {"opls_135": 3, "opls_136": 2, "opls_137": 1, "opls_140": 14},
    "CC(C)(C)C": {"opls_135": 4, "opls_139": 1, "opls_140": 12},
    "CC(C)C(C)C": {"opls_135": 4, "opls_137": 2, "opls_140": 14},
    "CCCC(CC)CC": {"opls_135": 3, "opls_136": 4, "opls_137": 1, "opls_140": 18},
    "C1CCCCC1": {"opls_136": 6, "opls_140": 12},
    "c1ccccc1": {"opls_145": 6, "opls_146": 6},
    "CCc1ccccc1": {"opls_145": 6, "opls_146": 5, "opls_149": 1, "opls_135": 1, "opls_140": 5},
    "Cc1cc(C)cc(C)c1": {"opls_145": 6, "opls_146": 3, "opls_148": 3, "opls_140": 9},
    "CC(C)c1ccccc1": {"opls_145": 6, "opls_146": 5, "opls_515": 1, "opls_135": 2, "opls_140": 7},
    "CC(C)(C)c1ccccc1": {"opls_145": 6, "opls_146": 5, "opls_516": 1, "opls_135": 3, "opls_140": 9},
}


@pytest.mark.parametrize(("smiles", "counts"), COUNTS.items())
def test_types_and_charge(smiles: str, counts: dict[str, int]) -> None:
    types = assign_types(parse_smiles(smiles), opls_hydrocarbons())
    assert Counter(item.name for item in types) == counts
    assert neutral(types)


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        (
            "CCO",
            r"atom 2 \(O, bonded to C1, H8\): only hydrocarbons: alkanes and alkylbenzenes are parameterised; give a topology of your own",
        ),
        ("CCl", r"atom 1 \(Cl, bonded to C0\): only hydrocarbons"),
        ("C=C", r"atom 0 \(C, bonded to C1, H2, H3\): double and triple bonds"),
        ("CC=C", r"double and triple bonds|double or triple bond"),
        ("C#C", "double and triple bonds"),
        ("[CH3]", "charged or radical atoms"),
        ("C[CH2-]", "charged or radical atoms"),
        ("C1CC1", "rings of three or four atoms"),
        ("C1CCC1", "rings of three or four atoms"),
        ("c1ccc2ccccc2c1", "no fused or joined rings"),
        ("c1ccccc1-c1ccccc1", "no fused or joined rings"),
        ("c1ccccc1Cc1ccccc1", "between two rings"),
        ("c1ccncc1", r"atom 3 \(N, bonded to C2, C4\)"),
    ],
)
def test_untypable_molecules(smiles: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        assign_types(parse_smiles(smiles), opls_hydrocarbons())


@pytest.mark.parametrize(("smiles", "message"), [("C(C", "not a SMILES"), ("", "not a SMILES"), ("CC.CC", "holds 2 molecules")])
def test_unreadable_smiles(smiles: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_smiles(smiles)
