import mdtraj
import numpy as np
import pytest

from mobcg.observables.rdf import RadialDistribution, radial_distribution, read_rdf, structure_error
from mobcg.outcomes import InputError
from tests.observables.brownian import ideal_gas, lattice


def test_ideal_gas_is_one_within_its_errors():
    rdf = radial_distribution(ideal_gas(60, 400, 1), 0.05, blocks=10)
    pulls = (rdf.g - 1)[4:] / rdf.g_error[4:]
    # 26 bins, errors from 10 blocks (Student t, 9 degrees of freedom: standard deviation 1.13)
    assert np.abs(pulls.mean()) < 4 * 1.13 / np.sqrt(len(pulls))
    assert 0.6 < pulls.std() < 2.0


def test_simple_cubic_neighbours():
    rdf = radial_distribution(lattice("sc", 6, 0.5, 0.001, 3, 1), 0.02)
    density = 1 / 0.5**3
    shells = 4 / 3 * np.pi * ((rdf.r_nm + 0.01) ** 3 - (rdf.r_nm - 0.01) ** 3)
    neighbours = np.cumsum(rdf.g * density * 215 / 216 * shells)
    assert neighbours[np.searchsorted(rdf.r_nm, 0.55)] == pytest.approx(6)
    assert neighbours[np.searchsorted(rdf.r_nm, 0.75)] == pytest.approx(18)


def test_agrees_with_mdtraj():
    trajectory = ideal_gas(40, 50, 3)
    ours = radial_distribution(trajectory, 0.05, 1.45)
    topology = mdtraj.Topology()
    chain = topology.add_chain()
    for _ in range(40):
        topology.add_atom("A", mdtraj.element.argon, topology.add_residue("A", chain))
    other = mdtraj.Trajectory(
        trajectory.positions_nm, topology, unitcell_lengths=np.full((50, 3), 3.0), unitcell_angles=np.full((50, 3), 90.0)
    )
    r, g = mdtraj.compute_rdf(other, topology.select_pairs("all", "all"), r_range=(0, 1.45), bin_width=0.05)
    shared = min(len(r), len(ours.r_nm))
    width = r[1] - r[0]
    ours = radial_distribution(trajectory, width, 1.45)
    assert r[:shared] == pytest.approx(ours.r_nm[:shared], abs=1e-5)
    # with the N(N-1)/2 distinct pairs mdtraj normalises as we do; single precision may move a pair across an edge
    assert ours.g[3:shared] == pytest.approx(g[3:shared], rel=0.01)


def test_half_the_box_is_the_end():
    rdf = radial_distribution(ideal_gas(20, 5, 1, box_nm=2.0), 0.01)
    assert rdf.r_nm[-1] == pytest.approx(0.995)


def test_structure_error_is_zero_for_itself_and_one_for_a_constant():
    target = np.array([0.0, 0.5, 2.0, 1.0, 0.5])
    assert structure_error(target, target) == 0
    assert structure_error(np.full(5, target.mean()), target) == pytest.approx(1)


def test_csv_round_trip_and_interpolation(tmp_path):
    rdf = radial_distribution(ideal_gas(30, 20, 1), 0.05)
    rdf.write_csv(tmp_path / "rdf.csv")
    again = read_rdf(tmp_path / "rdf.csv")
    assert again.g == pytest.approx(rdf.g, rel=1e-8)
    assert RadialDistribution(rdf.r_nm, rdf.g, rdf.g_error).on_grid(rdf.r_nm[3:9]).g == pytest.approx(rdf.g[3:9])


GOOD = "\n".join(f"{0.05 * i:.3f},1.0" for i in range(20))
BROKEN = [
    ("r_nm,h\n" + GOOD, "column 'g' is missing"),
    ("r_nm,g\n0.1,1\n", "1 rows; a g"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,x"), "data row 6, column g: expected a finite number, found 'x'"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,"), "data row 6, column g"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,-0.1"), "data row 6: g must not be negative"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.200,1.0"), "r_nm must increase in even steps"),
    ("", "cannot be read as csv"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_broken_files_are_refused_by_name(tmp_path, text, message):
    path = tmp_path / "rdf.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_rdf(path)
    assert str(path) in str(error.value)


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_rdf(tmp_path / "nothing.csv")
