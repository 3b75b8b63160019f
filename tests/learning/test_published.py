import numpy as np
import pytest

from mobcg.database.store import Database
from mobcg.learning.dataset import rows_of
from mobcg.learning.published import PublishedModel
from mobcg.learning.training import Training
from mobcg.outcomes import InputError


@pytest.fixture(scope="module")
def model(published: Training) -> PublishedModel:
    assert isinstance(published.model, PublishedModel)
    return published.model


def test_the_layers_are_the_published_ones(model: PublishedModel) -> None:
    widths = [tuple(weight.shape[1:]) for weight in model.network.weights]
    points = model.settings.r_points + 2
    assert widths == [(points, 585), (585, 490), (490, 411), (411, 345), (345, model.settings.u_points)]


def test_it_learns_what_it_is_shown(published: Training) -> None:
    assert published.metrics["train"]["u_rmse_kT"] < 0.1
    assert published.metrics["test"]["u_rmse_kT"] < 0.5


def test_the_potential_ends_at_the_cutoff_and_rises_linearly_inside(model: PublishedModel, database: Database) -> None:
    rows = rows_of(database)
    found = model.predict(
        float(rows.mass_Da[0]), rows.r_nm, rows.g[0], float(rows.diffusion_nm2_per_ns[0]), float(rows.density_per_nm3[0]), 298.15
    )
    assert found.r_nm[-1] == pytest.approx(1.5)
    assert found.u_kj_per_mol[-1] == 0
    assert found.friction_per_ps == 0
    steps = np.diff(found.r_nm)
    np.testing.assert_allclose(steps, steps[0])
    inside = found.u_kj_per_mol[found.r_nm < 0.3]
    np.testing.assert_allclose(np.diff(inside), np.diff(inside)[0], rtol=1e-6)
    assert inside[0] > 20


def test_another_temperature_is_outside_its_domain(model: PublishedModel, database: Database) -> None:
    rows = rows_of(database)
    found = model.predict(100.0, rows.r_nm, rows.g[0], 1.0, float(rows.density_per_nm3[0]), 500.0)
    assert not found.in_domain
    assert any("temperature_K 500" in note for note in found.notes)


def test_a_g_known_too_short_names_both_ends(model: PublishedModel, database: Database) -> None:
    rows = rows_of(database)
    near = rows.r_nm < 0.9
    with pytest.raises(InputError, match=r"known to r = 0\.8975 nm, the model reads it to r = 1\.19"):
        model.predict(100.0, rows.r_nm[near], rows.g[0][near], 1.0, 5.0, 300.0)
