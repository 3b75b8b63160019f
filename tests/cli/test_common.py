import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mobcg.cli import app
from mobcg.cli.common import Told, verb
from mobcg.progress import tracked

ROOT = Path(__file__).parents[2]
RUN = CliRunner()
LIQUIDS = ["--folder", str(ROOT / "config/liquids")]


def commands():
    """All commands with their words, those of groups too."""
    program = typer.main.get_command(app)
    for name, command in program.commands.items():
        inner = getattr(command, "commands", {})
        yield from [([name, word], below) for word, below in inner.items()] or [([name], command)]


COMMANDS = {" ".join(words): (words, command) for words, command in commands()}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_that_names_it_and_its_options(name):
    words, command = COMMANDS[name]
    example = next(line.strip() for line in command.help.splitlines() if line.strip().startswith("Example: mobcg "))
    assert example.startswith(f"Example: mobcg {name}")
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in example.split() if word.startswith("--")} <= known
    required = [parameter for parameter in command.params if parameter.required]
    assert all(parameter.opts[0] in example for parameter in required if parameter.opts[0].startswith("--"))
    assert {"--json", "--quiet"} <= known
    assert "Example" in RUN.invoke(app, [*words, "--help"]).output


@pytest.mark.parametrize("group", ["liquids", "database"])
def test_a_group_has_an_example_too(group):
    assert f"Example: mobcg {group} " in " ".join(RUN.invoke(app, [group, "--help"]).output.split())


def test_the_help_tells_the_exit_codes():
    text = " ".join(RUN.invoke(app, ["--help"]).output.split())
    assert "Exit codes: 0 done" in text
    assert "--install-completion" in text


@pytest.fixture
def talkative(capsys):
    """A command that logs, counts and finds."""
    import logging

    @verb
    def count(problems: bool = False) -> Told:
        logging.getLogger("mobcg.test").info("counting")
        numbers = list(tracked(range(3), "counting bar", "number"))
        return Told({"numbers": numbers, "folder": Path("a"), "nothing": float("nan")}, ["three numbers"], problems)

    program = typer.Typer()
    program.command()(count)

    def run(*words):
        code = 0
        try:
            typer.main.get_command(program).main(list(words), standalone_mode=True)
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def terminal(capsys, monkeypatch):
    """Standard error says that it is a terminal."""
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)


def test_a_person_sees_the_log_and_the_result(talkative):
    code, out, err = talkative()
    assert (code, out) == (0, "three numbers\n")
    assert "counting\n" in err
    assert "bar" not in err  # standard error is no terminal


@pytest.mark.usefixtures("terminal")
def test_bars_show_on_a_terminal_alone_and_not_when_quiet(talkative):
    assert "counting bar:" in talkative()[2]
    assert talkative("--quiet") == (0, "three numbers\n", "")
    code, out, err = talkative("--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"numbers": [0, 1, 2], "folder": "a", "nothing": None}


def test_problems_end_with_one_after_the_result(talkative):
    code, out, _ = talkative("--problems", "--json")
    assert code == 1
    assert json.loads(out)["numbers"] == [0, 1, 2]


def document(*words, code=0):
    """The one JSON document that a command writes."""
    result = RUN.invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_documents_of_checks_and_lists(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    assert document("check", "config/demo.yaml")["samples"] == 6
    assert document("database", "info", "data/mobility.parquet")["rows"] > 1000
    assert "benzene" in [each["name"] for each in document("liquids")["liquids"]]
    assert document("liquids", "list") == document("liquids")
    assert document("liquids", "show", "benzene")["smiles"] == document("liquids", "benzene")["smiles"] == "c1ccccc1"
    (tmp_path / "broken.parquet").write_bytes(b"nothing")
    found = document("database", "validate", tmp_path / "broken.parquet", code=1)
    assert not found["valid"]
    assert "not a readable Parquet file" in found["problems"][0]


def test_a_document_is_the_summary_and_where_the_results_are(tmp_path, soft):
    soft.write_csv(tmp_path / "p.csv")
    written = document("export", "--potential", tmp_path / "p.csv", "--format", "lammps", "--out", tmp_path / "out")
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert written.pop("results") == str(tmp_path / "out")
    assert written == {name: summary[name] for name in written}
    assert written["format"] == "lammps"


def test_the_shell_completes_verbs_and_liquids(monkeypatch):
    monkeypatch.chdir(ROOT)

    def completed(line):
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_MOBCG_COMPLETE": "complete_bash"}
        return RUN.invoke(app, [], prog_name="mobcg", env=words).stdout.split()

    assert completed("mobcg sim") == ["simulate"]
    assert completed("mobcg liquids show neop") == ["neopentane"]
    assert completed("mobcg export --format la") == ["lammps"]
    assert "--structure-error" in completed("mobcg invert --struc")
