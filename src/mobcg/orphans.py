"""Jobs in Slurm's queue whose driver is gone: awaited, cancelled, or a reason to refuse, as the config says."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mobcg.config import Orphans
from mobcg.driver import CHUNKS, Driver, pool_name
from mobcg.outcomes import InputError
from mobcg.processes import Process
from mobcg.slurm import QueuedJob, QueueError, cancel, cancel_command, queued

Say = Callable[[str], None]

LOOK_S = 15.0
"""Between two looks at the queue."""

SAY_S = 300.0
"""Between two messages where nothing changed."""


def take_over(results: Path, policy: Orphans, say: Say, slurm_run: str, command: Sequence[str]) -> bool:
    """Begin to drive the campaign, under Snakemake's lock and before its first job; whether it has to be planned anew first.

    That is so where jobs of the former driver were awaited: they may have finished what the plan begins anew. `slurm_run`: the name of this
    driver's jobs in Slurm, "" where it runs them here; `command`: Snakemake's arguments. Raises InputError as `settle` does.
    """
    former = Driver.read(results)
    if former is not None and former.process.alive() and former.process != Process.own():
        return False  # it drives other targets: Snakemake's lock would have told otherwise
    if settle(results, policy, say, needs_queue=bool(slurm_run)):
        return True
    Driver(Process.own(), time.strftime("%Y-%m-%d %H:%M:%S"), tuple(command), slurm_run).write(results)
    return False


def settle(results: Path, policy: Orphans, say: Say, needs_queue: bool) -> bool:
    """Take care of the jobs that the campaign's former driver left in the queue; whether some of them were awaited and may have results.

    To be called while no driver runs. Workers of the library's pool are of no use without the job that they were started by: once that is
    gone they are cancelled whatever the policy. `needs_queue`: whether the campaign runs on Slurm, where a queue that cannot be read is
    an error. Raises InputError for that and, by the policy `refuse`, where jobs are left.
    """
    driver = Driver.read(results)
    if driver is None:
        return False
    jobs, pool = [driver.slurm_run] if driver.slurm_run else [], [pool_name(results / CHUNKS)]
    try:
        left = queued(jobs)
        if left and policy == "refuse":
            raise InputError(_refusal(left, driver, results))
        if left and policy == "cancel":
            say(f"{_count(left)} of the campaign's former driver ({driver.process}) are cancelled (orphans: cancel)")
            cancel([*pool, *jobs])
        elif left:
            say(f"{_count(left)} of the campaign's former driver ({driver.process}) are in the queue: they are awaited (orphans: wait)")
            say(f"to cancel them instead: {shlex.join(cancel_command(driver.slurm_run))}")
        _await(jobs, left, say)
        leftover = queued(pool)
        if leftover:
            say(f"{_count(leftover)} of the library's former pool are cancelled")
            cancel(pool)
            _await(pool, leftover, say)
    except QueueError as error:
        if needs_queue:
            raise InputError(f"whether jobs of the former driver still run cannot be seen: {error}; start again when it can") from error
        say(f"Slurm's queue was not looked at: {error}")
        return False
    return bool(left) and policy == "wait"


def dismiss_pool(name: str, say: Say) -> None:
    """Cancel workers of that name, which a killed job of the library left in the queue. To be called before new ones are started."""
    try:
        left = queued([name])
        if left:
            say(f"{_count(left)} of the library's former pool are cancelled")
            cancel([name])
    except QueueError as error:
        say(f"whether workers of the library's former pool still run was not looked at: {error}")


def _await(names: Sequence[str], before: Sequence[QueuedJob], say: Say) -> None:
    """Return when no job with one of `names` is in the queue any more."""
    left, said, troubles = list(before), time.monotonic(), 0
    while left:
        try:
            now, troubles = queued(names), 0
        except QueueError as error:
            troubles += 1
            if troubles * LOOK_S > SAY_S:
                raise
            say(f"{error}; asking again")
            now = left
        if len(now) != len(left) or time.monotonic() - said > SAY_S:
            say(f"{_count(now)} left" if now else "all have ended")
            said = time.monotonic()
        left = now
        if left:
            time.sleep(LOOK_S)


def _refusal(left: Sequence[QueuedJob], driver: Driver, results: Path) -> str:
    return (
        f"{_count(left)} of the former driver of {results} ({driver.process}) are in the queue (orphans: refuse). Start again when\n"
        f"  squeue --me --name={driver.slurm_run}\nis empty; to cancel them:\n  {shlex.join(cancel_command(driver.slurm_run))}"
    )


def _count(jobs: Sequence[QueuedJob]) -> str:
    pending = sum(job.pending for job in jobs)
    return f"{len(jobs)} job{'' if len(jobs) == 1 else 's'}" + (f" ({pending} pending)" if pending else "")
