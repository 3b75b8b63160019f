import json

import numpy as np
import pytest

from mobcg.config import Config
from mobcg.report.collect import collect, flattened, planned
from mobcg.units import ReducedUnits


def test_a_finished_campaign_is_read_whole(collected):
    assert collected.missing == ()
    assert len(collected.draws) == 12
    assert len(collected.atomistic) == 15
    assert set(collected.atomistic["outcome"]) == {"ok", "blow-up", "evaporated"}
    assert (collected.inversion["outcome"] == "no-parent").sum() == 3
    assert collected.planned_library_runs == len(collected.database) == 120
    assert list(collected.evaluation_curves) == ["benzene", "mesitylene", "3-methylpentane"]
    assert collected.hashes == {("atomistic", "0123456789abcdef"): 15, ("inversion", "0123456789abcdef"): 15}
    assert collected.versions["openmm"] == ("8.6.1",)


def test_acceleration_is_the_ratio_of_diffusions_with_both_errors(collected):
    row = collected.samples.set_index("sample").loc["benzene-reference"]
    assert row["acceleration"] == pytest.approx(5.0)
    assert row["acceleration_error"] == pytest.approx(5.0 * np.hypot(0.05, 0.04))


def test_failed_samples_have_no_values(collected):
    failed = collected.samples[collected.samples["outcome"] != "ok"]
    assert len(failed) == 3
    assert failed[["density_g_per_cm3", "diffusion_nm2_per_ns", "acceleration"]].isna().all().all()
    assert collected.curve("atomistic", failed["sample"].iloc[0], "rdf.csv", ("r_nm", "g")) is None


def test_reduced_columns_are_those_of_the_reduced_units(collected):
    row = collected.database[collected.database["friction_per_ps"] > 0].dropna(subset=["diffusion_nm2_per_ns"]).iloc[0]
    reduced = ReducedUnits(row["mass_Da"], row["temperature_K"], row["density_per_nm3"])
    assert row["diffusion_reduced"] == pytest.approx(row["diffusion_nm2_per_ns"] / reduced.diffusion_nm2_per_ns)
    assert row["friction_reduced"] == pytest.approx(row["friction_per_ps"] / reduced.friction_per_ps)


def test_an_empty_folder_is_stated_piece_by_piece(empty):
    stated = " | ".join(empty.missing)
    for piece in (
        "config.json",
        "draws.parquet",
        "benzene-reference",
        "library/plan.parquet",
        "mobility.parquet",
        "benzene/evaluation.csv",
    ):
        assert piece in stated
    assert empty.samples.empty


def test_broken_files_are_stated_and_the_rest_is_read(tmp_path, campaign_writer):
    config = campaign_writer(tmp_path, sets=2, runs=10)
    (tmp_path / "atomistic/benzene-reference/summary.json").write_text('{"outcome": ')
    (tmp_path / "atomistic/mesitylene-reference/rdf.csv").unlink()
    (tmp_path / "evaluation/benzene/evaluation.csv").write_text("")
    (tmp_path / "evaluation/mesitylene/msd.csv").write_text("time_ps,msd_nm2\n1,2\n")
    (tmp_path / "database/mobility.parquet").write_bytes(b"not parquet")
    found = collect(tmp_path, config)
    stated = " | ".join(found.missing)
    assert "atomistic/benzene-reference/summary.json cannot be read" in stated
    assert "atomistic/mesitylene-reference/rdf.csv is not there" in stated
    assert "evaluation/benzene/evaluation.csv cannot be read" in stated
    assert "evaluation/mesitylene/msd.csv has no column method" in stated
    assert "database/mobility.parquet cannot be read" in stated
    assert len(found.atomistic) == 8
    assert set(found.evaluation["liquid"]) == {"mesitylene", "3-methylpentane"}


def test_a_summary_with_few_keys_is_enough(tmp_path):
    place = tmp_path / "atomistic/benzene-reference"
    place.mkdir(parents=True)
    (place / "summary.json").write_text(json.dumps({"outcome": "ok", "unheard_of": [1, 2]}))
    found = collect(tmp_path, Config(evaluation={"liquids": ("benzene",)}))
    assert found.atomistic.loc[0, "sample"] == "benzene-reference"
    assert np.isnan(found.atomistic.loc[0, "diffusion_nm2_per_ns"])


def test_nested_metrics_become_one_level():
    assert flattened({"a": 1, "b": {"c": 2.0, "d": {"e": "x"}}, "f": [1]}) == {"a": 1, "b.c": 2.0, "b.d.e": "x"}


def test_results_of_a_former_config_are_counted_not_shown(tmp_path, campaign_writer):
    config = campaign_writer(tmp_path, sets=3, runs=10)
    fewer = config.model_copy(
        update={
            "templates": tuple(item.model_copy(update={"parameter_sets": 2}) for item in config.templates),
            "evaluation": config.evaluation.model_copy(update={"liquids": ("benzene",)}),
        }
    )
    found = collect(tmp_path, fewer)
    assert found.missing == ()
    assert found.others == {"atomistic": 5, "inversion": 5, "evaluation": 2}
    assert set(found.samples["sample"]) == set(planned(fewer))
    assert len(found.draws) == 6
    assert list(found.evaluation_curves) == ["benzene"] == found.evaluation["liquid"].unique().tolist()
    assert len(collect(tmp_path).atomistic) == 12
