"""What the commands share: their result for people and programs, quiet or watched, and options."""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from mobcg.outcomes import InputError

DEFAULT = Path("config/default.yaml")

Default = Annotated[Path, typer.Option("--default", help="File of the defaults.")]

Out = Annotated[Path, typer.Option("--out", help="Folder of the results; made where it is not there.")]

AsJson = Annotated[bool, typer.Option("--json", help="The result as one JSON document on standard output, for programs.")]

Quiet = Annotated[bool, typer.Option("--quiet", help="No log and no progress: the result and errors alone.")]


@dataclass(frozen=True)
class Told:
    """What a command found: values for programs, lines for people; problems: a check found some, exit code 1."""

    values: Mapping[str, Any]
    lines: Sequence[str]
    problems: bool = False


def verb(function: Callable[..., Told]) -> Callable[..., None]:
    """Make a command of a function that returns what it found: with --json and --quiet, a log and bars on standard error else."""

    @functools.wraps(function)
    def command(*, as_json: bool, quiet: bool, **arguments: Any) -> None:
        with _hushed() if as_json or quiet else _watched():
            told = function(**arguments)
        _tell(json_lines(told.values) if as_json else told.lines, told.problems)

    return _with_options(command, function, {"as_json": AsJson, "quiet": Quiet})


def quiet_verb(function: Callable[..., Told]) -> Callable[..., None]:
    """The same for a command whose --json is its own: --quiet alone."""

    @functools.wraps(function)
    def command(*, quiet: bool, **arguments: Any) -> None:
        with _hushed() if quiet else _watched():
            told = function(**arguments)
        _tell(told.lines, told.problems)

    return _with_options(command, function, {"quiet": Quiet})


def json_lines(values: Mapping[str, Any]) -> list[str]:
    """The values as the lines of one JSON document."""
    from mobcg.files import plain

    return json.dumps(plain(values), indent=2).splitlines()


def check_folder(out: Path) -> None:
    """Raise InputError unless results can be written into the folder `out`, or it can be made: before the work, not after it."""
    existing = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not existing.is_dir():
        raise InputError(f"--out {out}: {existing} is a file; name a folder", "--out with the name of a folder, which is made where needed")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}: no permission to write in {existing}", "--out in a folder of your own, such as --out ~/results")


def check_results(results: Path, config: Sequence[Path]) -> None:
    """Raise InputError unless the campaign of these configs has a folder of results."""
    if not results.is_dir():
        command = f"snakemake --profile profiles/local --configfile {' '.join(map(str, config))}"
        raise InputError(f"{results}: no such folder", f"run the campaign first: {command}")


def _tell(lines: Sequence[str], problems: bool) -> None:
    for line in lines:
        typer.echo(line)
    if problems:
        raise typer.Exit(1)


def _with_options(command: Callable[..., None], function: Callable[..., Told], options: Mapping[str, Any]) -> Callable[..., None]:
    """Give the command the function's signature and, behind it, these switches."""
    own = inspect.signature(function, eval_str=True)
    added = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind) for name, kind in options.items()]
    signature = own.replace(parameters=[*own.parameters.values(), *added], return_annotation=None)
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    return command


@contextlib.contextmanager
def _watched() -> Iterator[None]:
    """Log lines and bars on standard error, which do not tear each other apart."""
    from tqdm.contrib.logging import logging_redirect_tqdm

    from mobcg.progress import bars

    with _log(logging.INFO) as logger, bars(), logging_redirect_tqdm([logger]):
        yield


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """No log lines; bars take standard error for no terminal and stay away."""
    with _log(logging.ERROR), contextlib.redirect_stderr(_NoTerminal(sys.stderr)):
        yield


@contextlib.contextmanager
def _log(level: int) -> Iterator[logging.Logger]:
    """Messages of mobcg from `level` on to standard error, plain, where nothing else was set up for them."""
    logger = logging.getLogger("mobcg")
    before, handler = logger.level, None
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield logger
    finally:
        logger.setLevel(before)
        if handler is not None:
            logger.removeHandler(handler)


class _NoTerminal:
    """A stream that says that nobody watches."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
