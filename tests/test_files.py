import json

import numpy as np
import pandas as pd
import pytest

from mobcg.files import content_hash, read_json, temporary_name, write_csv, write_json


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


def test_csv_keeps_ten_digits(tmp_path):
    write_csv(tmp_path / "t.csv", {"x": [1 / 3]})
    assert pd.read_csv(tmp_path / "t.csv")["x"][0] == pytest.approx(1 / 3, rel=1e-9)
