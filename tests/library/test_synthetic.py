import numpy as np
import pytest

from mobcg.config import SyntheticOptions
from mobcg.library.synthetic import (
    CORE_KT,
    HIGHEST_KT,
    KIND,
    TAIL,
    TEMPERATURE_K,
    mie,
    random_shape,
    synthetic_index,
    synthetic_name,
    synthetic_parent,
    synthetic_parents,
)
from mobcg.seeds import generator
from mobcg.units import thermal_energy

KT = thermal_energy(TEMPERATURE_K)
OPTIONS = SyntheticOptions()


@pytest.mark.parametrize(("core", "depth", "repulsion", "attraction"), [(0.66, 0.05, 26, 6.5), (0.8, 1.0, 12, 6), (0.94, 1.6, 5, 1.5)])
def test_mie_has_the_core_and_the_depth_asked_for(core, depth, repulsion, attraction):
    x = np.linspace(0.3, 6, 200_001)
    u = mie(x, core, depth, repulsion, attraction)
    assert mie(np.array([core]), core, depth, repulsion, attraction)[0] == pytest.approx(CORE_KT, rel=1e-9)
    assert u.min() == pytest.approx(-depth, rel=1e-6)
    assert (np.diff(u[: np.argmin(u)]) <= 0).all()


def test_lennard_jones_is_mie_12_6():
    x = np.linspace(0.7, 2.5, 50)
    sigma = 0.8
    core = sigma * (0.5 + np.sqrt(0.25 + CORE_KT / 4)) ** (-1 / 6)
    assert mie(x, core, 1.0, 12, 6) == pytest.approx(4 * ((sigma / x) ** 12 - (sigma / x) ** 6))


def test_a_random_shape_lies_in_its_ranges_and_ends_at_the_cutoff_with_zero():
    density = 5.0
    for index in range(40):
        shape = random_shape(OPTIONS, density, TEMPERATURE_K, generator(1, index))
        x, u = shape.r_nm * density ** (1 / 3), shape.u_kj_per_mol / KT
        assert x[-1] == pytest.approx(OPTIONS.cutoff)
        assert u[-1] == 0
        assert abs(shape.force(shape.r_nm[-2])) < 0.05, "kJ/mol/nm: the force fades as well"
        # a step of 0.01 from the core's last point; the steepest core rises 4 kT x 26 / 0.66 a unit of x
        core = x[np.flatnonzero(u >= CORE_KT)[-1]]
        assert OPTIONS.core[0] - 0.011 < core < OPTIONS.core[1] + 0.001
        # the fading tail may make a wide well less deep
        assert 0.9 * OPTIONS.depth_kT[0] < -u.min() <= OPTIONS.depth_kT[1] * (1 + 1e-9)
        assert u[0] > HIGHEST_KT or shape.r_nm[0] < 0.02 * density ** (-1 / 3)
        shape.check_core(TEMPERATURE_K)


def test_before_the_tail_the_shape_is_mie_s_form():
    shape = random_shape(
        SyntheticOptions(core=(0.8, 0.8), depth_kT=(1, 1), repulsion=(12, 12), attraction=(6, 6)), 5.0, TEMPERATURE_K, generator(1)
    )
    x = shape.r_nm * 5.0 ** (1 / 3)
    before = x < OPTIONS.cutoff - TAIL
    assert shape.u_kj_per_mol[before] / KT == pytest.approx(mie(x[before], 0.8, 1.0, 12, 6))


def test_repulsion_stays_above_attraction():
    shape = random_shape(
        SyntheticOptions(core=(0.8, 0.8), depth_kT=(1, 1), repulsion=(5, 5.1), attraction=(4.9, 4.9)), 5.0, TEMPERATURE_K, generator(1)
    )
    x = shape.r_nm * 5.0 ** (1 / 3)
    before = x < OPTIONS.cutoff - TAIL
    assert shape.u_kj_per_mol[before] / KT == pytest.approx(mie(x[before], 0.8, 1.0, 6.9, 4.9))


def test_a_parent_has_a_random_stream_of_its_own():
    def values(parent):
        return parent.density_per_nm3, *parent.potential.r_nm, *parent.potential.u_kj_per_mol

    few, many = OPTIONS.model_copy(update={"runs": 2}), OPTIONS.model_copy(update={"runs": 2000, "runs_per_potential": 7})
    assert values(synthetic_parent(few, 3, 5)) == values(synthetic_parent(many, 3, 5))
    assert values(synthetic_parent(OPTIONS, 3, 5)) != values(synthetic_parent(OPTIONS, 3, 6))
    assert values(synthetic_parent(OPTIONS, 3, 5)) != values(synthetic_parent(OPTIONS, 4, 5))
    parent = synthetic_parent(OPTIONS, 3, 5)
    assert (parent.sample, parent.liquid, parent.template) == ("synthetic-000005", KIND, None)
    assert OPTIONS.density_per_nm3[0] <= parent.density_per_nm3 <= OPTIONS.density_per_nm3[1]


def test_names_lead_back_to_numbers():
    assert synthetic_index(synthetic_name(12)) == 12
    assert synthetic_index("ethylbenzene-00012") is None
    assert synthetic_index("benzene-reference") is None
    assert list(synthetic_parents(["a-00000", synthetic_name(3), synthetic_name(3)], OPTIONS, 1)) == [synthetic_name(3)]
