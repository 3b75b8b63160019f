import pandas as pd
import pytest

from mobcg.config import EVALUATION_METHODS
from mobcg.report import tables
from mobcg.report.collect import collect
from mobcg.report.rounding import DASH


def test_cards_count_runs_by_outcome(collected):
    cards = {title: (number, detail) for title, number, detail in tables.cards(collected, 24.6)}
    assert cards["atomistic runs"][0] == "12 of 15 ok"
    assert "blow-up" in cards["atomistic runs"][1]
    assert "evaporated" in cards["atomistic runs"][1]
    assert cards["inversions"] == ("11 of 15 ok", "3 no-parent, 1 not-converged")
    assert cards["library"][0] == "120"
    assert cards["core-hours"][0] == "24.6"


def test_evaluation_has_every_method_under_its_liquid(collected):
    table = tables.evaluation(collected)
    assert len(table.rows) == 3 * (1 + len(EVALUATION_METHODS))
    assert table.rows[0] == ("benzene: atomistic D = 1.12 ± 0.04 nm² ns⁻¹",)
    assert table.rows[2][:5] == ("inversion", "0.00090 ± 0.00011", "1.53 ± 0.03", "1.53 ± 0.03", "5.15 ± 0.15")
    assert [table.rows[row][0] for row in table.bad] == ["network (published kind): crystal"]


def test_short_times_and_thermodynamics_of_every_method_that_ended_well(collected):
    table = tables.beyond(collected)
    assert len(table.rows) == 3 * (1 + len(EVALUATION_METHODS)) - 1
    assert table.rows[0][0].startswith("benzene: atomistic 0.8")
    assert table.rows[1] == ("potential of mean force", "1.25", DASH, DASH, "0.120 ± 0.010", table.rows[1][5], "0.71 ± 0.05", "1.58 min")
    assert table.rows[1][5].endswith(" ± 0.004")


def test_findings_leave_failed_runs_out(collected):
    rows = {row[0]: row[1:] for row in tables.findings(collected).rows}
    assert rows["network (published kind)"][:2] == ("2 of 3", "2.70")
    assert rows["inversion"][:2] == ("3 of 3", "4.60")
    assert {name: row[-1] for name, row in rows.items() if row[-1] != "0"} == {"flagship, refined": "3"}


def test_failures_of_one_kind_are_one_row(collected):
    rows = tables.failures(collected).rows
    lost = int((collected.database["outcome"] != "ok").sum())
    assert sum(int(row[3]) for row in rows) == 3 + 3 + 1 + 1 + lost
    assert {row[1] for row in rows if row[0] == "library"} == {"crystal", "glass"}
    assert ("inversion", "not-converged", "structure error 0.0207 after 8 updates", "1", "2,3,4-trimethylpentane-00001") in rows


TABLES = (tables.findings, tables.stages, tables.failures, tables.evaluation, tables.beyond, tables.metrics)


@pytest.mark.parametrize("make", TABLES)
def test_tables_of_an_empty_folder(make, empty):
    assert all(len(row) == len(make(empty).heads) for row in make(empty).rows)


def test_the_evaluation_marks_what_lies_outside_the_training_domain(tmp_path, campaign_writer):
    config = campaign_writer(tmp_path, sets=1, runs=5)
    path = tmp_path / "evaluation/benzene/evaluation.csv"
    table = pd.read_csv(path)
    table["in_domain"] = table["method"].map({"network": True, "network+friction": False})
    pd.DataFrame(table.assign(notes="", box_nm=4.2, box_AA_nm=2.1)).to_csv(path, index=False)
    rows = tables.evaluation(collect(tmp_path, config)).rows
    assert rows[0][0].endswith("; atomistic box 2.10 nm; coarse-grained box 4.20 nm")
    assert [row[0] for row in rows if "outside training domain" in row[0]] == ["potential + friction (flagship) (outside training domain)"]


def test_metrics_have_readable_names_and_no_repeats(collected):
    names = [row[0] for row in tables.metrics(collected).rows]
    assert "held-out parents: structure error" in names
    assert len(set(names)) == len(names)
    assert not {"kind", "rows train", "rows test"} & set(names)
