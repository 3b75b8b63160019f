import numpy as np
import pytest

from mobcg.atomistic.advance import Bath, Machine, OpenMMEngine
from mobcg.atomistic.bulk import build_bulk
from mobcg.atomistic.equilibrate import read_start, relaxed_start, rescaled
from mobcg.atomistic.journal import Journal
from mobcg.atomistic.pack import pack
from mobcg.atomistic.progress import Work
from mobcg.atomistic.schedule import stages
from mobcg.atomistic.segment import Start
from mobcg.atomistic.timestep import plan_integration
from mobcg.platforms import select_platform


@pytest.fixture(scope="module")
def packed(butane, brief):
    plan = plan_integration(butane, brief, 270.0)
    positions, edge = pack(butane.elements, plan.conformers_nm, brief.molecules, 5)
    return plan, Start(positions.reshape(-1, 3), np.zeros((positions.size // 3, 3)), edge)


@pytest.fixture
def work(butane, brief, packed, tmp_path):
    plan, start = packed
    bulk = build_bulk(butane, plan, brief, start.edge_nm)
    bath, machine = Bath(270.0, 1.0, 3), Machine(*select_platform("CPU", 1))
    return Work(tmp_path, Journal.open(tmp_path, "abc"), bulk, brief, bath, machine, 3.0, OpenMMEngine(bulk, bath, machine))


def test_relaxed_start_is_kept(work, packed, brief, tmp_path):
    path = tmp_path / "start.xml"
    assert read_start(path) is None
    stage = stages(brief, 1.0)["soft"]
    start = relaxed_start(work, stage, packed[1], path)
    again = read_start(path)
    np.testing.assert_array_equal(again.positions_nm, start.positions_nm)
    np.testing.assert_array_equal(again.velocities_nm_per_ps, start.velocities_nm_per_ps)
    kinetic = 0.5 * np.sum(np.tile(work.bulk.masses_Da, 27)[:, None] * start.velocities_nm_per_ps**2)
    assert work.bulk.temperature(kinetic) == pytest.approx(270, rel=4 * np.sqrt(2 / work.bulk.degrees_of_freedom))
    path.write_text(path.read_text()[:2000])
    assert read_start(path) is None


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_rescaling_moves_whole_molecules(work, packed, brief, factor):
    start = packed[1]
    moved = rescaled(work, stages(brief, 1.0)["nvt"], start, factor * start.edge_nm)
    assert moved.edge_nm == pytest.approx(factor * start.edge_nm)
    centres = work.bulk.centres(start.positions_nm)
    np.testing.assert_allclose(work.bulk.centres(moved.positions_nm), factor * centres, atol=1e-9)
    inside = start.positions_nm.reshape(27, -1, 3) - centres[:, None]
    np.testing.assert_allclose(moved.positions_nm.reshape(27, -1, 3) - factor * centres[:, None], inside, atol=1e-9)


def test_large_rescaling_removes_overlaps(work, packed, brief):
    start = packed[1]
    moved = rescaled(work, stages(brief, 1.0)["nvt"], start, 0.88 * start.edge_nm)
    shaped = moved.positions_nm.reshape(27, -1, 3)
    first, second = np.triu_indices(27, 1)
    apart = (shaped[first][:, :, None] - shaped[second][:, None]).reshape(-1, 3)
    apart -= moved.edge_nm * np.round(apart / moved.edge_nm)
    assert np.sqrt(np.sum(apart**2, axis=1)).min() > 0.15
