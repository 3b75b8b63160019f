"""Ways to hold it wrong. Each gives its exit code, one line what, one line what to do, and no traceback."""

import builtins
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.database.store import Provenance, write
from tests.observables import files

ROOT = Path(__file__).parents[2]
LIQUID = ROOT / "data/references/atomistic/3-methylpentane-reference/rdf.csv"
STATE = {"--density": "4.62", "--temperature": "298.15", "--mass": "86.18"}
DIFFUSION = {"--diffusion": "2.68"}


def words(verb, options, **changed):
    """A command: its options, some of them changed or (None) left out."""
    options = options | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    return [verb, *(str(word) for name, value in options.items() if value is not None for word in (name, value))]


def refused(arguments, what, advice, code=2):
    """The command ends with the code, and the two lines hold these words."""
    result = CliRunner().invoke(app, [str(word) for word in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    lines = result.stderr.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("error: "))
    second = next(number for number, line in enumerate(lines) if line.startswith("  try: "))
    assert first < second == len(lines) - 1, result.stderr
    assert what in " ".join("".join(lines[first:second]).split()), result.stderr
    assert advice in lines[second], result.stderr
    assert not any(word in result.stderr for word in ("Errno", "ndarray", "NoneType", "object at 0x")), result.stderr
    assert result.stdout == ""
    return result


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Nothing is written into the repository."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def invert(tmp_path):
    return STATE | {"--rdf": LIQUID, "--out": tmp_path / "out"}


def rdf_file(change):
    """The liquid's g(r) after a change."""
    frame = pd.read_csv(LIQUID)
    changed = change(frame)
    (frame if changed is None else changed).to_csv("rdf.csv", index=False)
    return Path("rdf.csv")


def bonded(frame):
    """Atoms instead of molecules: a tall narrow peak of bonds."""
    frame.loc[(frame["r_nm"] > 0.15) & (frame["r_nm"] < 0.16), "g"] = 40.0


DISTRIBUTIONS = {
    "r in Angstrom": (
        lambda f: f.__setitem__("r_nm", 10 * f["r_nm"]),
        "the highest peak of g lies at 6",
        "multiply r by 0.1 (r is in Angstrom)",
    ),
    "columns swapped": (
        lambda f: f.rename(columns={"r_nm": "g", "g": "r_nm"}),
        "are the columns swapped?",
        "name the columns the other way round",
    ),
    "columns of another name": (lambda f: f.rename(columns={"r_nm": "r"}), "column 'r_nm' is missing", "csv with the columns r_nm,g"),
    "bonds not removed": (bonded, "bonded atoms of one molecule", "centres of mass"),
    "r not in order": (lambda f: f.sort_values("g"), "r_nm must increase in even steps", "sorted by r"),
    "not a number": (
        lambda f: f.__setitem__("g", f["g"].where(f.index != 100)),
        "data row 101, column g: expected a finite number",
        "decimal",
    ),
    "a gap": (
        lambda f: f.__setitem__("g", f["g"].where(f.index != 100)),
        "column g: expected a finite number, found nothing",
        "fill that row, or measure",
    ),
    "wide bins": (lambda f: f.iloc[::30], "bins of 0.15 nm are too wide for molecules 0.6 nm apart", "mobcg observe"),
    "negative errors": (lambda f: f.__setitem__("g_err", -1e-3), "g_err must not be negative", "standard errors are positive"),
    "ends too early": (lambda f: f[f["r_nm"] < 0.9], "it must reach 1.9 spacings", "larger box"),
    "not normalised": (lambda f: f.__setitem__("g", 37 * f["g"]), "g ends at 38.1", "divided by its mean density"),
    "g - 1 instead of g": (lambda f: f.__setitem__("g", f["g"] - 1), "g must not be negative", "not g(r) - 1"),
    "a handful of rows": (lambda f: f.head(4), "4 rows; a g(r) needs at least 10", "bins of"),
}


@pytest.mark.parametrize("verb", ["invert", "predict"])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_wrong_distribution(invert, name, verb):
    change, what, advice = DISTRIBUTIONS[name]
    what = what.replace("1.9", "1.8") if verb == "predict" else what
    refused(words(verb, invert | (DIFFUSION if verb == "predict" else {}), rdf=rdf_file(change)), what, advice)
    assert not Path("out").exists()


def test_a_missing_file(invert):
    refused(words("invert", invert, rdf="absent.csv"), "absent.csv: no such file", "check the path")
    refused(words("simulate", STATE | {"--out": "out"}, potential="absent.csv"), "absent.csv: no such file", "check the path")


def test_an_empty_file(invert):
    Path("empty.csv").touch()
    refused(words("invert", invert, rdf="empty.csv"), "it holds no data", "measure g(r) anew")


TABLES = {
    "semicolons": ("r_nm;g\n0,05;0\n", "column 'g' is missing; found the line 'r_nm;g'", "commas between the columns"),
    "no header": ("0.05,0\n0.15,0\n", "column 'g' is missing; found the line '0.05,0'", "a first line with the names"),
    "decimal commas": ("r_nm,g\n0,05,0,0\n0,15,0,1\n", "more columns than names", "decimal points, no decimal commas"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_another_country(invert, name):
    text, what, advice = TABLES[name]
    Path("rdf.csv").write_text(text)
    refused(words("predict", invert | DIFFUSION, rdf="rdf.csv"), what, advice)


def test_a_table_of_another_encoding(invert):
    Path("rdf.csv").write_text(LIQUID.read_text(), encoding="utf-16")
    refused(words("predict", invert | DIFFUSION, rdf="rdf.csv"), "holds no text in UTF-8", "saved as UTF-8")


def test_an_ideal_gas_has_no_potential_to_find(invert):
    refused(words("invert", invert, rdf=rdf_file(lambda f: f.__setitem__("g", 1.0))), "an ideal gas's", "the g(r) of a liquid")


def test_a_folder_instead_of_a_potential():
    refused(words("simulate", STATE | {"--out": "out"}, potential=LIQUID.parent), "is a folder", "such as potential.csv")


def test_a_part_of_d_in_percent():
    order = words("simulate", STATE | {"--out": "out"}, potential="p.csv", diffusion_error="2")
    refused(order, "--diffusion-error: found 2; it is a part of D", "--diffusion-error 0.02 for 2 %")


def test_updates_of_no_length(invert):
    refused(words("invert", invert, update_ps="-5"), "--update-ps: must be positive, found -5", "mobcg invert --help")


def test_another_unit_where_a_whole_liquid_is_written():
    order = words("export", STATE | {"--out": "out", "--format": "lammps"}, potential="p.csv", temperature="25")
    refused(order, "molecules of 86.18 Da are no liquid there", "--temperature 298.15")


def test_a_picture_instead_of_a_table(invert):
    refused(words("invert", invert, rdf=ROOT / "docs/front.png"), "holds no text", "csv with the columns r_nm,g")


def test_a_folder_instead_of_a_file(invert):
    refused(words("invert", invert, rdf=LIQUID.parent), "is a folder", "name the file of g(r) in it")


UNITS = {
    "density in g/cm3": ({"density": "0.66"}, "the spacing is 1.15 nm", "4.612 molecules a nm3, if 0.66 is in g/cm3"),
    "density in kg/m3": ({"density": "662"}, "--density: found 662", "--density 4.626, if 662 is in kg/m3"),
    "density in 1/m3": ({"density": "4.62e27"}, "--density: found 4.62e+27", "--density 4.62, if"),
    "negative density": ({"density": "-4.62"}, "--density: found -4.62", "density in g/cm3 times 602.2 over the molar mass"),
    "temperature in Celsius": (
        {"temperature": "25"},
        "molecules of 86.18 Da are no liquid there",
        "--temperature 298.15, if 25 is in degrees",
    ),
    "frost in Celsius": ({"temperature": "-10"}, "--temperature: found -10", "--temperature 263.15, if -10 is in degrees Celsius"),
    "mass in kg/mol": ({"mass": "0.08618"}, "--mass: found 0.08618", "--mass 86.18, if 0.08618 is in kg/mol"),
    "ten times the mass": ({"mass": "861.8"}, "--mass 861.8 and --density 4.62: 6.61 g/cm3", "--mass in Da of one molecule"),
    "mass in kg": ({"mass": "1.431e-25"}, "--mass: found 1.431e-25", "--mass 86.18, if"),
    "D in cm2/s": ({"diffusion": "2.68e-5"}, "--diffusion: found 2.68e-05", "--diffusion 2.68, if 2.68e-05 is in cm2/s"),
    "D in m2/s": ({"diffusion": "2.68e-9"}, "--diffusion: found 2.68e-09", "--diffusion 2.68, if 2.68e-09 is in m2/s"),
    "pressure in Pa": ({"pressure": "101325"}, "--pressure: found 101325", "--pressure 1.013, if 101325 is in Pa"),
    "no pressure": ({"pressure": "nan"}, "--pressure: found nan", "--pressure 1, an atmosphere"),
    "a word for a number": ({"mass": "heavy"}, "invalid value for '--mass': Input should be a valid number", "mobcg predict --help"),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_value_in_another_unit(invert, name):
    changed, what, advice = UNITS[name]
    refused(words("predict", invert | DIFFUSION, **changed), what, advice)


@pytest.mark.parametrize("verb", ["simulate", "export"])
def test_a_friction_in_another_unit(verb):
    Path("potential.csv").write_text("r_nm,u_kj_per_mol\n0.3,9.0\n0.6,-1.0\n1.2,0.0\n")
    options = (
        STATE
        | {"--potential": "potential.csv", "--out": "run", "--friction": "3e12"}
        | ({"--format": "lammps"} if verb == "export" else {})
    )
    refused(words(verb, options), "--friction: found 3e+12; expected 0 to 100000, in 1/ps", "--friction 3, if 3e+12 is in 1/s")


def test_a_misspelt_verb_or_option():
    refused(["obsrve"], "no such command 'obsrve'. Did you mean 'observe'?", "mobcg --help")
    refused(["invert", "--densty", "4"], "no such option: --densty", "mobcg invert --help")
    refused(["liquids", "shw", "benzene"], "Did you mean 'show'?", "mobcg liquids --help")


def test_a_trajectory_without_a_topology():
    refused(["observe", "--trajectory", "run.xtc", "--out", "out"], "missing option '--topology'", "mobcg observe --help")


@pytest.fixture
def water():
    read = files.trajectory(files.paths(molecules=20, frames=30))
    read.save("run.xtc")
    read[0].save("system.pdb")
    return {"--topology": "system.pdb", "--trajectory": "run.xtc", "--out": "out"}


def test_a_trajectory_as_topology(water):
    refused(words("observe", water, topology="run.xtc"), "run.xtc: not a topology", "frames go to --trajectory")
    refused(words("observe", water, topology="."), ".: is a folder", "check the path")
    refused(words("observe", water, trajectory="."), ".: is a folder", "check the path")


def test_times_that_the_trajectory_does_not_have(water):
    refused(words("observe", water, begin="500"), "no frame lies between --begin and --end", "frames were read up to 14.5 ps")


def test_temperature_or_viscosity_in_another_unit(water):
    refused(words("observe", water, temperature="-10"), "temperature_K: found -10", "temperature_K 263.15, if -10 is in degrees Celsius")
    order = words("observe", water, temperature="298", viscosity="0.0009")
    refused(order, "viscosity_mPa_s: found 0.0009; expected 0.02", "viscosity_mPa_s 0.9, if 0.0009 is in Pa s")


def test_a_topology_that_is_empty(water):
    Path("empty.pdb").touch()
    refused(words("observe", water, topology="empty.pdb"), "empty.pdb", "")


def test_a_topology_of_other_molecules(water):
    files.trajectory(files.paths(molecules=21, frames=1))[0].save("other.pdb")
    refused(words("observe", water, topology="other.pdb"), "holds 60 atoms, other.pdb 63", "the topology that belongs to this trajectory")


@pytest.mark.parametrize("verb", ["invert", "simulate", "predict", "export"])
def test_a_file_where_the_results_shall_be(invert, verb):
    Path("file").touch()
    own = {"invert": {}, "predict": DIFFUSION, "simulate": {"--potential": "p.csv"}, "export": {"--potential": "p.csv", "--format": "csv"}}[
        verb
    ]
    options = {name: value for name, value in invert.items() if name != "--rdf" or verb in ("invert", "predict")} | own
    for out in ("file", "file/below"):
        refused(words(verb, options, out=out), "file is a file; name a folder", "--out with the name of a folder")


def test_a_folder_without_permission_to_write(invert, monkeypatch):
    """Told by the system, which lets root write anywhere: so it is made to say no."""
    Path("locked").mkdir()
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)
    refused(words("invert", invert, out="locked"), "no permission to write in locked", "in a folder of your own")


def test_a_full_disk(invert, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device", "out/potential.csv")

    monkeypatch.setattr("mobcg.api.invert.invert_states", full)
    refused(words("invert", invert), "out/potential.csv: No space left on device", "free space")


def test_a_gpu_where_there_is_none(invert, monkeypatch):
    monkeypatch.setattr("mobcg.engines.registry.gpu_available", lambda: False)
    refused(words("invert", invert, platform="CUDA"), "no GPU can be used here", "--platform auto")


@pytest.mark.parametrize(
    ("module", "advice"),
    [("dask", "pip install 'mobcg[workflow]'"), ("snakemake", "pip install 'mobcg[workflow]'"), ("numba_cuda", "mobcg[gpu]")],
)
def test_a_package_that_is_not_installed(invert, monkeypatch, module, advice):
    def missing(*arguments, **options):
        monkeypatch.setitem(sys.modules, module, None)
        importlib.import_module(module)

    monkeypatch.setattr("mobcg.api.invert.invert_states", missing)
    refused(words("invert", invert), f"this needs the Python package {module}, which is not installed", advice)


def test_mdtraj_is_not_installed(water, monkeypatch):
    monkeypatch.setitem(sys.modules, "mdtraj", None)
    refused(words("observe", water), "reading it needs the Python package mdtraj", "pip install mdtraj")


def test_gromacs_is_not_installed(monkeypatch):
    from mobcg.atomistic.gromacs.program import find_program
    from mobcg.outcomes import InputError

    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MOBCG_GMX", raising=False)
    with pytest.raises(InputError, match=r"needs the program 'gmx', which is not on the PATH: install GROMACS"):
        find_program(1)


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_an_old_python():
    """The environment is not begun with a Python that mobcg cannot run on; one of version 3.9 is feigned."""
    old = Path("old-python")
    old.write_text(f"#!{sys.executable}\nimport sys\nsys.version_info, sys.version = (3, 9, 2), '3.9.2 (main)'\nexec(sys.argv[2])\n")
    old.chmod(0o755)
    order = ["make", "-C", str(ROOT), "environment", f"PYTHON={old.resolve()}", f"VENV={Path('venv').resolve()}"]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "mobcg needs Python 3.11 or newer, found 3.9.2; name another with: make PYTHON=python3.12" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("venv").exists()


def test_an_unknown_liquid():
    where = ["--folder", ROOT / "config/liquids"]
    refused(
        ["liquids", "show", "benzen", *where], "unknown liquid 'benzen': did you mean 'benzene'?", "benzene, or add it: mobcg liquids add"
    )


def test_a_molecule_that_the_force_field_does_not_cover():
    order = ["liquids", "add", "ethanol", "--smiles", "CCO", "--folder", "liquids"]
    refused(order, "ethanol: atom 2 (O, bonded to C1, H8): only hydrocarbons", "bring a topology of your own")
    refused([*order[:3], "--smiles", "CC(C", *order[5:]], "not a SMILES string", "")
    assert not Path("liquids").exists()


def test_a_name_that_no_file_may_have():
    order = ["liquids", "add", "a/b", "--smiles", "CC", "--folder", "liquids"]
    refused(order, "name: found 'a/b'; no name of a file", "letters, digits and")


def test_advice_names_the_verb_within_its_group(monkeypatch):
    from mobcg.outcomes import InputError

    def broken(*arguments, **options):
        raise InputError("nothing works")

    monkeypatch.setattr("mobcg.database.information.info", broken)
    refused(["database", "info", ROOT / "data/mobility.parquet"], "nothing works", "mobcg database info --help shows")


CONFIGS = {
    "an unknown key": ("sed: 3\n", "sed: unknown key; did you mean 'seed'?", "config/default.yaml has each"),
    "an unknown liquid": ("evaluation: {liquids: [benzen]}\n", "did you mean 'benzene'?", "benzene, or add it"),
    "no YAML": ("seed: [1, 2\nresults: x\n", "cannot be read as yaml: line 2", "indented by spaces"),
    "a list": ("- seed\n", "expected keys and values", "indented by spaces"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_wrong_config(name, monkeypatch, tmp_path):
    text, what, advice = CONFIGS[name]
    (tmp_path / "mine.yaml").write_text(text)
    monkeypatch.chdir(ROOT)
    refused(["check", tmp_path / "mine.yaml"], what, advice)


def test_a_database_of_another_version(monkeypatch):
    row = {"run_id": "1-0", "parent": "a-00000", "template": "a", "liquid": "a", "outcome": "crystal", "reason": "froze"}
    write("old.parquet", [row], np.arange(10) * 0.1 + 0.05, Provenance(1, "x"))
    table = pq.read_table("old.parquet")
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"mobcg.schema_version": b"0"}), "old.parquet")
    refused(["database", "info", "old.parquet"], "old.parquet: schema version 0", "the version that wrote it")


def test_a_table_instead_of_a_database():
    refused(["database", "info", LIQUID], "rdf.csv: not a readable Parquet file", "name a database, such as data/mobility.parquet")


@pytest.mark.parametrize(
    ("option", "value", "what", "advice"),
    [("weight", 2, "which only --conservative does", "--conservative too"), ("replicas", 5, "the runs of --verify", "--verify too")],
)
def test_an_option_without_the_one_that_it_belongs_to(invert, option, value, what, advice):
    refused(words("predict", invert | DIFFUSION, **{option: value}), what, advice)


def test_a_damaged_database():
    whole = (ROOT / "data/mobility.parquet").read_bytes()
    Path("half.parquet").write_bytes(whole[: len(whole) // 2])
    refused(["database", "info", "half.parquet"], "half.parquet: not a readable Parquet file", "copy or download it again")
    refused(["database", "info", "absent.parquet"], "absent.parquet: no such database", "check the path")
    refused(["database", "validate", "absent.parquet"], "absent.parquet: no such file", "check the path")
    refused(["database", "validate", "."], ".: is a folder", "check the path")


@pytest.mark.parametrize("more", [[], ["--temperature", "298.15"]])
def test_a_potential_without_a_core(more):
    r = np.linspace(0.4, 1.2, 81)
    pd.DataFrame({"r_nm": r, "u_kj_per_mol": -2 * (1.2 - r)}).to_csv("well.csv", index=False)
    refused(
        ["export", "--potential", "well.csv", "--format", "lammps", "--out", "out", *more], "the core does not repel", "begins 3 kT above"
    )
    assert not Path("out").exists()


def test_the_potential_of_an_inversion_that_found_none():
    Path("potential.csv").write_text("r_nm,u_kj_per_mol,f_kj_per_mol_nm\n")
    refused(words("simulate", STATE, potential="potential.csv", out="out"), "holds no potential", "the reason in its summary.json")


def test_a_model_that_does_not_exist(invert):
    refused(words("predict", invert | DIFFUSION, model="flagshp"), "no model 'flagshp'", "flagship")


def test_a_campaign_that_has_not_run(monkeypatch, tmp_path):
    (tmp_path / "mine.yaml").write_text(f"results: {tmp_path / 'none'}\n")
    for verb in ("report", "status"):
        order = [verb, "--config", tmp_path / "mine.yaml", "--default", ROOT / "config/demo.yaml"]
        monkeypatch.chdir(ROOT)
        refused(order, "no such folder", f"run the campaign first: snakemake --profile profiles/local --configfile {tmp_path}")


def test_a_fault_of_the_program_is_told_as_one(invert, monkeypatch):
    """No traceback by itself; with --traceback or the environment variable there is one, and the advice says so."""

    def broken(*arguments, **options):
        raise builtins.ZeroDivisionError("division by zero")

    monkeypatch.setattr("mobcg.api.invert.invert_states", broken)
    order = words("invert", invert)
    refused(order, "unexpected: ZeroDivisionError: division by zero", "mobcg --traceback", code=3)
    shown = CliRunner().invoke(app, ["--traceback", *order])
    assert shown.exit_code == 3
    assert re.search(r"Traceback[\s\S]*in broken", shown.stderr)
    assert "Traceback" in CliRunner().invoke(app, order, env={"MOBCG_TRACEBACK": "1"}).stderr


def test_a_command_that_is_stopped(invert, monkeypatch):
    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("mobcg.api.invert.invert_states", stopped)
    refused(words("invert", invert), "stopped", "the same command again", code=130)
