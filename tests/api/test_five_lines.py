"""From measured files to a potential, as the documentation has it, and what the results hold."""

from pathlib import Path

import numpy as np
import pytest

import mobcg

REFERENCE = Path(__file__).parents[2] / "data/references/atomistic/3-methylpentane-reference"
STATE = {"mass_Da": 86.18, "density_per_nm3": 4.624, "temperature_K": 298.15}


@pytest.fixture(scope="module")
def model():
    return mobcg.predict(REFERENCE / "rdf.csv", diffusion_nm2_per_ns=2.68, **STATE)


def test_a_model_is_told_and_written(model, tmp_path):
    assert model.outcome is mobcg.Outcome.OK
    assert model.in_domain
    assert not model.notes
    assert model.verification is None
    # a free bead of this mass under the friction alone, kT/(m D), bounds it from above: 10.7/ps
    assert 2 < model.friction_per_ps < 10.7
    model.write(tmp_path)
    again = mobcg.read_potential(tmp_path / "potential.csv")
    np.testing.assert_allclose(again.u_kj_per_mol, model.potential.u_kj_per_mol, rtol=1e-8)


def test_files_arrays_and_curves_are_the_same_distribution(model):
    curve = mobcg.read_rdf(REFERENCE / "rdf.csv")
    for rdf in (curve, (curve.r_nm, curve.g), str(REFERENCE / "rdf.csv")):
        again = mobcg.predict(rdf, diffusion_nm2_per_ns=2.68, **STATE)
        np.testing.assert_array_equal(again.potential.u_kj_per_mol, model.potential.u_kj_per_mol)


def test_a_short_run_of_the_model_has_the_structure(model, tmp_path):
    run = mobcg.simulate(
        model.potential, friction_per_ps=model.friction_per_ps, rdf=REFERENCE / "rdf.csv", beads=500, time_ns=0.05, viscosity=False, **STATE
    )
    assert run.outcome is mobcg.Outcome.OK
    assert run.structure_error < 0.02
    assert run.pressure_bar.error > 0
    assert run.diffusion_nm2_per_ns.value == pytest.approx(2.68, rel=0.3)
    run.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"rdf.csv", "msd.csv", "summary.json"}


def test_a_direct_inversion_is_the_potential_of_mean_force():
    """-kT ln g at the first peak and in the first well, to which the method only adds a smooth end."""
    found = mobcg.invert(REFERENCE / "rdf.csv", method="direct", update_ps=5, final_ps=10, **STATE)
    curve = mobcg.read_rdf(REFERENCE / "rdf.csv")
    inside = (curve.r_nm > 0.55) & (curve.r_nm < 0.75)
    wanted = -2.479 * np.log(curve.g[inside])
    offset = found.potential.energy(curve.r_nm[inside]) - wanted
    assert np.std(offset) < 0.1
    assert len(found.history) == 1
    assert found.rdf.g.max() > 1


def test_wrong_values_are_told_by_the_argument_s_name():
    with pytest.raises(mobcg.InputError, match=r"density_per_nm3: found 662.*density_per_nm3 4\.626, if 662 is in kg/m3"):
        mobcg.invert(REFERENCE / "rdf.csv", **STATE | {"density_per_nm3": 662})
    with pytest.raises(mobcg.InputError, match=r"diffusion_nm2_per_ns: found 2\.68e-05"):
        mobcg.predict(REFERENCE / "rdf.csv", diffusion_nm2_per_ns=2.68e-5, **STATE)
    with pytest.raises(mobcg.InputError, match="r_nm must increase in even steps"):
        mobcg.predict((np.array([0.1, 0.3, 0.2] * 5), np.ones(15)), diffusion_nm2_per_ns=2.68, **STATE)


def test_an_error_keeps_its_advice_when_it_travels():
    import pickle

    error = pickle.loads(pickle.dumps(mobcg.InputError("what", "do this")))
    assert (error.what, error.advice, str(error)) == ("what", "do this", "what; do this")
    assert str(error.within("file")) == "file: what; do this"


def test_the_shipped_database_is_read():
    database = mobcg.read_database(REFERENCE.parents[2] / "mobility.parquet")
    assert database.curves("g", database.ok).shape == (int(database.ok.sum()), len(database.r_nm))
