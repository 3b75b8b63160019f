"""Executing the plan in chunks: each finished chunk is a file, so an interrupted library continues where it was."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from distributed import Client, Future, KilledWorker, as_completed
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from mobcg.config import CoarseGrainedOptions, LibraryOptions, ObservableOptions, PoolOptions
from mobcg.driver import pool_name
from mobcg.files import content_hash, versions, write_parquet
from mobcg.library.parent import Parent
from mobcg.library.pool import LIVES, open_pool
from mobcg.library.run import execute
from mobcg.library.synthetic import synthetic_index
from mobcg.orphans import dismiss_pool
from mobcg.outcomes import InputError
from mobcg.results import read_parquet

log = logging.getLogger(__name__)

CHUNKS_PER_WORKER = 3
"""Chunks handed out at a time: one that runs, one that waits beside it, and one to come."""

Work = tuple[pd.DataFrame, dict[str, Parent], LibraryOptions, CoarseGrainedOptions, ObservableOptions, Path]
"""A chunk's rows, their parents, the options, and the file it goes to."""

LIBRARY_PROTOCOL = 4
"""Raised when the same plan gives other values (engine, measurement, perturbation), so that chunks of former code are not used."""


def execute_library(
    plan: pd.DataFrame,
    parents: Mapping[str, Parent],
    library: LibraryOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    pool: PoolOptions,
    folder: Path,
    logs: Path | None = None,
) -> pd.DataFrame:
    """Run every row of `plan`; return the database's rows in the plan's order.

    Chunks of `library.chunk_runs` rows go to the pool; a finished chunk is stored in `folder` under the hash of all that decides
    its values (rows, parents, options), so it is used again only for exactly the same work.
    Workers that are jobs of Slurm leave their logs in `logs`.
    """
    pieces = chunks(plan, library.chunk_runs)
    paths = [folder / f"{chunk_key(piece, parents, library, run_options, observables)}.parquet" for piece in pieces]
    run_options = run_options.model_copy(update={"threads": pool.threads_per_worker})
    finished = [_finished(path) for path in paths]
    missing = [index for index, frame in enumerate(finished) if frame is None]
    log.info("library: %d runs in %d chunks, %d of them finished before", len(plan), len(pieces), len(pieces) - len(missing))
    if missing:
        name = pool_name(folder)
        if pool.kind == "slurm":
            dismiss_pool(name, log.warning)
        with open_pool(pool, name, logs) as client, logging_redirect_tqdm():
            work = [(pieces[i], _only(parents, pieces[i]), library, run_options, observables, paths[i]) for i in missing]
            failures = _work_off(client, work, pool)
        if failures:
            raise RuntimeError(f"{len(failures)} of {len(missing)} chunks failed, the others are kept; first: {failures[0]}")
    for left in folder.glob(".*.parquet"):  # by workers that were killed
        left.unlink(missing_ok=True)
    frames = [read_parquet(path) if frame is None else frame for frame, path in zip(finished, paths, strict=True)]
    return pd.concat(frames, ignore_index=True).set_index("run_id").loc[plan["run_id"]].reset_index()


def _work_off(client: Client, work: Sequence[Work], pool: PoolOptions) -> list[str]:
    """Have all chunks executed; return what went wrong. No more are handed out than keep the workers busy: each carries its potentials."""
    waiting = iter(work)
    running = {_submit(client, chunk): chunk[0] for chunk in islice(waiting, CHUNKS_PER_WORKER * pool.workers)}
    done, total = 0, sum(len(chunk[0]) for chunk in work)
    bar = tqdm(total=total, desc="library runs", unit="run", mininterval=5, disable=None)
    finished, failures = as_completed(list(running)), []
    for future in finished:
        piece = running.pop(future)
        if future.status == "error":
            failures.append(_told(future.exception(), piece, pool))
            log.error("%s", failures[-1])
        else:
            done += future.result()
            bar.update(future.result())
            log.info("library: %d of %d runs done", done, total)
        for chunk in islice(waiting, 1):
            follower = _submit(client, chunk)
            running[follower] = chunk[0]
            finished.add(follower)
    bar.close()
    return failures


def _submit(client: Client, chunk: Work) -> Future[int]:
    return client.submit(_run_chunk, *chunk, pure=False)


def _told(error: BaseException, piece: pd.DataFrame, pool: PoolOptions) -> str:
    """A chunk's failure in words."""
    if not isinstance(error, KilledWorker):
        return str(error)
    return (
        f"the chunk of runs {piece['run_id'].iloc[0]} to {piece['run_id'].iloc[-1]} was given up: {LIVES + 1} workers died over it. "
        f"Out of memory, most likely: raise pool.memory_mb (now {pool.memory_mb}) or lower library.chunk_runs (it holds {len(piece)}); "
        "the workers' own logs say more"
    )


def chunks(plan: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    """The plan in pieces of at most `size` runs; synthetic parents apart, so that more runs of the others leave their pieces unchanged."""
    synthetic = np.array([synthetic_index(str(name)) is not None for name in plan["parent"]], dtype=bool)
    parts = [plan[~synthetic], plan[synthetic]]
    return [part.iloc[start : start + size] for part in parts for start in range(0, len(part), size)]


def chunk_key(
    piece: pd.DataFrame,
    parents: Mapping[str, Parent],
    library: LibraryOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
) -> str:
    """The name of a chunk: a hash of everything that decides its values."""
    used = _only(parents, piece)
    states = {
        name: [p.density_per_nm3, p.temperature_K, p.reason] + ([] if p.potential is None else [p.potential.r_nm, p.potential.u_kj_per_mol])
        for name, p in used.items()
    }
    return content_hash(
        {
            "protocol": LIBRARY_PROTOCOL,
            "versions": versions(),
            "rows": piece.to_dict("records"),
            "parents": states,
            "r_max_nm": library.r_max_nm,
            "reference_mass_Da": library.reference_mass_Da,
            "synthetic": library.synthetic.model_dump(exclude={"runs"}),
            "run": run_options.physics(),
            "observables": observables.model_dump(),
        }
    )


def _finished(path: Path) -> pd.DataFrame | None:
    """A finished chunk; None where there is none that can be read."""
    if not path.exists():
        return None
    try:
        return read_parquet(path)
    except InputError as error:
        log.warning("chunk %s cannot be read and is computed again: %s", path.name, error.__cause__)
        return None


def _only(parents: Mapping[str, Parent], piece: pd.DataFrame) -> dict[str, Parent]:
    return {name: parents[name] for name in sorted(set(piece["parent"]))}


def _run_chunk(
    piece: pd.DataFrame,
    parents: Mapping[str, Parent],
    library: LibraryOptions,
    run_options: CoarseGrainedOptions,
    observables: ObservableOptions,
    path: Path,
) -> int:
    rows = [{str(name): value for name, value in row.items()} for row in piece.to_dict("records")]
    records = execute(rows, parents, library, run_options, observables)
    write_parquet(path, pd.DataFrame(records))
    return len(records)
