import numpy as np
import pandas as pd
import pytest

from mobcg.evaluation.reference import read_reference
from mobcg.files import write_csv, write_json
from mobcg.observables.velocity import VelocityAutocorrelation

SUMMARY = {
    "sample": "a-reference",
    "liquid": "a",
    "outcome": "ok",
    "reason": "",
    "molecules": 100,
    "molar_mass_Da": 86.0,
    "density_per_nm3": 4.6,
    "target_temperature_K": 298.15,
    "target_pressure_bar": 1.01325,
    "box_nm": 2.79,
    "diffusion_nm2_per_ns": 2.0,
    "diffusion_error_nm2_per_ns": 0.1,
}


@pytest.fixture
def folder(tmp_path):
    write_json(tmp_path / "summary.json", SUMMARY)
    r = 0.01 + 0.02 * np.arange(60)
    write_csv(tmp_path / "rdf.csv", {"r_nm": r, "g": np.ones(60), "g_err": np.full(60, 0.01)})
    write_csv(tmp_path / "msd.csv", {"time_ps": np.arange(5.0), "msd_nm2": 0.01 * np.arange(5.0)})
    return tmp_path


def test_an_older_folder_has_neither_velocities_nor_volumes(folder):
    found = read_reference(folder)
    assert found.velocity is None
    assert found.compressibility_per_GPa is None
    assert found.density_g_per_cm3 == pytest.approx(4.6 * 86.0 / 602.214076)


def test_g_is_that_of_the_beads_box(folder):
    """100 molecules show an ideal gas's 1; as 500 beads would show it, it is lower by 1/100 less 1/500."""
    assert read_reference(folder, beads=100).rdf.g == pytest.approx(np.ones(60))
    assert read_reference(folder, beads=500).rdf.g == pytest.approx(np.full(60, 0.99 / 0.998))
    assert read_reference(folder).rdf.g == pytest.approx(np.full(60, 0.99 / 0.998))


def test_velocities_are_read_where_they_were_measured(folder):
    write_csv(folder / "vacf.csv", pd.DataFrame(columns=["time_ps", "vacf_nm2_per_ps2", "vacf_err_nm2_per_ps2"]))
    assert read_reference(folder).velocity is None
    measured = VelocityAutocorrelation(0.02 * np.arange(3), np.array([0.08, 0.05, 0.01]), np.full(3, 0.001))
    measured.write_csv(folder / "vacf.csv")
    found = read_reference(folder).velocity
    for name in ("time_ps", "nm2_per_ps2", "error_nm2_per_ps2"):
        assert getattr(found, name) == pytest.approx(getattr(measured, name))


def test_the_compressibility_is_of_the_stages_at_constant_pressure(folder):
    random = np.random.default_rng(1)
    volume = 21.7 * (1 + 0.01 * random.normal(size=400))
    density = 100 * 86.0 / 602.214076 / volume
    stages = ["compress"] * 50 + ["npt"] * 200 + ["npt-extension"] * 200 + ["production"] * 50
    column = np.concatenate([np.linspace(0.3, 0.9, 50), density, np.full(50, 0.66)])
    write_csv(folder / "thermodynamics.csv", pd.DataFrame({"stage": stages, "density_g_per_cm3": column}))
    found = read_reference(folder).compressibility_per_GPa
    # var(V)/(kT <V>) = 1e-4 21.7 nm3 / 2.479 kJ/mol, 1 kJ/mol/nm3 = 1.66054 MPa; 400 independent volumes tell it within 7 %
    assert found.value == pytest.approx(1e-4 * 21.7 / 2.47897 / 1.66054e-3, rel=0.25)
    assert 0.03 < found.error / found.value < 0.15
