import math
from importlib import resources

import pytest
import yaml

from mobcg.forcefield.parameters import TABLE, Torsion, opls_hydrocarbons, parse
from mobcg.outcomes import InputError


def test_units_of_the_table() -> None:
    forcefield = opls_hydrocarbons()
    bond, angle = forcefield.bond(("HC", "CT")), forcefield.angle(("HC", "CT", "CT"))
    assert (bond.length_nm, bond.constant_kj_per_mol_nm2) == pytest.approx((0.109, 284512.0))
    assert (angle.angle_degree, angle.constant_kj_per_mol_rad2) == pytest.approx((110.7, 313.8))
    carbon = next(item for item in forcefield.types if item.name == "opls_135")
    assert (carbon.charge_e, carbon.sigma_nm, carbon.epsilon_kj_per_mol) == pytest.approx((-0.18, 0.35, 0.276144))


def test_every_entry_names_a_listed_source() -> None:
    content = yaml.safe_load(resources.files("mobcg.forcefield").joinpath(TABLE).read_text())
    content["bonds"][0]["source"] = "hearsay"
    with pytest.raises(InputError, match="bonds: unknown source 'hearsay'; known: jorgensen1990"):
        parse(content)


def test_an_exact_torsion_wins_over_a_wildcard() -> None:
    forcefield = opls_hydrocarbons()
    assert forcefield.torsion(("HA", "CA", "CA", "CT")).v2_kj_per_mol == pytest.approx(30.334)
    assert forcefield.torsion(("HC", "CT", "CA", "CA")).vanishes
    assert forcefield.torsion(("HC", "CT", "CT", "CA")).v3_kj_per_mol == pytest.approx(1.933008)


def test_a_missing_term_is_named() -> None:
    with pytest.raises(InputError, match="has no angle parameters for CA-CT-CA; known: CA-CA-CA"):
        opls_hydrocarbons().angle(("CA", "CT", "CA"))


@pytest.mark.parametrize("degree", [0, 37, 60, 120, 180, 290])
def test_both_forms_of_a_torsion_agree(degree: float) -> None:
    v1, v2, v3 = 5.4, -0.2, 0.8
    phi = math.radians(degree)
    fourier = v1 / 2 * (1 + math.cos(phi)) + v2 / 2 * (1 - math.cos(2 * phi)) + v3 / 2 * (1 + math.cos(3 * phi))
    powers = Torsion(v1, v2, v3).ryckaert_bellemans
    assert sum(c * math.cos(phi - math.pi) ** n for n, c in enumerate(powers)) == pytest.approx(fourier, abs=1e-12)
