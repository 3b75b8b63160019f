import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mobcg.engines.ensemble.neighbours import FAR, bounds, build, clustered, most_images, select, shift_table, update_images
from tests.engines.ensemble.clusters import SHIFTS, listed, listed_pairs, pack, periodic_pairs, spread_beads

SINGLE = float(np.finfo(np.float32).eps)


@settings(max_examples=50, deadline=None)
@given(keys=st.lists(st.integers(0, 20), min_size=1, max_size=60), data=st.data())
def test_select_parts_the_small_from_the_large(keys, data):
    low = data.draw(st.integers(0, len(keys) - 1))
    high = data.draw(st.integers(low + 1, len(keys)))
    middle = data.draw(st.integers(low, high))
    key, order = np.array(keys, dtype=float), np.random.default_rng(1).permutation(len(keys))
    before = order.copy()
    select(order, key, low, high, middle)
    assert sorted(order[low:high]) == sorted(before[low:high])
    assert np.array_equal(order[:low], before[:low])
    assert np.array_equal(order[high:], before[high:])
    if low < middle < high:
        assert key[order[low:middle]].max() <= key[order[middle:high]].min()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(0, 2**31))
def test_clustered_is_a_permutation(beads, seed):
    order = clustered(np.random.default_rng(seed).uniform(0, 3, (3, beads)))
    assert sorted(order) == list(range(beads))


def test_clustered_copes_with_equal_positions():
    assert sorted(clustered(np.zeros((3, 101)))) == list(range(101))


def test_clusters_are_compact():
    wrapped = np.random.default_rng(1).uniform(0, 4, (3, 512))
    parts = wrapped[:, clustered(wrapped)].reshape(3, 128, 4)
    extent = np.ptp(parts, axis=2)
    # halved seven times across the longest side: boxes of 4/4 x 4/4 x 4/8 at most, the halves cut at medians
    volume = np.prod(extent, axis=0)
    assert np.median(volume) < 4**3 / 128
    assert extent.max() < 2


@pytest.mark.parametrize("beads", [64, 65, 66, 67, 131])
def test_bounds_hold_their_beads_and_leave_out_unused_places(beads):
    coordinates = spread_beads(beads, 3.0, beads)
    clusters = (beads + 3) // 4
    centres, halves, group_centres, group_halves = bounds(pack(coordinates, FAR), clusters)
    padded = np.concatenate([coordinates, np.repeat(coordinates[-1:], 4 * clusters - beads, axis=0)]).reshape(clusters, 4, 3)
    rounding = 4 * SINGLE * 3.0
    middles, lengths = centres[:, :clusters].T, halves[:, :clusters].T
    assert middles == pytest.approx((padded.min(axis=1) + padded.max(axis=1)) / 2, abs=rounding)
    assert lengths == pytest.approx(np.ptp(padded, axis=1) / 2, abs=rounding)
    assert np.all(centres[:, clusters:] == FAR)
    for group in range(group_centres.shape[1]):
        part = coordinates[64 * group : 64 * (group + 1)]
        assert group_centres[:, group] == pytest.approx((part.min(axis=0) + part.max(axis=0)) / 2, abs=rounding)
        assert group_halves[:, group] == pytest.approx(np.ptp(part, axis=0) / 2, abs=rounding)


def assert_every_pair_once(lists, reach, scale=1.0):
    beads, edge = len(lists.coordinates), lists.edge
    i, j, squared = listed_pairs(lists, scale).T
    i, j = i.astype(int), j.astype(int)
    # a bead's own images stand a whole box away
    assert np.all(np.sqrt(squared[i == j]) > edge * (1 - 1e-5))
    # what lies at the reach to within rounding may be in or out
    slack = 1e-5 * edge
    near = squared < (reach - slack) ** 2
    first, second, vector = periodic_pairs(lists.coordinates, edge, reach - slack)

    def sorted_pairs(one, other, distance):
        key = np.minimum(one, other) * beads + np.maximum(one, other)
        order = np.lexsort((distance, key))
        return key[order], distance[order]

    found, expected = sorted_pairs(i[near], j[near], np.sqrt(squared[near])), sorted_pairs(first, second, np.linalg.norm(vector, axis=1))
    # a distance may fall on one side in single precision and on the other in double: the counts below the reach differ by those alone
    both = np.abs(np.concatenate([found[1], expected[1]]) - (reach - slack)) < 4 * SINGLE * edge
    if not np.any(both):
        assert np.array_equal(found[0], expected[0])
        assert found[1] == pytest.approx(expected[1], abs=8 * SINGLE * edge)
    return len(found[0])


