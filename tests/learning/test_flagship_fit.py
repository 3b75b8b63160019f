import numpy as np
import pytest

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.dataset import rows_of
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.flagship_fit import reduced_g, reduced_u
from mobcg.learning.training import Training, train
from mobcg.outcomes import InputError


def test_reduced_curves_follow_the_units(database: Database) -> None:
    rows = rows_of(database)
    length = rows.units(3).length_nm
    x = np.arange(0.5, 2.0, 0.1)
    np.testing.assert_allclose(reduced_g(rows, x)[3], np.interp(x * length, rows.r_nm, rows.g[3]), atol=0.02)
    assert reduced_u(rows, 3, np.array([1.51 / length]))[0] == 0


def test_a_library_with_too_short_g_names_run_and_option(database: Database) -> None:
    with pytest.raises(InputError, match=r"run run-000-00: g is known to r = .* learning.x_max asks for x = 6"):
        train(database, LearningOptions(x_max=6.0, epochs=1, threads=1), 1, "flagship")


def test_the_core_is_that_of_the_library(flagship: Training) -> None:
    assert isinstance(flagship.model, FlagshipModel)
    assert 0.04 < float(flagship.model.core_length) < 0.2
    assert flagship.model.settings.x_out == pytest.approx(1.5 * 6.5 ** (1 / 3), rel=0.05)


def test_a_few_rows_of_two_parents_are_enough_to_run(database: Database) -> None:
    few = Database(database.frame.iloc[:8], database.r_nm)
    result = train(few, LearningOptions(x_max=2.0, epochs=5, members=2, threads=1), 1, "flagship")
    assert result.metrics["rows_train"] + result.metrics["rows_test"] == 8
    assert np.isfinite(result.metrics["test"]["u_rmse_kT"])
