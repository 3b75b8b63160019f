"""Pieces of work in processes of their own, some at a time: one that fails or dies leaves the others alone."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from mobcg.logs import start_log
from mobcg.outcomes import Interrupted

log = logging.getLogger(__name__)

MPS_FOLDER = "/tmp/nvidia-mps"
"""Where the daemon of NVIDIA's Multi-Process Service listens unless CUDA_MPS_PIPE_DIRECTORY names another folder."""


@dataclass(frozen=True)
class Piece:
    """One piece of work: what to call, where its log goes and the name that stands before each line of it."""

    name: str
    call: Callable[..., None]
    arguments: tuple[Any, ...]
    log: Path


def work_off(pieces: Sequence[Piece], at_a_time: int = 1, threads: int = 1) -> dict[str, str]:
    """Do all `pieces`, `at_a_time` side by side with `threads` threads each; return the failures: what went wrong, by the piece's name.

    The processes are forked from one that has only imported the work's modules, so imports are paid once. They end when this one does.
    """
    multiprocessing.set_forkserver_preload(sorted({__name__, *(piece.call.__module__ for piece in pieces)}))
    environment = device_environment(min(at_a_time, len(pieces)), os.environ)
    with ThreadPoolExecutor(max_workers=at_a_time) as supervisors:
        answers = list(supervisors.map(partial(_supervise, threads=threads, environment=environment), pieces))
    return {piece.name: answer for piece, answer in zip(pieces, answers, strict=True) if answer}


def device_environment(at_a_time: int, environment: Mapping[str, str]) -> dict[str, str]:
    """What to set for processes that share a GPU through NVIDIA's Multi-Process Service, empty where its daemon does not run.

    Each gets twice its even share of the device's threads, so that one fills what another leaves idle, unless the user has set a share.
    """
    share = "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"
    daemon = Path(environment.get("CUDA_MPS_PIPE_DIRECTORY", MPS_FOLDER)) / "control"
    if at_a_time < 2 or share in environment or not daemon.exists():
        return {}
    return {share: str(max(1, min(100, 200 // at_a_time)))}


def _supervise(piece: Piece, threads: int, environment: Mapping[str, str]) -> str:
    """Run one piece in a process; what went wrong, nothing where nothing did."""
    context = multiprocessing.get_context("forkserver")
    answer, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(piece, threads, environment, theirs), name=piece.name, daemon=True)
    process.start()
    theirs.close()
    try:
        problem = str(answer.recv())
    except EOFError:
        problem = ""
    process.join()
    if not problem and process.exitcode:
        problem = _died(process.exitcode)
    log.info("%s %s", piece.name, f"failed: {problem}" if problem else "done")
    return problem


def _died(code: int) -> str:
    if code > 0:
        return f"its process ended with code {code}"
    hint = "; out of memory, perhaps" if -code == signal.SIGKILL else ""
    return f"its process was ended by {signal.Signals(-code).name}{hint}"


def _work(piece: Piece, threads: int, environment: Mapping[str, str], answer: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(environment)
    start_log(piece.log, piece.name)
    try:
        with threadpool_limits(threads):
            piece.call(*piece.arguments)
    except (Exception, Interrupted) as error:
        sys.excepthook(type(error), error, error.__traceback__)
        answer.send(f"{type(error).__name__}: {error}")


def _end_with_parent() -> None:
    """End this process once its parent is gone: what it writes would meet with what the next attempt writes."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
