"""What the commands share: messages for bad input, exit codes, options."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from mobcg.outcomes import InputError

BAD_INPUT = 2
"""Exit code where the input is at fault; 1 means that a check found problems."""

DEFAULT = Path("config/default.yaml")

Default = Annotated[Path, typer.Option("--default", help="File of the defaults.")]

Out = Annotated[Path, typer.Option("--out", help="Folder of the results; made where it is not there.")]


def check_folder(out: Path) -> None:
    """Raise InputError unless results can be written into the folder `out`, or it can be made: before the work, not after it."""
    existing = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not existing.is_dir():
        raise InputError(f"--out {out}: {existing} is a file; name a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise InputError(f"--out {out}: no permission to write in {existing}")


@contextmanager
def clear_errors() -> Iterator[None]:
    """Bad input ends the program with its message and exit code 2 instead of a traceback."""
    try:
        yield
    except ValidationError as error:
        for problem in error.errors():
            name = ".".join(map(str, problem["loc"]))
            typer.echo(f"error: {name + ': ' if name else ''}{problem['msg']}, found {problem['input']!r}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except InputError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    except OSError as error:
        typer.echo(f"error: {error.filename or 'a file'}: {error.strerror or error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
