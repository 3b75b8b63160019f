import numpy as np
import pytest

from mobcg.atomistic.segment import COLUMNS, Segment, SegmentStore


def _segment(samples=4, step=2.0, state="<State/>"):
    generator = np.random.default_rng(samples)
    return Segment(
        step, generator.normal(size=(samples, len(COLUMNS))), generator.normal(size=(samples, 5, 3)).astype(np.float32), state, 1.5
    )


@pytest.fixture
def store(tmp_path):
    return SegmentStore(tmp_path, "production")


def test_round_trip(store):
    written = _segment()
    store.write(0, written)
    read = store.read(0, 2.0, 4)
    np.testing.assert_array_equal(read.rows, written.rows)
    np.testing.assert_array_equal(read.centres_nm, written.centres_nm)
    assert (read.state_xml, read.wall_s) == (written.state_xml, written.wall_s)


def test_last_two_states_stay(store):
    for index in range(4):
        store.write(index, _segment())
    assert sorted(path.name for path in store.folder.glob("*.xml")) == ["production-00002.xml", "production-00003.xml"]
    assert len(store.finished(2.0, lambda _: 4, 9)) == 4


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_truncated_samples_are_not_finished(store, part):
    store.write(0, _segment())
    store.write(1, _segment())
    path = store.path(1, ".npz")
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    assert store.read(1, 2.0, 4) is None
    assert len(store.finished(2.0, lambda _: 4, 9)) == 1


def test_flipped_byte_is_found(store):
    store.write(0, _segment(samples=400))
    path = store.path(0, ".npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    assert store.read(0, 2.0, 400) is None


def test_no_flipped_bit_is_taken_for_data_or_stops_the_run(store):
    """Whatever numpy, zip or zlib raise."""
    written = _segment()
    store.write(0, written)
    path = store.path(0, ".npz")
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ (1 << position % 8)]) + content[position + 1 :])
        read = store.read(0, 2.0, 4)
        assert read is None or (np.array_equal(read.rows, written.rows) and np.array_equal(read.centres_nm, written.centres_nm))
    assert len(store.samples()) in (0, 4)


def test_damaged_state_is_stepped_back_over(store):
    for index in range(3):
        store.write(index, _segment(state=f"<State n='{index}'/>"))
    store.path(2, ".xml").write_text("<Sta")
    assert len(store.finished(2.0, lambda _: 4, 9)) == 2


def test_a_complete_stage_needs_no_state_to_be_read(store):
    for index in range(3):
        store.write(index, _segment())
        store.path(index, ".xml").unlink()
    assert len(store.finished(2.0, lambda _: 4, 3, with_end=False)) == 3
    assert store.finished(2.0, lambda _: 4, 4, with_end=False) == []
    assert store.finished(2.0, lambda _: 4, 3) == []


def test_damage_before_the_kept_states_begins_the_stage_anew(store):
    for index in range(5):
        store.write(index, _segment())
    store.path(1, ".npz").unlink()
    assert store.finished(2.0, lambda _: 4, 9) == []


def test_other_step_or_length_does_not_count(store):
    store.write(0, _segment())
    assert store.read(0, 1.0, 4) is None
    assert store.read(0, 2.0, 5) is None


def test_clear_leaves_other_stages(store):
    store.write(0, _segment())
    other = SegmentStore(store.folder, "nvt")
    other.write(0, _segment())
    store.clear()
    assert store.read(0, 2.0, 4) is None
    assert other.read(0, 2.0, 4) is not None


def test_stages_whose_names_begin_alike_are_apart(store):
    long = SegmentStore(store.folder, "npt-extension")
    long.write(0, _segment())
    SegmentStore(store.folder, "npt").clear()
    assert long.read(0, 2.0, 4) is not None
    assert len(SegmentStore(store.folder, "npt").samples()) == 0


def test_packed_segments_are_read_gone_on_from_and_packed_again(store):
    for index in range(3):
        store.write(index, _segment())
    whole = [store.read(index, 2.0, 4) for index in range(3)]
    store.pack()
    assert sorted(path.name for path in store.folder.iterdir()) == [f"{store.stage}-00002.xml", f"{store.stage}-segments.zip"]
    for index, segment in enumerate(whole):
        np.testing.assert_array_equal(store.read(index, 2.0, 4).rows, segment.rows)
    assert len(store.samples()) == 12
    assert len(store.finished(2.0, lambda _: 4, 9)) == 3
    store.write(3, _segment())
    assert len(store.finished(2.0, lambda _: 4, 9)) == 4
    store.pack()
    assert len(store.finished(2.0, lambda _: 4, 9)) == 4
    assert len(list(store.folder.iterdir())) == 2
    store.clear()
    assert list(store.folder.iterdir()) == []


def test_a_segment_made_again_counts_before_the_packed_one(store):
    store.write(0, _segment())
    store.pack()
    store.write(0, _segment(state="<Other/>"))
    assert store.read(0, 2.0, 4).state_xml == "<Other/>"


def test_damage_in_a_pack_touches_one_segment(store):
    for index in range(3):
        store.write(index, _segment())
    store.pack()
    path = store.folder / f"{store.stage}-segments.zip"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    assert sum(store.read(index, 2.0, 4) is None for index in range(3)) == 1
    store.pack()
    path.write_bytes(content[:100])
    assert [store.read(index, 2.0, 4) for index in range(3)] == [None] * 3
    assert len(store.samples()) == 0
