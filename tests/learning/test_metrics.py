import numpy as np

from mobcg.database.store import Database
from mobcg.learning.dataset import rows_of
from mobcg.learning.metrics import measure
from mobcg.learning.training import Training


def test_measures_rows_against_the_mean_force_baseline(flagship: Training, published: Training, database: Database) -> None:
    rows = rows_of(database).take(np.arange(45) < 3)
    one, two = measure(flagship.model, rows), measure(published.model, rows)
    assert one["rows"] == 3
    assert one["u_rmse_mean_force_kT"] == two["u_rmse_mean_force_kT"]
    assert "log_diffusion_rmse" in one
    assert "log_diffusion_rmse" not in two
