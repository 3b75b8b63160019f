import numpy as np
import pytest

from mobcg.config import LearningOptions
from mobcg.database.store import Database
from mobcg.learning.dataset import rows_of
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.flagship_fit import NINETY, _calibrate, reduced_g, reduced_u
from mobcg.learning.training import Training, train
from mobcg.outcomes import InputError

OPTIONS = LearningOptions(x_max=2.0, threads=1)


def test_reduced_curves_follow_the_units(database: Database) -> None:
    rows = rows_of(database)
    length = rows.units(3).length_nm
    x = np.arange(0.5, 2.0, 0.1)
    np.testing.assert_allclose(reduced_g(rows, x)[3], np.interp(x * length, rows.r_nm, rows.g[3]), atol=0.02)
    assert reduced_u(rows, 3, np.array([1.51 / length]))[0] == 0


def test_a_library_with_too_short_g_names_run_and_option(database: Database) -> None:
    with pytest.raises(InputError, match=r"run run-000-00: g is known to r = .* learning.x_max asks for x = 6"):
        train(database, LearningOptions(x_max=6.0, threads=1), 1, "flagship")


def test_the_core_is_that_of_the_library(flagship: Training) -> None:
    assert isinstance(flagship.model, FlagshipModel)
    assert 0.04 < float(flagship.model.array("core_length")) < 0.2
    assert flagship.model.settings.x_out == pytest.approx(1.5 * 6.5 ** (1 / 3), rel=0.05)


def test_the_model_knows_its_own_rows(flagship: Training, database: Database) -> None:
    """The denoised g of each row, and its potential to a few hundredths of kT where beads come."""
    assert isinstance(flagship.model, FlagshipModel)
    rows = rows_of(database)
    rows = rows.take(np.isin(rows.parent, flagship.metrics["parents_train"]))
    model = flagship.model
    g = reduced_g(rows, model.grid)
    seen = model.space.see(g)
    assert np.abs(seen.g - g).mean() < 0.01, "noise of g: 0.005"
    potentials = model.potentials(seen, rows.reduced_pressure)
    for row in range(len(rows)):
        x = model.wells.x
        chosen = (x > model.grid[np.argmax(g[row] > 0.1)]) & (x < 0.98 * rows.cutoff_nm[row] / rows.units(row).length_nm)
        assert np.sqrt(np.mean((potentials[row] - reduced_u(rows, row, x))[chosen] ** 2)) < 0.03


def test_the_calibration_finds_how_far_the_spread_is_off() -> None:
    """2000 residuals of the runs' own noise and 1.7 times the spread claimed; 90 % then lie within the interval, to 2 %."""
    random = np.random.default_rng(2)
    own, spread = np.full(2000, 0.02), random.uniform(0.01, 0.1, 2000)
    residual = random.normal(size=2000) * np.hypot(own, 1.7 * spread)
    floor, factor = _calibrate(residual, own, spread)
    assert factor == pytest.approx(1.7, rel=0.1)
    assert floor < 0.02
    covered = np.abs(residual) < NINETY * np.sqrt(own**2 + floor**2 + (factor * spread) ** 2)
    assert covered.mean() == pytest.approx(0.9, abs=0.02)


def test_the_calibration_gives_the_model_no_credit_for_small_own_errors() -> None:
    """Residuals four times the runs' own errors where the spread says nothing: the floor takes what is missing."""
    residual = 0.08 * np.random.default_rng(3).normal(size=2000)
    floor, factor = _calibrate(residual, np.full(2000, 0.02), np.full(2000, 1e-6))
    assert np.hypot(0.02, floor) == pytest.approx(0.08, rel=0.1)
    assert np.isfinite(factor)


@pytest.mark.parametrize("count", [8, 12])
def test_a_few_rows_of_two_or_three_parents_are_enough_to_run(database: Database, count: int) -> None:
    few = Database(database.frame.iloc[:count], database.r_nm)
    result = train(few, OPTIONS, 1, "flagship")
    assert result.metrics["rows_train"] + result.metrics["rows_test"] == count
    assert np.isfinite([result.metrics["test"]["u_rmse_kT"], result.metrics["test"]["log_diffusion_rmse"]]).all()


def test_one_run_of_each_of_three_parents_is_enough_and_a_single_one_to_train_on_is_refused(database: Database) -> None:
    one_each = Database(database.frame.iloc[[0, 5, 10]], database.r_nm)
    assert np.isfinite(train(one_each, OPTIONS, 1, "flagship").metrics["test"]["u_rmse_kT"])
    two = Database(database.frame.iloc[[0, 5]], database.r_nm)
    with pytest.raises(InputError, match="at least 2 runs with outcome ok to train on, found 1"):
        train(two, OPTIONS, 1, "flagship")
