"""The examples in the docstrings of the public API, from the repository's root, where the data are."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["observe", "invert", "predict", "simulate", "export"])
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    module = importlib.import_module(f"mobcg.api.{name}")
    failed, tried = doctest.testmod(module)
    assert tried >= 3
    assert failed == 0
