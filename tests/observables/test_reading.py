import numpy as np
import pytest

from benchmarks.lammps_liquid import executable
from mobcg.observables.diffusion import diffusion
from mobcg.observables.rdf import radial_distribution
from mobcg.observables.reading import Reading, read_trajectory
from tests.observables import files, gromacs_liquid, lammps_liquid

needs_gromacs = pytest.mark.skipif(gromacs_liquid.GMX is None, reason="needs GROMACS (gmx)")
needs_lammps = pytest.mark.skipif(executable() is None, reason="needs LAMMPS (lmp)")

EDGE = 2.55
DODECAHEDRON = EDGE * 2 ** (1 / 6) * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 2**-0.5]])
CENTRE = (np.array([15.999, 1.008, 1.008]) @ files.SITES) / 18.015


def save(folder, atoms, name="run.xtc", made=None, **options):
    read = files.trajectory(atoms, made, **options)
    read.save(str(folder / name))
    read[0].save(str(folder / "system.pdb"))
    return folder / "system.pdb", folder / name


@pytest.mark.parametrize("name", ["run.xtc", "run.trr", "run.nc", "run.pdb"])
@pytest.mark.parametrize("form", ["unwrapped", "wrapped", "whole"])
def test_every_form_of_a_file_gives_the_true_centres(tmp_path, name, form):
    atoms = files.paths()
    whole = atoms - files.EDGE * np.floor(atoms[:, :, :1] / files.EDGE)
    given = {"unwrapped": atoms, "wrapped": files.wrapped(atoms), "whole": whole}[form]
    read = read_trajectory(*save(tmp_path, given, name), Reading(frame_interval_ps=0.5 if name.endswith("pdb") else None))
    truth = atoms[:, :, 0] + CENTRE
    # single precision and the three decimals of xtc and pdb: 0.0005 nm an atom
    assert np.diff(read.positions_nm, axis=0) == pytest.approx(np.diff(truth, axis=0), abs=1.2e-3)
    away = (read.positions_nm[0] - truth[0]) / files.EDGE
    assert away == pytest.approx(np.rint(away), abs=1e-3)
    assert read.mass_Da == pytest.approx(18.015, abs=1e-3)
    assert read.interval_ps == pytest.approx(0.5)
    assert read.cells_nm is None


def test_times_that_replace_those_of_the_file_are_told(tmp_path, caplog):
    topology, trajectory = save(tmp_path, files.paths())
    told = read_trajectory(topology, trajectory)
    assert caplog.messages == []
    taken = read_trajectory(topology, trajectory, Reading(frame_interval_ps=1.0))
    assert taken.interval_ps == pytest.approx(2 * told.interval_ps)
    assert len(caplog.messages) == 1
    assert "tells a frame every 0.5 ps; --frame-interval-ps makes it 1 ps" in caplog.messages[0]


def test_a_wrapped_copy_gives_the_same_result(tmp_path):
    atoms = files.paths(molecules=60, frames=400)
    for form in ("a", "b"):
        (tmp_path / form).mkdir()
    one = read_trajectory(*save(tmp_path / "a", atoms, "run.trr"))
    two = read_trajectory(*save(tmp_path / "b", files.wrapped(atoms), "run.trr"))
    # trr holds single precision: 2e-7 of a few nm
    assert radial_distribution(one, 0.05).g == pytest.approx(radial_distribution(two, 0.05).g, abs=0.02)
    assert diffusion(one, (2, 20)).diffusion.value == pytest.approx(diffusion(two, (2, 20)).diffusion.value, rel=1e-4)


def test_broken_molecules_without_bonds_are_made_whole_along_their_distances(tmp_path):
    made = files.topology(names=("C1", "H1", "O1"), residue="ABC", bonds=False)
    atoms = files.paths()
    one = read_trajectory(*save(tmp_path, files.wrapped(atoms), "run.trr", made))
    centre = np.array([12.011, 1.008, 15.999]) @ files.SITES / 29.018
    assert np.diff(one.positions_nm, axis=0) == pytest.approx(np.diff(atoms[:, :, 0] + centre, axis=0), abs=1e-4)


def test_begin_end_stride_and_parts(tmp_path):
    atoms = files.paths()
    pdb, whole = save(tmp_path, atoms, "run.trr")
    full = read_trajectory(pdb, whole)
    cut = read_trajectory(pdb, whole, Reading(begin_ps=2.0, end_ps=15.0, stride_ps=1.0))
    assert cut.time_ps == pytest.approx(np.arange(2.0, 15.1))
    assert np.diff(cut.positions_nm, axis=0) == pytest.approx(np.diff(full.positions_nm[4:31:2], axis=0), abs=1e-6)
    read = files.trajectory(atoms)
    read[:21].save(str(tmp_path / "one.trr"))
    read[20:].save(str(tmp_path / "two.trr"))  # the frame at the seam stands in both
    joined = read_trajectory(pdb, [tmp_path / "one.trr", tmp_path / "two.trr"])
    assert joined.positions_nm == pytest.approx(full.positions_nm, abs=1e-6)


def test_chunks_do_not_matter(tmp_path, monkeypatch):
    pdb, path = save(tmp_path, files.wrapped(files.paths()), "run.trr")
    full = read_trajectory(pdb, path)
    monkeypatch.setattr("mobcg.observables.frames.CHUNK_ATOMS", 7 * 60)
    assert read_trajectory(pdb, path).positions_nm == pytest.approx(full.positions_nm, abs=1e-9)


