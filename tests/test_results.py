import json

import pandas as pd
import pytest

from mobcg.files import write_parquet
from mobcg.outcomes import InputError
from mobcg.results import read_parquet, read_result, write_result


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rdf.csv").write_text("r_nm,g\n0.1,0.0\n0.2,1.0\n")
    (tmp_path / "msd.csv").write_text("time_ps,msd_nm2\n1.0,0.1\n")
    write_result(tmp_path, {"outcome": "ok"}, ("rdf.csv", "msd.csv"))
    return tmp_path


def test_a_summary_vouches_for_its_files(folder):
    assert read_result(folder, "rdf.csv", "msd.csv")["outcome"] == "ok"


@pytest.mark.parametrize("content", ["r_nm,g\n0.1,0.0\n", "r_nm,g\n0.1,0.0\n0.2,1.1\n", ""], ids=["cut at a line", "a digit", "empty"])
def test_a_damaged_file_is_told_with_the_command_that_has_it_made_again(folder, content):
    (folder / "rdf.csv").write_text(content)
    with pytest.raises(InputError, match=rf"rdf\.csv: damaged .*\n  rm -f {folder}/rdf\.csv\nand the same command"):
        read_result(folder, "rdf.csv")
    read_result(folder, "msd.csv")


def test_a_missing_file_is_told(folder):
    (folder / "msd.csv").unlink()
    with pytest.raises(InputError, match=r"rm -f .*msd\.csv"):
        read_result(folder, "msd.csv")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_summary_is_told(folder, content):
    (folder / "summary.json").write_bytes(content)
    with pytest.raises(InputError, match=r"rm -f .*summary\.json"):
        read_result(folder)


def test_summaries_of_former_versions_vouch_for_nothing(folder):
    (folder / "summary.json").write_text(json.dumps({"outcome": "ok"}))
    (folder / "rdf.csv").write_text("anything")
    assert read_result(folder, "rdf.csv", "potential.csv") == {"outcome": "ok"}


def test_a_damaged_table_is_told(tmp_path):
    path = tmp_path / "runs.parquet"
    frame = pd.DataFrame({"run_id": [f"a-{index}" for index in range(300)], "g": [float(index) ** 0.5 for index in range(300)]})
    write_parquet(path, frame)
    pd.testing.assert_frame_equal(read_parquet(path), frame)
    good = path.read_bytes()
    changed = bytearray(good)
    changed[len(good) // 3] ^= 1
    for content in (good[: len(good) // 2], bytes(changed), b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"rm -f .*runs\.parquet"):
            read_parquet(path)
