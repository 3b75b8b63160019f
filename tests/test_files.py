import json

import numpy as np
import pandas as pd
import pytest

from mobcg.files import content_hash, read_json, read_row, temporary_name, write_csv, write_json, write_parquet


def test_a_failed_write_leaves_nothing_and_keeps_the_old(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, {"a": 1})

    def fail_half_way():
        with temporary_name(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert read_json(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["value.json"]


def test_json_is_plain(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"array": np.arange(3), "nan": float("nan"), "number": np.float64(0.5)})
    assert json.loads(path.read_text()) == {"array": [0, 1, 2], "nan": None, "number": 0.5}


def test_hash_tells_content_not_order():
    assert content_hash({"a": 1, "b": np.array([1.0])}) == content_hash({"b": [1.0], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_one_row_of_a_table_without_its_empty_fields(tmp_path):
    write_parquet(tmp_path / "t.parquet", pd.DataFrame({"sample": ["a", "b"], "x": [1.0, None]}))
    assert read_row(tmp_path / "t.parquet", "sample", "b") == {"sample": "b"}
    with pytest.raises(KeyError, match="0 rows have sample = 'c'"):
        read_row(tmp_path / "t.parquet", "sample", "c")


def test_csv_keeps_ten_digits(tmp_path):
    write_csv(tmp_path / "t.csv", {"x": [1 / 3]})
    assert pd.read_csv(tmp_path / "t.csv")["x"][0] == pytest.approx(1 / 3, rel=1e-9)
