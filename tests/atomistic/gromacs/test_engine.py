import random
import shutil

import numpy as np
import pandas as pd
import pytest

from mobcg.atomistic.advance import Bath
from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.density import standard_error
from mobcg.atomistic.gromacs import program
from mobcg.atomistic.gromacs.engine import GromacsEngine, read_energies
from mobcg.atomistic.pack import pack
from mobcg.atomistic.run import simulate
from mobcg.atomistic.schedule import Pace, Stage
from mobcg.atomistic.segment import COLUMNS, Start
from mobcg.atomistic.timestep import plan_integration
from mobcg.config import AtomisticOptions
from mobcg.forcefield.build import build_molecule
from mobcg.liquids import Liquid
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.units import thermal_energy
from tests.atomistic.interruptible import begin

OPTIONS = AtomisticOptions(engine="gromacs", molecules=125, cutoff_nm=0.75, electrostatics="reaction-field", thermostat_time_ps=0.5)


@pytest.fixture
def argon(gmx, atom, tmp_path):
    def build(seed=7, options=OPTIONS, edge=2.2):
        molecule = atom()
        plan = plan_integration(molecule, options, 130.0)
        bulk = build_bulk(molecule, plan, options, edge)
        return GromacsEngine.build(gmx, molecule, plan, bulk, options, Bath(130.0, options.thermostat_time_ps, seed), tmp_path)

    return build


def _lattice(edge, temperature_K=130.0):
    grid = (np.stack(np.meshgrid(*[np.arange(5)] * 3, indexing="ij"), -1).reshape(-1, 3) + 0.5) * edge / 5
    velocities = np.random.default_rng(5).normal(scale=np.sqrt(thermal_energy(temperature_K) / 39.948), size=(125, 3))
    return Start(grid, velocities - velocities.mean(axis=0), edge)


def _column(segment, name):
    return segment.rows[:, COLUMNS.index(name)]


def test_segments_join_without_a_seam(argon):
    """With an idle bath two segments of ten samples are one of twenty: the velocities, half a step behind, go on as they were."""
    engine = argon(options=OPTIONS.model_copy(update={"thermostat_time_ps": 1e6}))
    stage, start = Stage("production", 10.0, None), _lattice(2.2)
    first = engine.advance(stage, Pace(4.0, 125, 20, 10), 0, start)
    second = engine.advance(stage, Pace(4.0, 125, 20, 10), 1, first.state_xml)
    whole = engine.advance(stage, Pace(4.0, 125, 20, 20), 0, start)
    np.testing.assert_array_equal(first.centres_nm, whole.centres_nm[:10])
    np.testing.assert_allclose(second.centres_nm[0], whole.centres_nm[10], atol=1e-3)
    assert _column(second, "temperature_K")[0] == pytest.approx(_column(whole, "temperature_K")[10], rel=1e-3)
    path = np.concatenate([first.centres_nm, second.centres_nm])
    assert np.abs(np.diff(path, axis=0)).max() < 1.1
    drift = path.mean(axis=1) - path[0].mean(axis=0)
    assert np.abs(drift).max() < 1e-4


def test_unwrapped_paths_leave_the_box(argon):
    engine = argon()
    segment = engine.advance(Stage("production", 60.0, None), Pace(4.0, 125, 60, 60), 0, _lattice(2.6, 400.0))
    assert np.ptp(segment.centres_nm, axis=0).max() > 2.6 / 2
    assert np.abs(np.diff(segment.centres_nm, axis=0)).max() < 0.6


def test_segment_repeats_bit_for_bit(argon):
    stage, speed = Stage("npt", 2.0, 2.0, pressure_bar=10.0), Pace(4.0, 125, 4, 4)
    runs = [argon().advance(stage, speed, 0, _lattice(2.0)) for _ in range(2)]
    assert runs[0].state_xml == runs[1].state_xml
    np.testing.assert_array_equal(runs[0].rows, runs[1].rows)
    other = argon(seed=8).advance(stage, speed, 0, _lattice(2.0))
    assert other.state_xml != runs[0].state_xml
    assert list(argon().folder.iterdir()) == []


def test_bath_and_barostat_hold_what_is_asked(argon):
    """Argon at 130 K: temperature and pressure within four standard errors, by the virial and the kinetic energy of GROMACS."""
    engine = argon(edge=2.0)
    melted = engine.advance(Stage("npt", 30.0, 2.0, pressure_bar=300.0), Pace(4.0, 125, 60, 60), 0, _lattice(2.0))
    segment = engine.advance(Stage("npt", 120.0, 2.0, pressure_bar=300.0), Pace(4.0, 125, 240, 240), 0, Start.from_xml(melted.state_xml))
    for name, wanted, largest in (("temperature_K", 130.0, 1.0), ("pressure_bar", 300.0, 20.0)):
        error = standard_error(_column(segment, name))
        assert abs(_column(segment, name).mean() - wanted) < 4 * error
        assert error < largest


