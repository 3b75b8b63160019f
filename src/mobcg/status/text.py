"""The survey as lines of text for a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from mobcg.outcomes import Outcome
from mobcg.status.state import State
from mobcg.status.survey import Stage, Survey

SHOWN = 40
"""Failures shown one by one."""


def lines(found: Survey, command: Sequence[str]) -> Iterator[str]:
    """What a person wants to know; `command`: Snakemake's arguments where no driver left its own."""
    yield f"{found.results}: {_driver(found)}"
    heads = (*(state.value for state in State), "of", "core-h", "to go")
    rows = [_row(stage) for stage in found.stages]
    used = sum(stage.cost.used for stage in found.stages)
    expected = [stage.cost.expected for stage in found.stages]
    more = ">" if None in expected else ""
    rows.append(("all", *[""] * (len(State) + 1), f"{used:.1f}", f"{more}{_hours(sum(filter(None, expected)))}"))
    widths = [max(len(row[column]) for row in (("stage", *heads), *rows)) for column in range(len(heads) + 1)]
    for row in (("stage", *heads), *rows):
        yield "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
    yield from _rejected(found)
    yield from _failures(found)
    yield from found.notes
    yield from _advice(found, command)


def _row(stage: Stage) -> tuple[str, ...]:
    counts = (stage.parts[state] for state in State)
    return (
        stage.name,
        *(str(count) if count else "." for count in counts),
        str(stage.total),
        f"{stage.cost.used:.1f}",
        _hours(stage.cost.expected),
    )


def _hours(expected: float | None) -> str:
    return "?" if expected is None else f"{expected:.1f}"


def _rejected(found: Survey) -> Iterator[str]:
    for stage in found.stages:
        bad = {outcome: count for outcome, count in stage.outcomes.items() if outcome != Outcome.OK}
        if not bad:
            continue
        yield f"\nrejected by physics, {stage.name}: {sum(bad.values())} of {sum(stage.outcomes.values())} (results, no failures)"
        for outcome, count in sorted(bad.items(), key=lambda item: -item[1]):
            example = next((item for item in stage.rejected if item.outcome == outcome), None)
            yield f"  {count:5d} {outcome}" + (f", such as {example.name}: {example.reason}" if example else "")


def _failures(found: Survey) -> Iterator[str]:
    failures = [failure for stage in found.stages for failure in stage.failures]
    if failures:
        yield f"\nfailed: {len(failures)}"
    for failure in failures[:SHOWN]:
        yield f"  {failure.job}: {failure.reason}"
        yield f"    {failure.log}"
    if len(failures) > SHOWN:
        yield f"  and {len(failures) - SHOWN} more: --json names all"


def _driver(found: Survey) -> str:
    driver = found.driver
    if driver is None:
        return "no driver left a note here"
    state = {True: "runs", False: "ended", None: "cannot be looked at from here"}[found.alive]
    jobs = f", {len(found.jobs)} of its jobs are in Slurm's queue" if found.jobs else ""
    return f"driven by {driver.process} since {driver.begun}, which {state}{jobs}"


def _advice(found: Survey, command: Sequence[str]) -> Iterator[str]:
    if found.finished:
        yield "\nall is done"
        return
    if found.alive:
        yield "\nits driver goes on; what failed is tried again, as often as the profile's `retries` say, and by the next start of"
    elif found.locked:
        yield "\nto continue, clear the lock that the driver left, then start again:"
        yield f"  {found.driver.unlock if found.driver else shlex.join(['snakemake', *command, '--unlock'])}"
    else:
        yield "\nto continue:"
    yield f"  {shlex.join(['snakemake', *(found.driver.command if found.driver else command)])}"
