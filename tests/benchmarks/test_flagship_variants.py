from dataclasses import replace

import numpy as np
import pytest

from benchmarks.flagship_variants import (
    FULL,
    NO_PRESSURE,
    PLAIN,
    PLAIN_STATE,
    Variant,
    as_given,
    at_temperature,
    fit_variant,
    mean_units,
    state_of,
    synthetic,
)
from mobcg.config import LearningOptions
from mobcg.learning.dataset import Rows
from mobcg.learning.metrics import measure
from mobcg.learning.mobility import drag
from mobcg.units import ReducedUnits, thermal_energy

STATE = ReducedUnits(90.0, 310.0, 5.0)
STATELESS = Variant("plain units alone", reduced=False)


@pytest.fixture(scope="module")
def same_state(rows: Rows) -> Rows:
    """Every row called a liquid of one mass, temperature and density."""
    ones = np.ones(len(rows))
    return replace(rows, mass_Da=90.0 * ones, temperature_K=310.0 * ones, density_per_nm3=5.0 * ones)


def test_rows_of_one_state_are_the_same_in_plain_and_in_reduced_units(same_state: Rows) -> None:
    common = mean_units(same_state)
    given = as_given(PLAIN, same_state, common)
    assert common.length_nm == pytest.approx(STATE.length_nm, rel=1e-12)
    np.testing.assert_allclose(given.reduced_diffusion, same_state.reduced_diffusion, rtol=1e-10)
    np.testing.assert_allclose(given.reduced_friction, same_state.reduced_friction, rtol=1e-10)
    np.testing.assert_allclose(given.reduced_pressure, same_state.reduced_pressure, rtol=1e-10)


@pytest.mark.parametrize("plain", [STATELESS, PLAIN, PLAIN_STATE], ids=lambda variant: variant.name)
def test_a_plain_model_of_rows_of_one_state_is_the_reduced_one(same_state: Rows, options: LearningOptions, plain: Variant) -> None:
    """State that never changes tells nothing; the differences are those of rounding in 80 steps of the kernel's fit."""
    test = np.arange(len(same_state)) % 4 == 0
    one, other = (fit_variant(variant, same_state.take(~test), options, 1).errors(same_state.take(test)) for variant in (FULL, plain))
    np.testing.assert_allclose(other["log_diffusion"], one["log_diffusion"], atol=1e-5)
    np.testing.assert_allclose(other["u_square_kT2"], one["u_square_kT2"], rtol=1e-3)


def test_plain_drag_is_einsteins_in_inverse_picoseconds(rows: Rows) -> None:
    """D = kT/(m (gamma + zeta)), 1000 nm2/ns being 1 nm2/ps."""
    common = mean_units(rows)
    given = as_given(PLAIN, rows, common)
    kT = np.array([thermal_energy(temperature) for temperature in rows.temperature_K])
    zeta_per_ps = 1000 * kT / (rows.mass_Da * rows.diffusion_nm2_per_ns) - rows.friction_per_ps
    np.testing.assert_allclose(drag(given.reduced_diffusion, given.reduced_friction) * common.friction_per_ps, zeta_per_ps, rtol=1e-9)


def test_errors_are_those_of_the_metrics(rows: Rows, options: LearningOptions) -> None:
    test = np.arange(len(rows)) % 3 == 0
    fitted = fit_variant(FULL, rows.take(~test), options, 1)
    found = fitted.errors(rows.take(test))

    fitted.model.state = np.empty((1, 0))
    one_by_one = [measure(fitted.model, rows.take(np.arange(len(rows)) == row)) for row in np.flatnonzero(test)]
    for name, values in (("u_rmse_kT", np.sqrt(found["u_square_kT2"])), ("log_diffusion_rmse", found["log_diffusion"].abs())):
        np.testing.assert_allclose(values, [metrics[name] for metrics in one_by_one], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found["log_diffusion_noise"], [metrics["log_diffusion_noise"] for metrics in one_by_one])


def test_a_reduced_model_is_as_good_at_any_temperature_and_a_plain_one_is_not(rows: Rows, options: LearningOptions) -> None:
    test = np.arange(len(rows)) % 4 == 0
    some = rows.take(test)
    for variant, exact in ((FULL, True), (PLAIN, False)):
        fitted = fit_variant(variant, rows.take(~test), options, 1)
        here, there = fitted.errors(some), fitted.errors(at_temperature(some, 450.0))
        assert np.allclose(here["u_square_kT2"], there["u_square_kT2"], rtol=1e-6) == exact
        assert np.allclose(here["log_diffusion"], there["log_diffusion"], atol=1e-6) == exact


def test_no_pressure_reaches_the_model_without_pressure(rows: Rows) -> None:
    assert not as_given(NO_PRESSURE, rows, STATE).reduced_pressure.any()
    assert as_given(FULL, rows, STATE).reduced_pressure.any()


def test_state_and_kind_of_rows(rows: Rows) -> None:
    assert state_of(FULL, rows).shape == (len(rows), 0)
    np.testing.assert_array_equal(state_of(PLAIN, rows)[:, 0], rows.mass_Da)
    np.testing.assert_allclose(np.exp(state_of(PLAIN_STATE, rows)), np.column_stack([rows.mass_Da, rows.density_per_nm3]))
    names = np.array(["synthetic-000001" if row % 2 else "3-methylpentane-00001" for row in range(len(rows))])
    np.testing.assert_array_equal(synthetic(replace(rows, parent=names)), np.arange(len(rows)) % 2 == 1)