def test_overlap_blows_up(argon, monkeypatch):
    """Without rigid bonds mdrun does not end by itself: the atoms are too far away to be put back into the box."""
    monkeypatch.setattr(program, "PATIENCE_S", 4.0)
    crushed = _lattice(2.0)
    with pytest.raises(PhysicalFailure) as caught:
        argon().advance(
            Stage("soft", 1.0, 1.0), Pace(4.0, 25, 10, 10), 0, Start(crushed.positions_nm * 0.4, crushed.velocities_nm_per_ps, 2.0)
        )
    assert caught.value.outcome is Outcome.BLOW_UP
    assert "stage soft" in caught.value.reason


def test_segments_lie_where_the_node_has_room_and_abandoned_ones_are_removed(argon, tmp_path, monkeypatch):
    scratch = tmp_path / "of-the-node"
    scratch.mkdir()
    monkeypatch.setenv("MOBCG_SCRATCH", str(scratch))
    abandoned, another = scratch / f"{argon().prefix}x", scratch / ".mobcg-gromacs-0123456789abcdef-x"
    for folder in (abandoned, another):
        folder.mkdir()
        (folder / "segment.trr").write_text("frames")
    engine = argon()
    assert engine.folder == scratch
    assert list(scratch.iterdir()) == [another]
    engine.advance(Stage("nvt", 0.02, 2.0), Pace(2.0, 5, 2, 2), 0, _lattice(2.2))
    assert list(scratch.iterdir()) == [another]


@pytest.mark.parametrize("edge", [1.6, 1.9])
def test_box_too_small_for_the_cutoff_is_an_outcome(argon, edge):
    """At once, and after the pressure has made it so."""
    stage = Stage("npt", 40.0, 2.0, pressure_bar=40000.0, barostat_time_ps=0.5)
    with pytest.raises(PhysicalFailure, match="cutoff_nm") as failure:
        argon(options=OPTIONS.model_copy(update={"cutoff_nm": 0.85})).advance(stage, Pace(2.0, 1000, 20, 20), 0, _lattice(edge))
    assert failure.value.outcome is Outcome.BOX_TOO_SMALL


