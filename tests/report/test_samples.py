import json

from mobcg.report.samples import FIRST_SHOWN, first, packed, samples
from mobcg.report.tables import Table


def test_every_sample_has_its_row_with_all_stages(collected):
    rows = {row[0]: row[1:] for row in samples(collected).rows}
    assert len(rows) == 15
    assert rows["benzene-reference"] == (
        *("real liquid", "ok", "", "1.12 ± 0.04", "0.8770 ± 0.0012", "ok"),
        *("0.0015", "5.6 ± 0.3", "5.0 ± 0.3"),
    )
    assert rows["ethylbenzene-00002"][:3] == ("ethylbenzene", "evaporated", "density 0.08 g/cm3 fell below 0.2 g/cm3 <at 40 ps>")
    assert rows["2,3,4-trimethylpentane-00001"][2] == "structure error 0.0207 after 8 updates"


def test_rows_with_another_outcome_are_marked(collected):
    table = samples(collected)
    assert {table.rows[row][0] for row in table.bad} == {
        "2,3,4-trimethylpentane-00001",
        *(f"{name}-00002" for name in ("2,3,4-trimethylpentane", "ethylbenzene", "3-methylpentane")),
    }


def test_an_empty_campaign_has_no_rows(empty):
    assert samples(empty).rows == ()


def test_the_data_cannot_end_their_element(collected):
    text = packed(samples(collected))
    assert "<" not in text
    assert json.loads(text)["rows"] == [list(row) for row in samples(collected).rows]


def test_the_first_rows_are_an_even_choice_that_keeps_its_marks():
    table = Table(("a",), tuple((str(row),) for row in range(1000)), bad=frozenset({0, 1, 999}))
    chosen = first(table)
    assert len(chosen.rows) == FIRST_SHOWN
    assert (chosen.rows[0], chosen.rows[-1]) == (("0",), ("999",))
    assert chosen.bad == {0, FIRST_SHOWN - 1}
