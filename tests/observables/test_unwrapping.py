import numpy as np
import pytest

from mobcg.observables.diffusion import diffusion, squared_displacements
from mobcg.observables.rdf import radial_distribution
from mobcg.observables.trajectory import Trajectory, heights
from mobcg.observables.unwrapping import largest_step, make_whole, nearest_image, trajectory_of_places, unwrap, volume_drift, wrap
from mobcg.outcomes import InputError
from tests.observables.brownian import walkers

TILTED = np.array([[2.0, 0.0, 0.0], [0.7, 2.2, 0.0], [-0.9, 0.8, 1.9]])


def breathing(frames, deviation, memory, seed):
    """Factors of a cell's edges: an Ornstein-Uhlenbeck process around 1."""
    random = np.random.default_rng(seed)
    kept = np.exp(-1 / memory)
    values = [0.0]
    for kick in random.normal(0, deviation * np.sqrt(1 - kept**2), frames - 1):
        values.append(kept * values[-1] + kick)
    return 1 + np.array(values)


@pytest.mark.parametrize("cell", [np.diag([2.0, 2.0, 2.0]), np.diag([1.8, 2.4, 2.1]), TILTED], ids=["cube", "rectangular", "tilted"])
def test_unwrapping_undoes_wrapping(cell):
    truth = walkers(2.0, 50, 200, 0.5, 1, box_nm=2.0).positions_nm
    cells = np.broadcast_to(cell, (200, 3, 3))
    inside = wrap(truth, cells)
    assert np.all(inside @ np.linalg.inv(cell) >= -1e-12)
    assert np.all(inside @ np.linalg.inv(cell) < 1 + 1e-12)
    assert np.diff(unwrap(inside, cells), axis=0) == pytest.approx(np.diff(truth, axis=0), abs=1e-12)
    assert unwrap(truth, cells) == pytest.approx(truth, abs=1e-11)


def test_nearest_image_is_the_shortest_within_half_the_smallest_height():
    random = np.random.default_rng(1)
    directions = random.normal(size=(1, 500, 3))
    short = directions / np.linalg.norm(directions, axis=-1, keepdims=True) * heights(TILTED).min() / 2 * 0.999
    moved = short + random.integers(-3, 4, (1, 500, 3)) @ TILTED
    assert nearest_image(moved, TILTED[None]) == pytest.approx(short, abs=1e-12)


def test_diffusion_in_a_breathing_box_is_the_true_one_and_naive_unwrapping_feigns_more():
    """Walkers in the coordinates of a cube whose edge fluctuates by 3 %, over many boxes' lengths."""
    frames, edge, true = 12000, 2.0, 5.0
    factors = breathing(frames, 0.03, 20, 2)[:, None, None]
    random = np.random.default_rng(3)
    steps = random.normal(0, np.sqrt(2 * true / 1000 * 1.0), (frames, 60, 3))
    parts = random.uniform(0, 1, (1, 60, 3)) + np.cumsum(steps / (edge * factors), axis=0)
    cells = factors * edge * np.eye(3)
    wrapped = wrap(parts @ cells, cells)
    careful = trajectory_of_places(wrapped, np.arange(float(frames)), cells, 50.0)
    naive = Trajectory(parts * edge * factors, careful.time_ps, edge, 50.0)
    found = diffusion(careful, (5, 40)).diffusion
    # 1 %: the steps are seen in the cell at their end, which adds the variance of the edge, 0.1 %, and of its changes
    assert abs(found.value - true) < 4 * found.error + 0.01 * true
    slopes = [np.diff(squared_displacements(one).mean(axis=1)[[5, 40]])[0] / 35 * 1000 / 6 for one in (careful, naive)]
    assert slopes[0] == pytest.approx(true, abs=4 * found.error + 0.01 * true)
    assert slopes[1] > true + 20 * found.error
    with pytest.raises(InputError, match="wrapped"):
        trajectory_of_places(careful.positions_nm, careful.time_ps, cells, 50.0)
    lattice_unwrapped = trajectory_of_places(parts @ cells, careful.time_ps, cells, 50.0)
    assert np.diff(lattice_unwrapped.positions_nm, axis=0) == pytest.approx(np.diff(careful.positions_nm, axis=0), abs=1e-9)


