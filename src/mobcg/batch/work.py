"""Making a batch: those of its samples that are not there yet, and then its index."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobcg.batch.index import finished, write_index
from mobcg.batch.plan import FILES
from mobcg.batch.processes import Piece, work_off

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One sample of a batch: the work, the folder it fills and the hash of all inputs that decide what comes out."""

    piece: Piece
    folder: Path
    inputs_hash: str


def make_batch(tasks: Sequence[Task], stage: str, index: Path | str | None, at_a_time: int = 1, threads: int = 1) -> None:
    """Make the samples of a stage that are not finished, `at_a_time` side by side, then write `index`.

    Without an index there is one sample, and it is made anew in this process. Raises RuntimeError that names every sample that failed,
    with its log; the others are kept and not made again.
    """
    if index is None:
        (task,) = tasks
        task.piece.call(*task.piece.arguments)
        return
    missing = [task.piece for task in tasks if not finished(task.folder, FILES[stage], task.inputs_hash)]
    log.info("%d samples, %d of them finished before", len(tasks), len(tasks) - len(missing))
    failures = work_off(missing, at_a_time, threads) if missing else {}
    if failures:
        logs = {piece.name: piece.log for piece in missing}
        told = "\n".join(f"  {name} ({stage}): {problem}; log: {logs[name]}" for name, problem in failures.items())
        raise RuntimeError(f"{len(failures)} of {len(tasks)} samples failed, the others are kept:\n{told}")
    write_index(Path(index), {task.piece.name: task.folder for task in tasks}, FILES[stage])