def test_rigid_bonds_hold_and_molecules_are_whole(gmx, butane, brief, tmp_path):
    plan = plan_integration(butane, brief, 270.0)
    packed, edge = pack(butane.elements, plan.conformers_nm, 27, 3)
    positions = packed.reshape(-1, 3)
    engine = GromacsEngine.build(gmx, butane, plan, build_bulk(butane, plan, brief, edge), brief, Bath(270.0, 1.0, 3), tmp_path)
    soft = engine.advance(Stage("soft", 0.5, 10.0), Pace(0.5, 250, 4, 4), 0, Start(positions, np.zeros_like(positions), edge))
    movie = tmp_path / "production-00000.dcd"
    segment = engine.advance(Stage("production", 1.0, None), Pace(2.0, 125, 4, 4), 0, Start.from_xml(soft.state_xml), movie)
    placed = Start.from_xml(segment.state_xml).positions_nm.reshape(27, butane.atoms, 3)
    lengths = np.array([np.linalg.norm(placed[:, first] - placed[:, second], axis=1) for first, second, _ in plan.constraints])
    np.testing.assert_allclose(lengths, np.array([[distance] for *_, distance in plan.constraints]).repeat(27, 1), rtol=1e-4)
    for first, second in butane.bonds:
        assert np.linalg.norm(placed[:, first] - placed[:, second], axis=1).max() < 0.2
    mdtraj = pytest.importorskip("mdtraj")
    frames = mdtraj.load_dcd(str(movie), top=mdtraj.Topology.from_openmm(engine.bulk.topology))
    np.testing.assert_allclose(frames.xyz[-1], placed.reshape(-1, 3), atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == [movie.name]


@pytest.fixture(scope="module")
def quick(brief):
    return brief.model_copy(update={"engine": "gromacs"})


@pytest.fixture(scope="module")
def whole(gmx, butane, quick, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gromacs") / "run"
    return simulate(butane, 270.0, 1.0, quick, folder, seed=11), folder


def test_a_run_goes_through_all_stages_and_leaves_the_same_files(whole, gmx):
    run, folder = whole
    assert (run.outcome, run.reason, run.halvings, run.platform) == (Outcome.OK, "", 0, gmx.name)
    names = [name for name in run.thermodynamics["stage"].unique() if name != "npt-extension"]
    assert names == ["soft", "compress", "npt", "nvt", "production"]
    assert run.trajectory.positions_nm.shape == (12, 27, 3)
    assert run.thermodynamics.notna().all(axis=None)
    production = run.thermodynamics[run.thermodynamics["stage"] == "production"]
    assert production["density_g_per_cm3"].to_numpy() == pytest.approx(run.density_g_per_cm3, rel=1e-6)
    assert np.abs(np.diff(run.trajectory.positions_nm, axis=0)).max() < 0.4
    assert {path.suffix for path in folder.iterdir()} == {".npz", ".xml", ".json"}


def test_killed_run_ends_with_the_numbers_of_one_never_killed(whole, butane, quick, tmp_path):
    folder = tmp_path / "run"
    moments = random.Random(3)
    segment_s = np.median(np.diff(sorted(path.stat().st_mtime for path in whole[1].glob("[a-z]*.npz"))))
    for wanted in (2, 5):
        process = begin(folder, quick)
        while process.is_alive() and len(list(folder.glob("[a-z]*.npz"))) < wanted:
            process.join(0.01)
        process.join(moments.uniform(0.0, segment_s))
        assert process.is_alive(), "the run ended before it could be killed"
        process.kill()
        process.join()
    rest = simulate(butane, 270.0, 1.0, quick, folder, seed=11)
    np.testing.assert_array_equal(rest.trajectory.positions_nm, whole[0].trajectory.positions_nm)
    pd.testing.assert_frame_equal(rest.thermodynamics, whole[0].thermodynamics, check_exact=True)


def test_a_finished_run_gains_a_finely_sampled_stretch(whole, butane, quick, tmp_path):
    """In one interval no molecule goes farther than six standard deviations of its velocity take it."""
    folder = shutil.copytree(whole[1], tmp_path / "run")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    options = quick.model_copy(update={"short_time_ps": 0.12, "short_time_interval_ps": 0.02})
    run = simulate(butane, 270.0, 1.0, options, folder, seed=11)
    assert all((path.read_bytes(), path.stat().st_mtime_ns) == known for path, known in before.items())
    assert (run.short_time.positions_nm.shape, run.short_time.interval_ps) == ((6, 27, 3), pytest.approx(0.02))
    path = np.concatenate([run.trajectory.positions_nm[-1:], run.short_time.positions_nm])
    assert 0 < np.abs(np.diff(path, axis=0)).max() < 6 * np.sqrt(thermal_energy(270.0) / run.trajectory.mass_Da) * 0.02


@pytest.mark.slow
def test_both_engines_make_the_same_liquid(gmx, tmp_path):
    """Ethane at its boiling point (184.6 K), 64 molecules: density and potential energy within four standard errors."""
    molecule = build_molecule(Liquid(name="ethane", smiles="CC"))
    found = {}
    for engine in ("openmm", "gromacs"):
        options = AtomisticOptions(
            engine=engine,
            molecules=64,
            cutoff_nm=0.7,
            electrostatics="reaction-field",
            hydrogen_mass_Da=2.0,
            npt_ps=60.0,
            nvt_ps=1.0,
            production_ps=1.0,
            sample_interval_ps=0.25,
            checkpoint_ps=30.0,
            platform="CPU",
        )
        table = simulate(molecule, 184.6, 1.0, options, tmp_path / engine, seed=2).thermodynamics
        held = table[table["stage"] == "npt"].iloc[60:]
        columns = (held["density_g_per_cm3"].to_numpy(), held["potential_energy_kj_per_mol"].to_numpy() / 64)
        found[engine] = [(values.mean(), standard_error(values)) for values in columns]
    for (one, one_error), (other, other_error), largest in zip(found["openmm"], found["gromacs"], (0.01, 0.3), strict=True):
        error = np.hypot(one_error, other_error)
        assert abs(one - other) < 4 * error
        assert error < largest


def test_energies_are_found_by_name():
    text = '# words\n@ title "x"\n@ s0 legend "Potential"\n@ s1 legend "Temperature"\n 0.0  -5.0  300.0\n 0.5  -6.0  301.0\n'
    np.testing.assert_array_equal(read_energies(text, ("Temperature", "Potential")), [[300.0, 301.0], [-5.0, -6.0]])
