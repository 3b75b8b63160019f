import numpy as np
import openmm
import pytest

from mobcg.atomistic.advance import Bath, Machine, run_segment
from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.density import standard_error
from mobcg.atomistic.pack import pack
from mobcg.atomistic.schedule import Pace, Stage, pace, stages
from mobcg.atomistic.segment import COLUMNS, Start
from mobcg.atomistic.timestep import plan_integration
from mobcg.config import AtomisticOptions
from mobcg.outcomes import Outcome, PhysicalFailure
from mobcg.platforms import select_platform
from mobcg.units import BAR_PER_KJ_MOL_NM3, thermal_energy

CPU = Machine(*select_platform("CPU", 1))
BATH = Bath(130.0, 0.5, 7)
OPTIONS = AtomisticOptions(molecules=125, cutoff_nm=0.85, electrostatics="reaction-field", platform="CPU", maximum_timestep_fs=4.0)


def _lattice(count, edge, velocity, mass):
    side = round(count ** (1 / 3))
    grid = (np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), -1).reshape(-1, 3) + 0.5) * edge / side
    velocities = np.random.default_rng(5).normal(scale=np.sqrt(thermal_energy(velocity) / mass), size=(count, 3))
    return Start(grid, velocities, edge)


def _column(segment, name):
    return segment.rows[:, COLUMNS.index(name)]


def test_pressure_of_an_ideal_gas_is_kinetic(atom):
    molecule = atom(epsilon=0.0)
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, 3.0)
    segment = run_segment(bulk, Stage("production", 5.0, None), Pace(4.0, 250, 5, 5), 0, _lattice(125, 3.0, 130.0, 39.948), BATH, CPU)
    kinetic = _column(segment, "temperature_K") * bulk.degrees_of_freedom / 2 * thermal_energy(1.0)
    np.testing.assert_allclose(_column(segment, "pressure_bar"), 2 / 3 * kinetic / 27.0 * BAR_PER_KJ_MOL_NM3, rtol=1e-4)


def test_argon_has_the_pressure_of_its_virial_and_the_temperature_of_its_bath(atom):
    """Pressure by change of volume against the virial of the same frames with its tail (Allen and Tildesley, 2.8)."""
    molecule, edge, cutoff, sigma, epsilon = atom(), 1.9, 0.85, 0.3405, 0.9977
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, edge)
    fluid, melt = Stage("production", 60.0, None), Stage("nvt", 10.0, 2.0)
    start = Start.from_xml(run_segment(bulk, melt, Pace(4.0, 250, 10, 10), 0, _lattice(125, edge, 130.0, 39.948), BATH, CPU).state_xml)
    segment = run_segment(bulk, fluid, Pace(4.0, 250, 60, 60), 0, start, BATH, CPU)
    density = 125 / edge**3
    tail = 16 / 3 * np.pi * density**2 * epsilon * sigma**3 * (2 / 3 * (sigma / cutoff) ** 9 - (sigma / cutoff) ** 3)
    virials = []
    for positions in segment.centres_nm.astype(float):
        apart = positions[:, None] - positions[None, :]
        squares = np.sum((apart - edge * np.round(apart / edge)) ** 2, axis=-1)[np.triu_indices(125, 1)]
        sixth = (sigma**2 / squares[squares < cutoff**2]) ** 3
        virials.append(np.sum(24 * epsilon * (2 * sixth**2 - sixth)) / (3 * edge**3))
    temperature = _column(segment, "temperature_K")
    kinetic = 2 / 3 * temperature * bulk.degrees_of_freedom / 2 * thermal_energy(1.0) / edge**3
    difference = _column(segment, "pressure_bar") - (np.array(virials) + kinetic + tail) * BAR_PER_KJ_MOL_NM3
    assert abs(difference.mean()) < 4 * standard_error(difference)
    assert standard_error(difference) < 20
    assert abs(temperature.mean() - 130) < 4 * standard_error(temperature)


