import mdtraj
import numpy as np
import pytest

from mobcg.config import CoarseGrainedOptions, ObservableOptions
from mobcg.engines.ensemble.engine import EnsembleEngine
from mobcg.engines.specification import RunSpecification
from mobcg.observables.rdf import RadialDistribution, check_rdf, radial_distribution, read_rdf, structure_error
from mobcg.outcomes import InputError
from tests.conftest import lennard_jones
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


def test_a_lattice_in_another_box():
    """A crystal has no fluctuations: the number of neighbours is the same in any box, g is not."""
    small, large = (radial_distribution(lattice("sc", edge, 0.5, 0.001, 3, 1), 0.02, r_max_nm=1.2) for edge in (6, 10))

    def shells(rdf):
        volumes = 4 / 3 * np.pi * ((rdf.r_nm + 0.01) ** 3 - (rdf.r_nm - 0.01) ** 3)
        return np.add.reduceat(rdf.g * volumes, np.searchsorted(rdf.r_nm, [0.0, 0.6, 0.8, 0.93, 1.06]))

    assert shells(small) / shells(large) == pytest.approx((1 - 1 / 1000) / (1 - 1 / 216))
    assert shells(small.in_box(216, 1000)) == pytest.approx(shells(large))


def test_a_liquid_in_another_box():
    """A Lennard-Jones liquid of 108 beads shows g too high by more than half a percent; as a box of 864 it is nearer by half and more."""
    potential, bins = lennard_jones(0.5, 1.5, 1.0), ObservableOptions(bin_width_nm=0.02, fit_window_ps=(2, 8))

    def measured(beads, production_ps, seeds):
        options = CoarseGrainedOptions(beads=beads, equilibration_ps=20, production_ps=production_ps, sample_interval_ps=0.5)
        state = {"thermostat": "langevin", "friction_per_ps": 1.0, "options": options, "observables": bins, "r_max_nm": 1.25}
        runs = [RunSpecification(potential, 86.0, 6.6, 298.15, seed, **state) for seed in range(seeds)]
        return [run.rdf for run in EnsembleEngine().run(runs)]

    def neighbours(rdf):
        return np.sum((rdf.g * rdf.r_nm**2)[(rdf.r_nm > 0.4) & (rdf.r_nm < 1.05)])

    large = np.array([neighbours(rdf) for rdf in measured(864, 200, 3)])
    small = np.array([[neighbours(rdf), neighbours(rdf.in_box(108, 864))] for rdf in measured(108, 400, 8)])
    before, after = small.mean(0) / large.mean() - 1
    error = np.hypot(small[:, 0].std(ddof=1) / np.sqrt(8) / large.mean(), large.std(ddof=1) / np.sqrt(3) / large.mean())
    assert before > 8 * error
    assert abs(after) < before / 2 + 3 * error


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
TABLE = "\n".join(f"{0.05 * i:.3f} 1.0 i" for i in range(20))
BROKEN = [
    ("r_nm,h\n" + GOOD, "column 'g' is missing"),
    ("r_nm,g\n0.1,1\n", "1 rows; a g"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,x"), "data row 6, column g: expected a finite number, found 'x'"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,"), "data row 6, column g"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,-0.1"), "data row 6: g must not be negative"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,nan"), "data row 6, column g: expected a finite number"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.250,inf"), "data row 6, column g: expected a finite number"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0", "0.200,1.0"), "r_nm must increase in even steps"),
    ("r_nm,g\n" + GOOD.replace("0.250,1.0\n", ""), "data row 6: r_nm must increase in even steps, found 0.2 then 0.3"),
    ("r_nm,g\n" + "\n".join(reversed(GOOD.splitlines())), "r_nm must increase in even steps"),
    ("g,r_nm\n" + GOOD, "the column g does: are the columns swapped"),
    ("r_nm,g,g_err\n" + GOOD.replace(",1.0", ",1.0,-0.1"), "data row 1: g_err must not be negative"),
    ("r_nm;g\n" + GOOD.replace(",", ";"), "column 'g' is missing"),
    ("r_A,g\n" + GOOD, "column 'r_nm' is missing; found"),
    (GOOD, "column 'g' is missing; .*allowed: csv with the columns r_nm,g"),
    ("-0.05,1\n", "column 'g' is missing"),
    ("r_nm,g\n" + "\n".join(f"{0.05 * i - 0.2:.3f},1.0" for i in range(20)), "data row 1: r_nm must not be negative"),
    ("", "cannot be read as csv"),
    ("# only comments\n", "it holds no data"),
    (TABLE.replace("0.250 1.0 i", "0.250 1.0"), "data row 6: expected r and g"),
    (TABLE.replace("0.250 1.0 i", "0.250 ? i"), "data row 6, column g: expected a finite number, found '\\?'"),
    ("\n".join(f"{0.05 * i:.3f}" for i in range(20)), "data row 1: expected r and g, found"),
    ("\n".join(f"{0.05 * i:.3f} 1 1 1" for i in range(20)), "3 columns behind r: .*one -sel"),
    ('@    xaxis  label "Time (ps)"\n@    yaxis  label "MSD (nm\\S2\\N)"\n' + TABLE, "against 'Time \\(ps\\)', no g"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_broken_files_are_refused_by_name(tmp_path, text, message):
    path = tmp_path / "rdf.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_rdf(path)
    assert str(path) in str(error.value)


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_rdf(tmp_path / "nothing.csv")


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "rdf.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="holds no text"):
        read_rdf(tmp_path / "rdf.csv")


@pytest.mark.parametrize("name", ["rdf.csv", "rdf.dist.tgt", "rdf.xvg"])
def test_tables_of_votca_and_gromacs(tmp_path, name):
    rows = [f"{0.05 * i:.3f} {i / 10:.2f}" for i in range(20)]
    flags = ["u" if i == 19 else "i" for i in range(20)]
    texts = {
        "rdf.csv": "\ufeffr_nm,g\n" + "\n".join(rows).replace(" ", ","),
        "rdf.dist.tgt": "# a VOTCA table\n" + "\n".join(f"{row} {flag}" for row, flag in zip(rows, flags, strict=True)),
        "rdf.xvg": '# gmx rdf\n@    title "Radial distribution"\n@    xaxis  label "r (nm)"\n@TYPE xy\n' + "\n".join(rows) + "\n&\n",
    }
    (tmp_path / name).write_text(texts[name], encoding="utf-8")
    rdf = read_rdf(tmp_path / name)
    assert len(rdf.g) == (19 if name.endswith("tgt") else 20)  # what VOTCA flags as undefined is left out
    assert rdf.r_nm[:19] == pytest.approx(0.05 * np.arange(19))
    assert rdf.g[:19] == pytest.approx(np.arange(19) / 10)


def liquid(scale=1.0, height=1.0, end=2.0, g=None):
    """A model g(r) with its peak at 0.56 nm, as at 5.5 molecules a nm3 (spacing 0.567 nm)."""
    r = np.arange(0.01, end, 0.01)
    shape = np.where(r < 0.45, 0, 1 + 1.6 * np.exp(-(((r - 0.56) / 0.06) ** 2)) - 0.4 * np.exp(-(((r - 0.8) / 0.1) ** 2)))
    return RadialDistribution(r * scale, height * shape if g is None else g(r, shape), np.zeros(len(r)))


UNLIKELY = [
    (liquid(scale=10), "highest peak of g lies at 5.6 nm, .* spacing is 0.567 nm; multiply r by 0.1 .r is in Angstrom."),
    (liquid(scale=0.1), "peak of g lies at 0.056 nm, .*multiply r by 10 "),
    (liquid(scale=1000), "multiply r by 0.001 .r is in pm."),
    (liquid(scale=4), "peak of g lies at 2.24 nm, .*the density is another liquid's"),
    (liquid(height=0.0), "g is 0 everywhere"),
    (liquid(height=130.0), "g ends at 130 on average, not at 1: counts"),
    (liquid(g=lambda r, shape: 5.5 * 4 / 3 * np.pi * r**3), "g ends at .* not at 1: counts or a coordination number"),
    (liquid(g=lambda r, shape: np.where(r > 1.2, 0.0, shape)), "g ends at 0 on average"),
    (liquid(end=1.0), "g ends at 0.99 nm; it must reach 1.9 spacings, 1.08 nm"),
    (liquid(g=lambda r, shape: 1 + r), "are the columns swapped"),
]


@pytest.mark.parametrize(("rdf", "message"), UNLIKELY)
def test_a_curve_that_cannot_be_this_liquids_is_refused(rdf, message):
    with pytest.raises(InputError, match=message) as error:
        check_rdf(rdf, 5.5, "mine.csv")
    assert str(error.value).startswith("mine.csv: ")


def test_liquids_pass():
    check_rdf(liquid(), 5.5, "mine.csv")
    check_rdf(liquid(), 4.0, "mine.csv")
    check_rdf(radial_distribution(lattice("bcc", 5, 0.8, 0.08, 5, 1), 0.02), 2 / 0.8**3, "crystal")