@pytest.mark.parametrize("cell", [np.diag([2.6, 2.1, 2.3]), TILTED], ids=["rectangular", "tilted"])
@pytest.mark.parametrize("deviation", [0.0, 0.02])
def test_ideal_gas_in_any_cell_has_g_of_one(cell, deviation):
    random = np.random.default_rng(4)
    cells = breathing(600, deviation, 1, 5)[:, None, None] * cell
    gas = trajectory_of_places(random.uniform(0, 1, (600, 60, 3)) @ cells, np.arange(600.0), cells, 50.0)
    rdf = radial_distribution(gas, 0.05, blocks=10)
    assert rdf.r_nm[-1] + 0.025 == pytest.approx(heights(cells).min() / 2, abs=0.05)
    pulls = ((rdf.g - 1) / rdf.g_error)[3:]
    # errors from 10 blocks: Student t with 9 degrees of freedom, standard deviation 1.13
    assert abs(pulls.mean()) < 4 * 1.13 / np.sqrt(len(pulls))
    assert 0.5 < pulls.std() < 2.0
    assert gas.density_per_nm3 == pytest.approx(60 / np.abs(np.linalg.det(cells)).mean())


def test_a_turned_cell_is_the_same_cell():
    random = np.random.default_rng(6)
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    parts = random.uniform(0, 1, (20, 60, 3))
    plain, turned = (
        trajectory_of_places(parts @ cell, np.arange(20.0), np.broadcast_to(cell, (20, 3, 3)), 50.0) for cell in (TILTED, TILTED @ turn)
    )
    # single precision moves a pair across an edge now and then
    assert radial_distribution(plain, 0.1).g == pytest.approx(radial_distribution(turned, 0.1).g, abs=0.03)


def test_whole_molecules_are_left_and_broken_ones_joined():
    random = np.random.default_rng(7)
    shape = np.cumsum(random.normal(0, 0.1, (1, 1, 6, 3)), axis=2)
    whole = random.uniform(0, 2, (30, 20, 1, 3)) + shape
    order, parents = np.arange(6), np.array([-9999, 0, 1, 2, 3, 4])
    cells = np.broadcast_to(TILTED, (30, 3, 3))
    assert make_whole(whole, cells, order, parents) == pytest.approx(whole, abs=1e-12)
    broken = wrap(whole.reshape(30, -1, 3), cells).reshape(whole.shape)
    joined = make_whole(broken, cells, order, parents)
    assert joined - joined[:, :, :1] == pytest.approx(whole - whole[:, :, :1], abs=1e-12)


def test_steps_near_half_the_box_are_seen():
    cells = np.broadcast_to(2.0 * np.eye(3), (50, 3, 3))
    near = walkers(2.0, 50, 50, 0.5, 1).positions_nm
    far = walkers(2.0, 50, 50, 500.0, 1).positions_nm
    assert largest_step(trajectory_of_places(near, np.arange(50.0), cells, 50.0)) < 0.2
    assert largest_step(trajectory_of_places(far, np.arange(50.0), cells, 50.0)) > 0.4


def test_volume_drift():
    places = np.zeros((400, 2, 3))
    for change in (0.0, 0.05):
        edges = (breathing(400, 0.005, 3, 1) ** 3 + change * np.linspace(-0.5, 0.5, 400)) ** (1 / 3)
        drift = volume_drift(trajectory_of_places(places, np.arange(400.0), edges[:, None, None] * TILTED, 50.0))
        # the error comes from ten blocks (8 degrees of freedom): four of it
        assert abs(drift.change - change) < 4 * drift.error
        assert (abs(drift.change) > 3 * drift.error) == (change > 0)
