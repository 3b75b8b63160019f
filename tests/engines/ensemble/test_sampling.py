import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobcg.engines.ensemble.sampling import add_displacements, count_distances, place_frame
from mobcg.observables.diffusion import diffusion, diffusion_of_displacements, squared_displacements, stretch_ends
from mobcg.observables.trajectory import Trajectory
from tests.engines.ensemble.clusters import pack
from tests.observables.brownian import walkers

SINGLE = float(np.finfo(np.float32).eps)


def with_room(positions):
    """(beads, 3) as (3, places) float32 with at least 16 places more than beads."""
    beads = len(positions)
    result = np.full((3, 16 * ((beads + 31) // 16)), 1e30, dtype=np.float32)
    result[:, :beads] = positions.T
    return result


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 130), st.floats(1.0, 12.0), st.integers(3, 300), st.integers(0, 2**31))
def test_counts_are_numpy_s(beads, edge, bins, seed):
    random = np.random.default_rng(seed)
    width = edge / 2 / bins
    # some of them outside the box
    coordinates = with_room(random.uniform(-0.7 * edge, 1.8 * edge, (beads, 3)))
    counts = np.full(bins, 7, dtype=np.int64)
    count_distances(coordinates, beads, edge, width, counts)
    exact = coordinates[:, :beads].T.astype(float)
    first, second = np.triu_indices(beads, 1)
    apart = exact[second] - exact[first]
    apart -= edge * np.round(apart / edge)
    r = np.linalg.norm(apart, axis=1)
    # coordinates and differences up to 2.5 edges are rounded in single precision, as is the box taken off them, then r / width
    slack = 8 * SINGLE * edge + 2 * SINGLE * r
    low, high = np.floor((r - slack) / width), np.floor((r + slack) / width)
    for place in range(bins):
        certain, possible = np.sum((low == place) & (high == place)), np.sum((low == place) | (high == place))
        assert certain <= counts[place] - 7 <= possible
    assert np.sum(low != high) <= 2 + 0.01 * len(r)


def test_what_lies_beyond_the_last_bin_is_left_out():
    positions = np.array([[0.0, 0, 0], [0.35, 0, 0], [0, 0.75, 0], [0.0, 0, 1.95]])
    counts = np.zeros(5, dtype=np.int64)
    count_distances(with_room(positions), 4, 2.0, 0.1, counts)
    # 0.05 across the boundary and 0.35; 0.353, 0.75, 0.752 and 0.83 stay out but for the one in bin 3
    assert np.array_equal(counts, [1, 0, 0, 2, 0])


def drift_free(trajectory):
    return trajectory.positions_nm - trajectory.positions_nm.mean(axis=1, keepdims=True)


def summed(trajectory, lags, ends):
    positions = drift_free(trajectory)
    frames, beads, _ = positions.shape
    ring = np.zeros((lags + 1, 3, with_room(positions[0]).shape[1]), dtype=np.float32)
    totals, stretches = np.zeros((lags + 1, beads)), np.zeros((len(ends), lags + 1))
    for frame in range(frames):
        ring[frame % (lags + 1)] = with_room(positions[frame])
        add_displacements(ring, frame, beads, totals, stretches, ends)
    return totals, stretches


def slow_sums(positions, lags):
    return np.array([((positions[lag:] - positions[: len(positions) - lag]) ** 2).sum(axis=(0, 2)) for lag in range(lags + 1)])


@pytest.mark.parametrize(("molecules", "frames", "lags"), [(30, 90, 20), (65, 40, 39), (17, 41, 1)])
def test_displacements_are_summed_over_all_origins(molecules, frames, lags):
    trajectory = walkers(2.0, molecules, frames, 0.5, 1)
    ends = np.array([frames // 3, 2 * (frames // 3), frames])
    totals, stretches = summed(trajectory, lags, ends)
    positions = drift_free(trajectory)
    expected = slow_sums(positions, lags)
    # positions rounded by SINGLE/2 of themselves: 2 d x SINGLE a term, the terms' roundings in quadrature and four standard deviations
    terms = np.maximum(frames - np.arange(lags + 1), 1)[:, None]
    slack = 4 * 2 * np.sqrt(expected) * SINGLE * np.abs(positions).max() + terms * SINGLE**2 + 2 * SINGLE * expected
    assert np.all(np.abs(totals - expected) <= slack)
    assert np.all(totals[0] == 0)
    begin = 0
    for stretch, end in zip(stretches, ends, strict=True):
        part = slow_sums(positions[begin:end], min(lags, end - begin - 1)).sum(axis=1)
        assert stretch[: len(part)] == pytest.approx(part, rel=1e-5)
        assert np.all(stretch[len(part) :] == 0)
        begin = end


def test_frames_after_the_last_stretch_belong_to_none():
    trajectory = walkers(2.0, 20, 60, 0.5, 2)
    totals, stretches = summed(trajectory, 10, np.array([20, 40]))
    assert totals[10] == pytest.approx(slow_sums(drift_free(trajectory), 10)[10], rel=1e-5)
    assert stretches[1] == pytest.approx(slow_sums(drift_free(trajectory)[20:40], 10).sum(axis=1), rel=1e-5)
    assert summed(trajectory, 10, np.array([], dtype=np.int64))[1].shape == (0, 11)


def test_the_sums_give_the_same_mean_squared_displacement_and_d_as_the_trajectory():
    trajectory = walkers(3.0, 60, 400, 0.5, 3)
    window = (5.0, 20.0)
    ends = stretch_ends(0.5, 400, window, 5)
    assert len(ends) >= 3
    totals, stretches = summed(trajectory, 40, ends)
    more = 60 / 59
    lags = np.arange(41)
    displacements = totals * more / (400 - lags)[:, None]
    # freud transforms single-precision positions
    assert displacements[1:] == pytest.approx(squared_displacements(trajectory)[1:41], rel=1e-4, abs=1e-5)
    origins = np.diff(ends, prepend=0)[:, None] - lags
    ours = diffusion_of_displacements(0.5 * lags, displacements, stretches * more / 60 / origins, window, 400)
    theirs = diffusion(trajectory, window)
    assert ours.diffusion.value == pytest.approx(theirs.diffusion.value, rel=1e-4)
    assert ours.diffusion.error == pytest.approx(theirs.diffusion.error, rel=1e-3)
    assert ours.linear == theirs.linear


@pytest.mark.parametrize("beads", [64, 65, 67])
def test_frames_are_in_the_beads_own_order(beads):
    random = np.random.default_rng(beads)
    edge = 2.7
    here, boxes, names = random.uniform(-0.2, edge, (beads, 3)), random.integers(-3, 4, (beads, 3)), random.permutation(beads)
    order = np.full(4 * ((beads + 3) // 4), -1, dtype=np.int32)
    order[:beads] = names
    wrapped, unwrapped = with_room(here), with_room(here)
    place_frame(pack(here, 1e6, float), pack(boxes, 0, np.int32), order, edge, wrapped, unwrapped)
    inside, along = wrapped[:, names].T, unwrapped[:, names].T
    assert inside == pytest.approx(here, abs=SINGLE * edge)
    whole = here + edge * boxes
    assert along == pytest.approx(whole - whole.mean(axis=0), abs=SINGLE * 4 * edge)
    assert np.all(wrapped[:, beads:] == np.float32(1e30))


def test_a_frame_s_place_in_time_is_kept_by_the_ring():
    """A longer run than the ring holds: the displacement at each lag is that of the walk, not of what was overwritten."""
    steady = Trajectory(np.arange(50.0)[:, None, None] * np.array([[[1.0, 0, 0], [-1.0, 0, 0]]]), np.arange(50.0), 10.0, 1.0)
    totals, _ = summed(steady, 7, np.array([50]))
    lags = np.arange(8)
    assert totals == pytest.approx(np.tile((lags**2 * (50 - lags))[:, None], 2).astype(float) * (lags > 0)[:, None])
