from pathlib import Path

import numpy as np
import pytest
import torch

from mobcg.database.store import Database
from mobcg.learning import storage
from mobcg.learning.dataset import rows_of
from mobcg.learning.training import Training
from mobcg.outcomes import InputError


@pytest.mark.parametrize("kind", ["flagship", "published"])
def test_predictions_after_a_round_trip_are_exactly_the_same(
    tmp_path: Path, database: Database, kind: str, request: pytest.FixtureRequest
) -> None:
    training: Training = request.getfixturevalue(kind)
    storage.save(training.model, tmp_path / "model", {"seed": 1})
    again = storage.load(tmp_path / "model")
    rows = rows_of(database)
    one, two = (
        model.predict(100.0, rows.r_nm, rows.g[7], 1.5, float(rows.density_per_nm3[7]), 298.15) for model in (training.model, again)
    )
    np.testing.assert_array_equal(one.u_kj_per_mol, two.u_kj_per_mol)
    np.testing.assert_array_equal(one.r_nm, two.r_nm)
    assert one.friction_per_ps == two.friction_per_ps
    np.testing.assert_array_equal(one.u_error_kj_per_mol, two.u_error_kj_per_mol)
    assert one.notes == two.notes
    assert storage.describe(tmp_path / "model")["provenance"] == {"seed": 1}
    assert sorted(item.name for item in (tmp_path / "model").iterdir()) == ["model.json", "weights.pt"]


class Dangerous:
    """What a pickle could do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.path,))


def test_no_code_in_the_weights_is_executed(tmp_path: Path, flagship: Training) -> None:
    storage.save(flagship.model, tmp_path)
    torch.save({"g_mean": Dangerous(tmp_path / "executed")}, tmp_path / "weights.pt")
    with pytest.raises(InputError, match="the weights do not fit the description or are damaged"):
        storage.load(tmp_path)
    assert not (tmp_path / "executed").exists()
    torch.load(tmp_path / "weights.pt", weights_only=False)
    assert (tmp_path / "executed").exists(), "and it would have been"


def test_incomplete_folders_are_named(tmp_path: Path, flagship: Training) -> None:
    with pytest.raises(InputError, match="no trained model here"):
        storage.load(tmp_path)
    storage.save(flagship.model, tmp_path)
    (tmp_path / "weights.pt").write_bytes(b"cut off")
    with pytest.raises(InputError, match="damaged"):
        storage.load(tmp_path)
    (tmp_path / "model.json").write_text('{"format_version": 1, "kind": "oracle"}')
    with pytest.raises(InputError, match="allowed: format 1, kind flagship or published"):
        storage.load(tmp_path)
