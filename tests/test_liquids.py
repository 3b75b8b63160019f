from pathlib import Path

import pytest

from mobcg.liquids import Liquid, available_liquids, load_liquid
from mobcg.outcomes import InputError

DIRECTORY = Path(__file__).parents[1] / "config" / "liquids"
PUBLISHED = {
    "2,3,4-trimethylpentane": "CC(C)C(C)C(C)C",
    "3-ethylhexane": "CCCC(CC)CC",
    "3-methylpentane": "CCC(C)CC",
    "benzene": "c1ccccc1",
    "ethylbenzene": "CCc1ccccc1",
    "neopentane": "CC(C)(C)C",
    "mesitylene": "Cc1cc(C)cc(C)c1",
    "2,3-dimethylbutane": "CC(C)C(C)C",
}


def test_the_published_liquids_are_there() -> None:
    assert PUBLISHED.keys() <= set(available_liquids(DIRECTORY))


@pytest.mark.parametrize(("name", "smiles"), PUBLISHED.items())
def test_published_liquid(name: str, smiles: str) -> None:
    liquid = load_liquid(name, DIRECTORY)
    assert (liquid.name, liquid.smiles, liquid.temperature_K, liquid.pressure_bar) == (name, smiles, 298.15, 1.01325)
    assert liquid.reference_density_g_per_cm3 is not None
    assert 0.5 < liquid.reference_density_g_per_cm3 < 0.9


def test_an_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(
        InputError, match=r"unknown liquid 'benzen' in config.evaluation.liquids\[0\]: did you mean 'benzene'\? known in .*mesitylene"
    ):
        load_liquid("benzen", DIRECTORY, "config.evaluation.liquids[0]")


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no directory"):
        load_liquid("benzene", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("smiles: CC\ntemprature_K: 300\n", "x.yaml: temprature_K: unknown key; did you mean 'temperature_K'\\? allowed: name, smiles"),
        ("smiles: CC\ntemperature_K: -3\n", "x.yaml: temperature_K: found -3; input should be greater than 0"),
        ("smiles: CC\npressure_bar: high\n", "x.yaml: pressure_bar: found 'high'; input should be a valid number"),
        ("smiles: CC\nname: y\n", "x.yaml: name: found 'y', allowed is the name of the file, 'x'"),
        ("temperature_K: 300\n", "x.yaml: give either smiles or topology"),
        ("smiles: CC\ntopology: {gromacs_top: a.top, coordinates: a.gro}\n", "x.yaml: give either smiles or topology, not both"),
        ("topology: {gromacs_top: a.top}\n", "x.yaml: topology: give either gromacs_top and coordinates, or openmm_system and pdb"),
        ("topology: {gromacs_top: a.top, coordinate: a.gro}\n", "x.yaml: topology.coordinate: unknown key; did you mean 'coordinates'"),
        ("- CC\n", "x.yaml: expected keys and values .* found list"),
        ("", "x.yaml: expected keys and values .* found NoneType"),
        ("smiles: [\n", "x.yaml: not readable as YAML"),
    ],
)
def test_bad_files(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.yaml").write_text(content)
    with pytest.raises(InputError, match=message):
        load_liquid("x", tmp_path)


def test_topology_paths_start_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("topology: {gromacs_top: own/x.top, coordinates: own/x.gro}\n")
    topology = load_liquid("x", tmp_path).topology
    assert topology is not None
    assert topology.gromacs_top == str(tmp_path / "own" / "x.top")


def test_a_liquid_needs_one_force_field() -> None:
    with pytest.raises(ValueError, match="either smiles or topology"):
        Liquid(name="x")
