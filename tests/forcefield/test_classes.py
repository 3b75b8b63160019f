import pytest

from mobcg.forcefield.classes import drawn_class


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        (("CT", "HC"), "CH"),
        (("HC", "CT"), "CH"),
        (("CT", "CA"), "CaC"),
        (("CA", "CA"), None),
        (("CA", "HA"), None),
        (("HC", "CT", "CT"), "CCH"),
        (("HC", "CT", "HC"), "HCH"),
        (("CT", "CA", "CA"), "CaCaC"),
        (("CA", "CA", "HA"), None),
        (("HC", "CT", "CT", "CT"), "CCCH"),
        (("CT", "CT", "CA", "CA"), "CaCaCC"),
        (("HA", "CA", "CA", "CT"), None),
        (("CA", "CA", "CA", "CT"), None),
    ],
)
def test_names(classes: tuple[str, ...], name: str | None) -> None:
    assert drawn_class(classes) == name
