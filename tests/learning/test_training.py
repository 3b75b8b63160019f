import numpy as np
import pytest
import torch

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.training import Kind, Training, train
from mobcg.outcomes import InputError

SHORT = LearningOptions(members=2, epochs=20, published_epochs=3, x_max=2.0, r_max_nm=1.2, threads=1)


@pytest.mark.parametrize("kind", ["flagship", "published"])
def test_the_same_seed_gives_the_same_model_bit_for_bit(database: Database, kind: Kind) -> None:
    shuffled = Database(database.frame.sample(frac=1, random_state=2), database.r_nm)
    one, two, other = train(database, SHORT, 4, kind), train(shuffled, SHORT, 4, kind), train(database, SHORT, 5, kind)
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, two.model.state_dict()[name]), name
    assert any(not torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


def test_test_rows_do_not_touch_the_model(database: Database) -> None:
    """Other values in the held-out rows leave every weight as it was."""
    one = train(database, SHORT, 4, "flagship")
    frame = database.frame.copy()
    testing = frame["parent"].isin(one.metrics["parents_test"]) & database.ok
    frame.loc[testing, "diffusion_nm2_per_ns"] *= 3
    frame["u_kj_per_mol"] = [0.5 * curve if chosen else curve for curve, chosen in zip(frame["u_kj_per_mol"], testing, strict=True)]
    two = train(Database(frame, database.r_nm), SHORT, 4, "flagship")
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, two.model.state_dict()[name]), name


def test_metrics_beat_the_potential_of_mean_force(flagship: Training, database: Database) -> None:
    test = flagship.metrics["test"]
    assert test["u_rmse_kT"] < 0.3 * test["u_rmse_mean_force_kT"]
    assert test["log_diffusion_rmse"] < 0.1
    assert flagship.metrics["rows_train"] + flagship.metrics["rows_test"] == int(database.ok.sum())
    assert flagship.metrics["rows_not_ok"] == 1
    assert not set(flagship.metrics["parents_train"]) & set(flagship.metrics["parents_test"])


def test_the_curve_has_every_member_and_both_heads(flagship: Training, published: Training) -> None:
    assert set(flagship.curve["head"]) == {"structure", "mobility"}
    assert set(published.curve["head"]) == {"potential"}
    for curve in (flagship.curve, published.curve):
        assert list(curve.columns) == ["epoch", "member", "head", "train_loss", "validation_loss", "test_loss"]
        assert set(curve["member"]) == set(range(4))
        assert np.isfinite(curve[["train_loss", "test_loss"]].to_numpy(dtype=float)).all()


def test_an_unknown_kind_and_a_single_parent_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="allowed: flagship, published"):
        train(database, SHORT, 1, "best")  # type: ignore[arg-type]
    one = Database(database.frame[database.frame["parent"] == "liquid-00001"], database.r_nm)
    with pytest.raises(InputError, match="at least 2 are needed"):
        train(one, SHORT, 1, "flagship")
