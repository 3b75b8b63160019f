import numpy as np
import pytest

from mobcg.outcomes import InputError
from mobcg.potential.pair import PairPotential, read_potential
from tests.conftest import lennard_jones


def test_force_is_minus_the_slope_of_the_energy(soft):
    r = np.linspace(0.2, 1.15, 200)
    numeric = -(soft.energy(r + 1e-6) - soft.energy(r - 1e-6)) / 2e-6
    assert soft.force(r) == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_below_the_table_a_straight_line_and_beyond_it_nothing(soft):
    slope = float(soft.force(0.3))
    assert soft.force([0.05, 0.2]) == pytest.approx([slope, slope])
    assert soft.energy(0.2) == pytest.approx(soft.energy(0.3) + 0.1 * slope)
    assert soft.energy([1.2, 5.0]).tolist() == [0, 0]


def test_stiffness_and_step_of_a_harmonic_well():
    k = 1000.0
    r = np.linspace(0.1, 1.0, 901)
    well = PairPotential(r, 0.5 * k * (r - 0.5) ** 2)
    assert well.stiffness(300) == pytest.approx(k, rel=1e-2)
    period = 2 * np.pi * np.sqrt(80 / (2 * k))
    assert well.timestep_fs(80, 300, 20, 1e6) == pytest.approx(1000 * period / 20, rel=1e-2)
    assert well.timestep_fs(80, 300, 20, 5.0) == 5.0


def test_step_scales_with_the_root_of_the_mass():
    potential = lennard_jones(0.34, 1.0, 1.0)
    assert potential.timestep_fs(160, 120, 20, 1e6) == pytest.approx(2 * potential.timestep_fs(40, 120, 20, 1e6))


def test_round_trip(tmp_path, soft):
    soft.write_csv(tmp_path / "potential.csv")
    again = read_potential(tmp_path / "potential.csv")
    r = np.linspace(0.25, 1.25, 300)
    assert again.energy(r) == pytest.approx(soft.energy(r), abs=1e-6)


def test_core_must_repel(soft):
    soft.check_core(298)
    attractive = PairPotential(soft.r_nm, -soft.u_kj_per_mol)
    with pytest.raises(InputError, match="core does not repel"):
        attractive.check_core(298)


@pytest.mark.parametrize(
    ("r", "u", "message"),
    [
        (np.linspace(0.3, 1, 5), np.zeros(5), "at least 10"),
        (np.linspace(0.3, 1, 20), np.zeros(19), "shapes"),
        (np.linspace(0.3, 1, 20), np.where(np.arange(20) == 7, np.nan, 0.0), "row 8 of the potential"),
        (
            np.delete(np.linspace(0.3, 1, 21), 9),
            np.zeros(20),
            "row 10 of the potential: r must start at 0 or above and increase in even steps",
        ),
        (np.linspace(-0.1, 1, 20), np.zeros(20), "must start at 0"),
    ],
)
def test_bad_tables_are_refused(r, u, message):
    with pytest.raises(InputError, match=message):
        PairPotential(r, u)


def test_bad_files_are_named(tmp_path):
    path = tmp_path / "potential.csv"
    path.write_text("r_nm,u\n0.1,1\n")
    with pytest.raises(InputError, match=r"potential\.csv: column 'u_kj_per_mol' is missing"):
        read_potential(path)
    path.write_text("r_nm,u_kj_per_mol\n0.1,1\n")
    with pytest.raises(InputError, match=r"potential\.csv: a potential needs at least 10"):
        read_potential(path)
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        read_potential(tmp_path / "absent.csv")
