import numpy as np
import pytest

from mobcg.database.store import Database
from mobcg.learning.dataset import Rows, rows_of
from mobcg.learning.flagship import FlagshipModel
from mobcg.learning.metrics import measure
from mobcg.learning.training import Training


@pytest.fixture(scope="module")
def some(database: Database) -> Rows:
    return rows_of(database).take(np.arange(45) < 10)


def test_measures_rows_against_the_mean_force_baseline(flagship: Training, published: Training, some: Rows) -> None:
    one, two = measure(flagship.model, some), measure(published.model, some)
    assert one["rows"] == 10
    assert one["u_rmse_mean_force_kT"] == two["u_rmse_mean_force_kT"]
    assert "log_diffusion_rmse" in one
    assert not any(name.startswith(("log_diffusion", "friction")) for name in two)


def test_the_errors_of_diffusion_are_those_of_the_single_rows(flagship: Training, some: Rows) -> None:
    model = flagship.model
    assert isinstance(model, FlagshipModel)
    missed, inside = [], []
    for row in range(len(some)):
        pressure = float(some.pressure_bar[row])
        log_d, error = model.log_diffusion_of(some.r_nm, some.g[row], pressure, some.units(row), float(some.reduced_friction[row]))
        missed.append(abs(log_d - np.log(some.diffusion_nm2_per_ns[row])))
        inside.append(missed[-1] <= 1.645 * np.hypot(error, 0.02))
    found = measure(model, some)
    assert found["log_diffusion_rmse"] == pytest.approx(np.sqrt(np.mean(np.square(missed))))
    assert found["log_diffusion_median"] == pytest.approx(np.median(missed))
    assert found["log_diffusion_noise"] == pytest.approx(0.02)
    assert found["log_diffusion_coverage_90"] == pytest.approx(np.mean(inside))


def test_runs_that_diffuse_otherwise_lie_outside_the_interval(flagship: Training, some: Rows) -> None:
    fast = Rows(
        **{
            **vars(some),
            "diffusion_nm2_per_ns": 2 * some.diffusion_nm2_per_ns,
            "diffusion_error_nm2_per_ns": some.diffusion_error_nm2_per_ns,
        }
    )
    found = measure(flagship.model, fast)
    assert found["log_diffusion_coverage_90"] == 0
    assert found["log_diffusion_median"] == pytest.approx(np.log(2), abs=0.1)
    assert found["log_diffusion_noise"] == pytest.approx(0.01)