def test_one_component_of_a_mixture(tmp_path):
    made = files.topology(15).join(files.topology(5, names=("C", "H1", "H2"), residue="ABC"))
    read = read_trajectory(*save(tmp_path, files.paths(), "run.trr", made), Reading(residue="ABC"))
    assert read.molecules == 5
    assert read.mass_Da == pytest.approx(12.011 + 2.016, abs=1e-3)


def test_lammps_dump_without_molecules_and_with_masses_given(tmp_path):
    files.data(tmp_path / "system.data", masses="")
    files.dump(tmp_path / "run.dump", files.wrapped(files.paths()))
    options = Reading(timestep_ps=0.001, masses={"type1": 15.999, "type2": 1.008, "type3": 1.008})
    read = read_trajectory(tmp_path / "system.data", tmp_path / "run.dump", options)
    assert read.interval_ps == pytest.approx(0.1)
    assert np.diff(read.positions_nm, axis=0) == pytest.approx(np.diff(files.paths()[:, :, 0] + CENTRE, axis=0), abs=1e-5)


@needs_gromacs
@pytest.mark.parametrize("cell", [EDGE * np.eye(3), DODECAHEDRON], ids=["cube", "dodecahedron"])
def test_agrees_with_gromacs(tmp_path, cell):
    folder = gromacs_liquid.simulate(tmp_path, cell, 30000)
    chosen = ("-f", "traj.xtc", "-s", "topol.tpr", "-selrpos", "mol_com", "-seltype", "mol_com", "-sel", "all")
    gromacs_liquid.run(folder, "rdf", *chosen, "-ref", "all", "-o", "rdf.xvg", "-bin", 0.01, "-b", 20, "-rmax", 1.0)
    gromacs_liquid.run(folder, "msd", *chosen, "-o", "msd.xvg", "-trestart", 1, "-beginfit", 5, "-endfit", 20)
    masses = folder / "masses.csv"
    read = read_trajectory(folder / "conf.gro", folder / "traj.xtc", Reading(masses=masses, begin_ps=20))
    # GROMACS' bins are centred on multiples of the width, and it divides by N N instead of N (N-1)
    ours = radial_distribution(read, 0.005, 1.0)
    shells = np.diff((0.005 * np.arange(len(ours.g) + 1)) ** 3)
    pairs, volumes = ((values[1:-1].reshape(-1, 2).sum(axis=1)) for values in (ours.g * shells, shells))
    theirs = gromacs_liquid.read_xvg(folder / "rdf.xvg")[1:, 1]
    shared = min(len(theirs), len(pairs))
    # three decimals; a pair at an edge may fall into the next bin: one pair in 101 frames is 0.002 at 0.4 nm
    assert (pairs / volumes)[:shared] * 124 / 125 == pytest.approx(theirs[:shared], abs=5e-3)
    everything = read_trajectory(folder / "conf.gro", folder / "traj.xtc", Reading(masses=masses))
    found = diffusion(everything, (5, 20)).diffusion
    line = next(line for line in (folder / "msd.xvg").read_text().splitlines() if "D[" in line)
    value = float(line.split("=")[1].split()[0])
    # the same frames, two ways of fitting: they differ by less than the statistical error
    assert abs(value - found.value) < 2 * found.error
    curve = gromacs_liquid.read_xvg(folder / "msd.xvg")
    assert diffusion(everything, (5, 20)).msd_nm2[1:11] == pytest.approx(curve[1:11, 1], rel=0.05)


@needs_lammps
def test_argon_agrees_with_lammps(tmp_path):
    folder = lammps_liquid.run(tmp_path, lammps_liquid.ARGON)
    files_ = folder / "system.data", folder / "argon.lammpstrj"
    rdf = radial_distribution(read_trajectory(*files_, Reading(timestep_ps=0.004, begin_ps=0.05)), 0.01, 0.8)
    theirs = lammps_liquid.read_vectors(folder / "rdf.txt")[-1][:, 2]
    # the same 100 frames; a pair at a bin's edge may fall into the next: about 0.002 at 0.35 nm
    assert rdf.g == pytest.approx(theirs, abs=5e-3)
    read = read_trajectory(*files_, Reading(timestep_ps=0.004))
    moved = read.positions_nm - read.positions_nm.mean(axis=1, keepdims=True)
    msd = np.mean(np.sum((moved - moved[0]) ** 2, axis=2), axis=1)
    assert msd == pytest.approx(np.loadtxt(folder / "msd.txt")[:, 1] / 100, abs=1e-5)


@needs_lammps
def test_centres_of_dimers_in_a_tilted_cell_agree_with_lammps(tmp_path):
    folder = lammps_liquid.run(tmp_path, lammps_liquid.DIMERS)
    read = read_trajectory(folder / "system.data", folder / "dimers.lammpstrj", Reading(timestep_ps=0.002))
    theirs = lammps_liquid.read_vectors(folder / "centres.txt")[:, :, 1:] / 10
    assert read.molecules > 80
    assert read.mass_Da == 50
    assert read.cells_nm[0] == pytest.approx(np.array([[2.2, 0, 0], [0.6, 2.0, 0], [-0.4, 0.5, 2.1]]))
    # six digits of a few tens of Angstrom in both files
    assert np.diff(read.positions_nm, axis=0) == pytest.approx(np.diff(theirs, axis=0), abs=1e-4)
