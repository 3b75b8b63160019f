from pathlib import Path

import pyarrow as pa

from mobcg.database.schema import BY_NAME, COLUMNS, arrow_schema, describe

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "database.md"


def test_the_reference_page_is_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == describe(), (
        "docs/reference/database.md is out of date: write mobcg.database.schema.describe() to it"
    )


def test_names_are_unique_and_every_field_is_described() -> None:
    assert len(BY_NAME) == len(COLUMNS)
    for field in arrow_schema():
        assert field.metadata[b"description"]
        assert field.metadata[b"allowed"]


def test_curves_are_lists_of_numbers() -> None:
    assert arrow_schema().field("g").type == pa.list_(pa.float32())


def test_allowed_names_the_bounds_and_the_unit() -> None:
    assert BY_NAME["temperature_K"].allowed == "a number at least 1 and at most 5000 K"


def test_the_page_says_how_every_curve_is_rounded() -> None:
    for column in COLUMNS:
        assert bool(column.rounding) == (column.kind == "curve")
        assert not column.rounding or f"- `{column.name}`: {column.rounding}" in describe()
