import json
import sys

import pytest

from benchmarks import predicted_liquids
from mobcg.outcomes import InputError


def ask(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["predicted_liquids.py", *map(str, arguments)])
    predicted_liquids.main()


def test_rows_of_another_model_are_not_mixed_in(tmp_path, monkeypatch):
    file = tmp_path / "predicted.json"
    file.write_text(json.dumps({"model": "components-24", "rows": []}))
    with pytest.raises(InputError, match=r"rows of the model components-24, asked for is flagship; name another file"):
        ask(monkeypatch, tmp_path, "--json", file)


def test_only_a_flagship_has_friction_to_predict(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="a model of the kind 'published', needed is the flagship's"):
        ask(monkeypatch, tmp_path, "--model", "published", "--json", tmp_path / "predicted.json")
