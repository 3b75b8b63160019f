import pytest

from mobcg.batch.index import finished, sample_folders, write_index
from mobcg.files import read_json, write_json
from mobcg.outcomes import InputError

FILES = ("summary.json", "rdf.csv")


@pytest.fixture
def stage(tmp_path):
    """A stage's folder with two samples and their index."""
    folder = tmp_path / "inversion"
    for sample in ("a-00000", "a-00001"):
        write_json(folder / sample / "summary.json", {"outcome": "ok", "inputs_hash": f"hash of {sample}"})
        (folder / sample / "rdf.csv").write_text(f"g of {sample}")
    index(folder)
    return folder


def index(folder):
    path = folder / "batches/a-batch-00000.json"
    write_index(path, {sample: folder / sample for sample in ("a-00000", "a-00001")}, FILES)
    return path


def read(folder, made):
    return sample_folders(folder, ["a-00001"], made, FILES)


def test_the_index_tells_outcomes_and_follows_from_the_files(stage):
    before = index(stage).read_bytes()
    assert index(stage).read_bytes() == before
    assert read_json(index(stage))["samples"]["a-00001"]["outcome"] == "ok"
    (stage / "a-00001/rdf.csv").write_text("another g")
    assert index(stage).read_bytes() != before


def test_a_reader_is_shown_the_folder(stage):
    assert read(stage, [index(stage)]) == {"a-00001": stage / "a-00001"}
    assert read(stage, [stage / "a-00001/summary.json"]) == {"a-00001": stage / "a-00001"}


def test_a_lost_file_is_named_with_the_command_that_makes_it_again(stage):
    made = index(stage)
    (stage / "a-00001/rdf.csv").unlink()
    with pytest.raises(InputError) as raised:
        read(stage, [made])
    assert f"{stage / 'a-00001/rdf.csv'}: lost" in str(raised.value)
    assert f"rm {made}; then the campaign's own command" in str(raised.value)


def test_a_changed_file_is_told_from_the_one_that_was_made(stage):
    made = index(stage)
    (stage / "a-00001/rdf.csv").write_text("g of a-0000")
    with pytest.raises(InputError, match=f"not what it was.*\n.*rm {stage / 'a-00001/rdf.csv'} {made}"):
        read(stage, [made])
    (stage / "a-00000/rdf.csv").unlink()
    (stage / "a-00001/rdf.csv").write_text("g of a-00001")
    read(stage, [made])


def test_a_truncated_index_is_named(stage):
    made = index(stage)
    made.write_text(made.read_text()[:30])
    with pytest.raises(InputError, match=f"{made}: cannot be read as the index"):
        read(stage, [made])


def test_finished_is_complete_and_of_the_same_inputs(stage):
    folder = stage / "a-00001"
    assert finished(folder, FILES, "hash of a-00001")
    assert not finished(folder, FILES, "another")
    (folder / "rdf.csv").unlink()
    assert not finished(folder, FILES, "hash of a-00001")
    (folder / "summary.json").write_text("{")
    assert not finished(folder, ("summary.json",), "hash of a-00001")
    assert not finished(stage / "a-00002", FILES, "x")