def test_segments_join_without_a_seam(atom):
    """Two segments of ten samples: the molecules stay unwrapped, and the chain of the bath goes on where it stood."""
    molecule = atom()
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, 2.2)
    stage, speed = Stage("production", 20.0, None), Pace(4.0, 250, 20, 10)
    first = run_segment(bulk, stage, speed, 0, _lattice(125, 2.2, 260.0, 39.948), BATH, CPU)
    second = run_segment(bulk, stage, speed, 1, first.state_xml, BATH, CPU)
    assert "NoseHoover" in first.state_xml or "IntegratorParameters" in first.state_xml
    assert _column(second, "time_ps")[0] == pytest.approx(_column(first, "time_ps")[-1] + 1.0)
    path = np.concatenate([first.centres_nm, second.centres_nm])
    assert np.abs(np.diff(path, axis=0)).max() < 1.1
    assert np.ptp(path, axis=0).max() > 2.2 / 2
    whole = run_segment(bulk, stage, Pace(4.0, 250, 20, 20), 0, _lattice(125, 2.2, 260.0, 39.948), BATH, CPU)
    np.testing.assert_allclose(second.centres_nm[0], whole.centres_nm[10], atol=1e-3)
    drift = path.mean(axis=1) - path[0].mean(axis=0)
    assert np.abs(drift).max() < 1e-5


def test_segment_repeats_bit_for_bit(atom):
    molecule = atom()
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, 2.0)
    stage, speed = Stage("npt", 2.0, 2.0, pressure_bar=10.0), Pace(4.0, 125, 4, 4)
    start = _lattice(125, 2.0, 130.0, 39.948)
    runs = [run_segment(bulk, stage, speed, 0, start, BATH, CPU) for _ in range(2)]
    assert runs[0].state_xml == runs[1].state_xml
    np.testing.assert_array_equal(runs[0].rows, runs[1].rows)
    other = run_segment(bulk, stage, speed, 0, start, Bath(130.0, 0.5, 8), CPU)
    assert other.state_xml != runs[0].state_xml


def test_overlap_blows_up(atom):
    molecule = atom()
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, 2.0)
    crushed = _lattice(125, 2.0, 130.0, 39.948)
    crushed = Start(crushed.positions_nm * 0.4, crushed.velocities_nm_per_ps, 2.0)
    with pytest.raises(PhysicalFailure) as caught:
        run_segment(bulk, Stage("soft", 1.0, 1.0), Pace(4.0, 25, 10, 10), 0, crushed, BATH, CPU)
    assert caught.value.outcome is Outcome.BLOW_UP
    assert "stage soft" in caught.value.reason


def test_box_too_small_for_the_cutoff_is_an_outcome(atom):
    molecule = atom()
    bulk = build_bulk(molecule, plan_integration(molecule, OPTIONS, 130.0), OPTIONS, 1.75)
    stage = Stage("npt", 40.0, 2.0, pressure_bar=9000.0, barostat_interval=1)
    with pytest.raises(PhysicalFailure, match="cutoff_nm") as failure:
        run_segment(bulk, stage, Pace(4.0, 500, 20, 20), 0, _lattice(125, 1.75, 130.0, 39.948), BATH, CPU)
    assert failure.value.outcome is Outcome.BOX_TOO_SMALL


def test_all_atoms_are_kept_where_asked(butane, brief, tmp_path):
    plan = plan_integration(butane, brief, 270.0)
    packed, edge = pack(butane.elements, plan.conformers_nm, 27, 3)
    bulk = build_bulk(butane, plan, brief, edge)
    positions = packed.reshape(-1, 3)
    context = openmm.Context(bulk.system, openmm.VerletIntegrator(0.001), CPU.platform, CPU.properties)
    context.setPositions(positions)
    openmm.LocalEnergyMinimizer.minimize(context, 10, 50)
    start = Start.of(context.getState(positions=True, velocities=True))
    stage = stages(brief, 1.0)["production"]
    speed = pace(stage, brief, 1.0, 0)
    movie = tmp_path / "production-00000.dcd"
    segment = run_segment(bulk, stage, speed, 0, start, Bath(270.0, 1.0, 3), CPU, movie)
    mdtraj = pytest.importorskip("mdtraj")
    frames = mdtraj.load_dcd(str(movie), top=mdtraj.Topology.from_openmm(bulk.topology))
    assert frames.n_frames == len(segment.rows) == 4
    assert frames.unitcell_lengths[0] == pytest.approx([edge] * 3, rel=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["production-00000.dcd"]