@settings(max_examples=25, deadline=None)
@given(
    beads=st.integers(64, 300),
    ratio=st.floats(2.0001, 6.0),
    skin=st.floats(0.02, 0.25),
    seed=st.integers(0, 2**31),
    root=st.floats(0.3, 3.0),
)
@example(beads=64, ratio=2.0001, skin=0.25, seed=1, root=1.0)
@example(beads=65, ratio=2.0001, skin=0.06, seed=2, root=1.0)
@example(beads=125, ratio=2.0001, skin=0.25, seed=3, root=1.0)
@example(beads=299, ratio=2.01, skin=0.25, seed=4, root=1.0)
def test_every_pair_within_reach_stands_once(beads, ratio, skin, seed, root):
    edge = 3.0
    reach = edge / ratio * (1 + skin)
    lists = listed(spread_beads(beads, edge, seed), edge, reach, root)
    assert assert_every_pair_once(lists, reach, root**2) > 0


def test_beads_that_have_left_the_box_still_find_each_other():
    edge, reach = 3.0, 1.4
    random = np.random.default_rng(3)
    inside = listed(spread_beads(200, edge, 3), edge, reach)
    # between two sortings beads move on without being wrapped
    moved = inside.coordinates + random.normal(0, 0.12, (200, 3))
    assert moved.min() < 0
    assert moved.max() > edge
    lists = listed(moved, edge, reach, sort=False)
    assert_every_pair_once(lists, reach)


def test_lists_are_far_fewer_than_all_pairs():
    lists = listed(spread_beads(1000, 8.0, 4), 8.0, 1.2)
    pairs = periodic_pairs(lists.coordinates, 8.0, 1.2)[0].size
    assert assert_every_pair_once(lists, 1.2) == pytest.approx(pairs, abs=2)
    assert lists.tests < 250 * 249 / 2 * 27 / 20
    assert lists.image.size < lists.tests + 250


def test_each_list_begins_with_its_own_cluster():
    lists = listed(spread_beads(130, 3.0, 5), 3.0, 1.3)
    assert np.array_equal(lists.image[lists.start[:-1]], 16 * np.arange(33))
    assert np.array_equal(lists.home[lists.start[:-1]], 16 * np.arange(33))
    real = lists.image < 16 * 33
    assert np.array_equal(lists.image[real], lists.home[real])
    assert np.array_equal(lists.home[~real] // 16, lists.image_home[lists.image[~real] // 16 - 33])


def test_images_follow_their_clusters():
    edge, beads = 3.0, 90
    lists = listed(spread_beads(beads, edge, 6), edge, 1.4)
    clusters = lists.clusters
    position = lists.position
    position[: 16 * clusters] += pack(np.random.default_rng(6).normal(0, 0.1, (beads, 3)))
    update_images(position, clusters, lists.image_home, lists.image_shift, shift_table(edge))
    assert lists.image_home.size > 20
    for index, (home, shift) in enumerate(zip(lists.image_home, lists.image_shift, strict=True)):
        moved = position[16 * (clusters + index) :][:16].reshape(4, 4)
        original = position[16 * home :][:16].reshape(4, 4)
        expected = original.astype(float) + np.append(edge * SHIFTS[shift], 0.0)[:, None]
        assert moved == pytest.approx(expected, rel=SINGLE, abs=SINGLE * edge)
    assert not np.any(lists.image_shift == 13)
    assert len(set(zip(lists.image_home, lists.image_shift, strict=True))) == len(lists.image_home)


def test_too_many_images_are_refused():
    coordinates = spread_beads(64, 3.0, 7)
    position = np.concatenate([pack(coordinates, FAR), np.zeros(16, dtype=np.float32)])
    with pytest.raises(ValueError, match="more periodic images than room"):
        build(position, 16, 3.0, 1.4, 1)


@pytest.mark.parametrize("ratio", [2.0001, 3.0, 8.0])
def test_room_for_images_suffices_for_random_liquids(ratio):
    edge = 4.0
    for beads in (64, 250, 1000):
        reach = 1.25 * edge / ratio
        lists = listed(spread_beads(beads, edge, beads), edge, reach)
        assert lists.image_home.size <= most_images(edge, reach, lists.clusters)
