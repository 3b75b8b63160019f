from itertools import pairwise

import numpy as np
import pytest
import torch

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.dataset import rows_of
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.training import CURVE_ERRORS, Kind, Training, learning_curve, train
from mobcg.outcomes import InputError

SHORT = LearningOptions(members=2, epochs=3, x_max=2.0, r_max_nm=1.2, threads=1)


@pytest.mark.parametrize("kind", ["flagship", "published"])
def test_the_same_seed_gives_the_same_model_bit_for_bit(database: Database, kind: Kind) -> None:
    shuffled = Database(database.frame.sample(frac=1, random_state=2), database.r_nm)
    one, two, other = train(database, SHORT, 4, kind), train(shuffled, SHORT, 4, kind), train(database, SHORT, 5, kind)
    for name, value in one.model.state_dict().items():
        assert torch.equal(value, two.model.state_dict()[name]), name
    assert one.curve.equals(two.curve)
    states = one.model.state_dict(), other.model.state_dict()
    assert any(value.shape != states[1][name].shape or not torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_test_rows_do_not_touch_the_model(database: Database) -> None:
    """Other values in the held-out rows leave every number as it was."""
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
    assert test["u_rmse_kT"] < 0.3 * test["u_rmse_mean_force_kT"], "even from 7 parents"
    assert test["log_diffusion_rmse"] < 0.1
    assert flagship.metrics["rows_train"] + flagship.metrics["rows_test"] == int(database.ok.sum())
    assert flagship.metrics["rows_not_ok"] == 1
    assert not set(flagship.metrics["parents_train"]) & set(flagship.metrics["parents_test"])


def test_many_parents_teach_the_potential_to_a_tenth_and_diffusion_to_the_runs_own_noise(larger: Training) -> None:
    """27 parents with D of 2 % error; the 51 test rows' root mean square then has a standard error of 10 % of itself."""
    test = larger.metrics["test"]
    assert test["u_rmse_kT"] < 0.12 * test["u_rmse_mean_force_kT"]
    assert test["log_diffusion_noise"] == pytest.approx(0.02, rel=1e-6)
    assert test["log_diffusion_rmse"] < 1.5 * test["log_diffusion_noise"]
    assert 0.7 < test["log_diffusion_coverage_90"] < 0.99


def test_the_network_s_curve_has_every_member(published: Training) -> None:
    curve = published.curve
    assert list(curve.columns) == ["epoch", "member", "head", "train_loss", "validation_loss", "test_loss"]
    assert set(curve["head"]) == {"potential"}
    assert set(curve["member"]) == set(range(4))
    assert np.isfinite(curve[["train_loss", "test_loss"]].to_numpy(dtype=float)).all()


def test_the_flagship_s_curve_falls_with_the_database(larger: Training) -> None:
    curve = larger.curve
    assert list(curve.columns) == ["parents", "rows", "u_rmse_kT", "log_diffusion_rmse", "log_diffusion_noise"]
    assert (np.diff(curve["parents"]) > 0).all()
    assert (np.diff(curve["rows"]) > 0).all()
    first, last = curve.iloc[0], curve.iloc[-1]
    assert first["parents"] >= 3
    assert last["parents"] == len(larger.metrics["parents_train"])
    assert last["rows"] == larger.metrics["rows_train"]
    for error in ("u_rmse_kT", "log_diffusion_rmse"):
        assert last[error] < 0.7 * first[error], error
        assert last[error] == pytest.approx(larger.metrics["test"][error], rel=1e-6), "the whole database is the model itself"


def test_the_parents_of_a_smaller_part_are_among_those_of_a_larger_one(database: Database, flagship: Training) -> None:
    """Each part is a subset of the next, so that the curve shows what is added and not another draw."""
    rows = rows_of(database)
    whole = flagship.model
    assert isinstance(whole, FlagshipModel)
    testing = np.isin(rows.parent, ["liquid-00000"])
    kept = ~np.isin(rows.parent, ["liquid-00007", "liquid-00008"])
    small = learning_curve(rows.take(kept), testing[kept], SHORT, 1, whole)
    assert list(small["parents"]) == [3, 6]
    with pytest.MonkeyPatch.context() as patch:
        taken: list[set[str]] = []
        patch.setattr("mobcg.learning.training.fit_flagship", lambda some, *_: taken.append(set(some.parent)))
        patch.setattr("mobcg.learning.training.measure", lambda *_: dict.fromkeys(CURVE_ERRORS, 1.0))
        learning_curve(rows, testing, SHORT, 1, whole)
    assert all(one < two for one, two in pairwise(taken))
    assert not any("liquid-00000" in part for part in taken)


def test_an_unknown_kind_and_a_single_parent_are_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="allowed: flagship, published"):
        train(database, SHORT, 1, "best")  # type: ignore[arg-type]
    one = Database(database.frame[database.frame["parent"] == "liquid-00001"], database.r_nm)
    with pytest.raises(InputError, match="at least 2 are needed"):
        train(one, SHORT, 1, "flagship")
