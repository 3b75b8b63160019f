"""The pool of workers that executes the library: processes here, or Slurm jobs, by config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster

from mobcg.config import PoolOptions

LIVES = 2
"""Workers that may die over one chunk before it is given up with the next."""


@contextmanager
def open_pool(options: PoolOptions, name: str = "mobcg-pool", logs: Path | None = None) -> Iterator[Client]:
    """A dask client on a pool of `options.workers` workers, closed at the end of the block. name: of the workers' jobs in Slurm; logs:
    folder of these jobs' logs.

    Lost workers are replaced, their chunks executed by others, each at most `LIVES` times more.
    """
    failures = {"distributed.scheduler.allowed-failures": LIVES}
    with dask.config.set(failures), _cluster(options, name, logs) as cluster, Client(cluster) as client:
        yield client


def _cluster(options: PoolOptions, name: str, logs: Path | None) -> Any:
    if options.kind == "local":
        return LocalCluster(
            n_workers=options.workers,
            threads_per_worker=options.threads_per_worker,
            memory_limit=f"{options.memory_mb}MB",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        )
    cluster = slurm_cluster(options, name, logs)
    cluster.adapt(minimum_jobs=options.workers, maximum_jobs=options.workers)
    return cluster


def slurm_cluster(options: PoolOptions, name: str = "mobcg-pool", logs: Path | None = None, **scheduler: Any) -> Any:
    """Workers as Slurm jobs of one process each; a worker gives its place back one tenth of the walltime before it ends, give or take
    half of that: not all at once.

    logs: folder of their logs, the current one by default; `scheduler`: options of dask's scheduler, such as host or interface.
    """
    from dask_jobqueue.slurm import SLURMCluster

    hours, minutes = divmod(options.walltime_minutes, 60)
    return SLURMCluster(
        job_name=name,
        queue=options.partition,
        account=options.account,
        cores=options.threads_per_worker,
        processes=1,
        memory=f"{options.memory_mb}MB",
        walltime=f"{hours:02d}:{minutes:02d}:00",
        job_extra_directives=list(options.directives),
        log_directory=None if logs is None else str(logs),
        worker_extra_args=[
            "--lifetime",
            f"{int(0.9 * options.walltime_minutes)}m",
            "--lifetime-stagger",
            f"{min(120, 3 * options.walltime_minutes)}s",
        ],
        scheduler_options={"dashboard_address": ":0", **scheduler},
    )
