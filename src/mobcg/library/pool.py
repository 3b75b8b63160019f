"""The pool of workers that executes the library: processes here, or Slurm jobs, by config."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, LocalCluster

from mobcg.config import PoolOptions


@contextmanager
def open_pool(options: PoolOptions) -> Iterator[Client]:
    """A dask client on a pool of `options.workers` workers, closed at the end of the block.

    Slurm workers give their place back one tenth of the walltime before it ends, and lost ones are replaced.
    """
    cluster: Any
    if options.kind == "local":
        cluster = LocalCluster(
            n_workers=options.workers,
            threads_per_worker=options.threads_per_worker,
            memory_limit=f"{options.memory_mb}MB",
            host="127.0.0.1",
            dashboard_address=None,
        )
    else:
        from dask_jobqueue.slurm import SLURMCluster

        cluster = SLURMCluster(
            queue=options.partition,
            account=options.account,
            cores=options.threads_per_worker,
            processes=1,
            memory=f"{options.memory_mb}MB",
            walltime=f"{options.walltime_minutes // 60:02d}:{options.walltime_minutes % 60:02d}:00",
            worker_extra_args=["--lifetime", f"{int(0.9 * options.walltime_minutes)}m", "--lifetime-stagger", "2m"],
        )
        cluster.adapt(minimum_jobs=options.workers, maximum_jobs=options.workers)
    with cluster, Client(cluster) as client:
        yield client
