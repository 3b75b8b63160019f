import pandas as pd
import pytest

from mobcg.config import Config, DrawRanges
from mobcg.forcefield.build import build_molecule
from mobcg.forcefield.draws import draw_parameters, draw_table, parameter_names
from mobcg.liquids import Liquid
from mobcg.outcomes import InputError

LIQUIDS = {
    "2,3,4-trimethylpentane": Liquid(name="2,3,4-trimethylpentane", smiles="CC(C)C(C)C(C)C"),
    "ethylbenzene": Liquid(name="ethylbenzene", smiles="CCc1ccccc1"),
}


def campaign(*counts: int, **ranges: object) -> Config:
    templates = [{"liquid": name, "parameter_sets": count, "ranges": ranges} for name, count in zip(LIQUIDS, counts, strict=False)]
    return Config.model_validate({"templates": templates})


def test_the_published_template_has_nineteen_parameters() -> None:
    names = parameter_names(LIQUIDS["2,3,4-trimethylpentane"])
    assert len(names) == 19
    assert names[:4] == ["bond_CC_length_nm", "bond_CC_constant_kj_per_mol_nm2", "bond_CH_length_nm", "bond_CH_constant_kj_per_mol_nm2"]
    assert names[-3:] == ["torsion_HCCH_V1_kj_per_mol", "torsion_HCCH_V2_kj_per_mol", "torsion_HCCH_V3_kj_per_mol"]


def test_ring_terms_are_not_drawn() -> None:
    names = parameter_names(LIQUIDS["ethylbenzene"])
    assert "bond_CaC_length_nm" in names
    assert "angle_CaCaC_degree" in names
    assert "torsion_CaCaCC_V2_kj_per_mol" in names
    assert not [name for name in names if "Ha" in name or "CaCaCa" in name or "_CaCa_" in name]


def test_draws_stay_inside_their_ranges_and_fill_them() -> None:
    table = draw_table(campaign(200), LIQUIDS)
    ranges = DrawRanges()
    for name, limits in [
        ("bond_CC_length_nm", ranges.bond_length_CC_nm),
        ("bond_CH_length_nm", ranges.bond_length_CH_nm),
        ("bond_CH_constant_kj_per_mol_nm2", ranges.bond_constant_kj_per_mol_nm2),
        ("angle_HCH_degree", ranges.angle_degree),
        ("angle_CCH_constant_kj_per_mol_rad2", ranges.angle_constant_kj_per_mol_rad2),
        ("torsion_CCCC_V3_kj_per_mol", ranges.torsion_kj_per_mol),
    ]:
        low, high = limits
        width = high - low
        assert table[name].between(low, high).all()
        assert table[name].min() < low + 0.05 * width
        assert table[name].max() > high - 0.05 * width
        assert table[name].mean() == pytest.approx((low + high) / 2, abs=5 * width / (12 * 200) ** 0.5)


def test_more_samples_leave_the_earlier_ones_unchanged() -> None:
    few, many = draw_table(campaign(3, 2), LIQUIDS), draw_table(campaign(8, 5), LIQUIDS)
    kept = many[many["sample"].isin(few["sample"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, kept)
    assert list(few["sample"])[-1] == "ethylbenzene-00001"
    assert many["bond_CC_length_nm"].nunique() == 13


def test_the_seed_changes_everything() -> None:
    liquid = LIQUIDS["ethylbenzene"]
    one, other = draw_parameters(liquid, DrawRanges(), 1, 0), draw_parameters(liquid, DrawRanges(), 2, 0)
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())


def test_a_templates_own_ranges_come_first() -> None:
    table = draw_table(campaign(20, bond_length_CC_nm=[0.15, 0.16]), LIQUIDS)
    assert table["bond_CC_length_nm"].between(0.15, 0.16).all()
    assert not table["bond_CH_length_nm"].between(0.15, 0.16).all()


def test_no_templates_give_an_empty_table() -> None:
    assert list(draw_table(Config(), LIQUIDS).columns) == ["sample", "template", "index"]


def test_unknown_and_repeated_templates_are_refused() -> None:
    with pytest.raises(InputError, match=r"config.templates\[0\].liquid: unknown liquid 'water'"):
        draw_table(Config.model_validate({"templates": [{"liquid": "water", "parameter_sets": 1}]}), LIQUIDS)
    twice = [{"liquid": "ethylbenzene", "parameter_sets": 1}] * 2
    with pytest.raises(InputError, match=r"config.templates\[1\].liquid: 'ethylbenzene' is a template already"):
        draw_table(Config.model_validate({"templates": twice}), LIQUIDS)


@pytest.mark.parametrize("name", LIQUIDS)
def test_drawn_molecules_can_be_built(name: str) -> None:
    for index in range(5):
        molecule = build_molecule(LIQUIDS[name], draw_parameters(LIQUIDS[name], DrawRanges(), 7, index))
        assert abs(molecule.positions_nm).max() < 1.5
