"""The programs that the documentation calls, and which options each of them has."""

import functools
import re
import tomllib

import typer

from tests.docs.blocks import ROOT

OTHERS = {"apptainer", "cat", "cd", "conda", "csg_call", "csg_resample", "git", "gmx", "lmp", "nvidia-cuda-mps-control"}
OTHERS |= {"pytest", "sacct", "sbatch", "snakedeploy", "source", "squeue", "tmux", "OMP_NUM_THREADS=1"}
"""Programs whose options are not looked up."""


def problem(words: list[str]) -> str | None:
    """What is wrong with a command, None where nothing is."""
    program, *rest = words
    if program.endswith("=1"):  # a variable before the command
        return problem(rest)
    look = {"mobcg": _mobcg, "snakemake": _snakemake, "python": _python, "make": _make, "pip": _pip}.get(program)
    if look is None:
        return None if program in OTHERS else f"{program}: no program that the documentation is known to call"
    return look(rest)


def _unknown(options: list[str], known: set[str], command: str) -> str | None:
    missing = [option for option in options if option not in known]
    return f"{command} has no option {', '.join(missing)}" if missing else None


def _options(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]


@functools.cache
def _cli() -> typer.core.TyperGroup:
    from mobcg.cli import app

    return typer.main.get_command(app)


def _mobcg(words: list[str]) -> str | None:
    command, name = _cli(), "mobcg"
    if "VERB" in words:  # stands for any
        return None
    while (commands := getattr(command, "commands", None)) and words and not words[0].startswith("-"):
        name = f"{name} {words[0]}"
        if words[0] not in commands:
            return f"{name}: no such command"
        command, words = commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return _unknown(_options(words), known | {"--help", "--show-completion", "--install-completion"}, name)


@functools.cache
def _snakemake_options() -> set[str]:
    from snakemake.cli import get_argument_parser

    return {option for action in get_argument_parser()._actions for option in action.option_strings}


def _snakemake(words: list[str]) -> str | None:
    return _unknown(_options(words), _snakemake_options(), "snakemake")


def _python(words: list[str]) -> str | None:
    if words[0] == "-m":
        return None
    script = ROOT / words[0]
    if not script.is_file():
        return f"{words[0]}: no such script"
    text = script.read_text(encoding="utf-8")
    return _unknown(_options(words[1:]), {option for option in _options(words[1:]) if f'"{option}"' in text}, words[0])


def _make(words: list[str]) -> str | None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    missing = [word for word in words if "=" not in word and word not in targets]
    return f"make has no target {missing[0]}" if missing else None


def _pip(words: list[str]) -> str | None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = {extra for word in words for found in re.findall(r"\[([\w,]+)\]", word) for extra in found.split(",")}
    return f"pip: mobcg has no extra {', '.join(named - set(extras))}" if named - set(extras) else None


def spans(text: str) -> list[str]:
    """Calls of mobcg and snakemake with options in the running text of a page."""
    return [span for span in re.findall(r"`((?:mobcg|snakemake) [^`\n]+)`", text) if "--" in span or " -" in span]
