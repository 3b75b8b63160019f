"""`mobcg database`: look into, check, join, describe and rerun mobility databases."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobcg.cli.common import DEFAULT, Default, Told, json_lines, quiet_verb, verb
from mobcg.outcomes import CHECK_PATH, InputError, absence

if TYPE_CHECKING:
    from mobcg.database.rerun import Repetition

HELP = """Look into, check, join, describe and rerun mobility databases.

Example: mobcg database info data/mobility.parquet
"""

database = typer.Typer(help=HELP, no_args_is_help=True)

DatabaseFile = Annotated[Path, typer.Argument(help="A database: a Parquet file such as results/database/mobility.parquet.")]


@database.command("info")
@verb
def database_info(path: DatabaseFile) -> Told:
    """What a database holds: rows by outcome, templates, ranges, provenance, checksum.

    Example: mobcg database info data/mobility.parquet
    """
    from mobcg.database.information import info, text_of

    found = info(path)
    return Told(found, text_of(found).splitlines())


@database.command("validate")
@verb
def database_validate(path: DatabaseFile) -> Told:
    """Check every row against the schema; exit code 1 where something is wrong.

    Example: mobcg database validate data/mobility.parquet
    """
    from mobcg.database import store

    if not path.is_file():
        raise InputError(f"{path}: {absence(path)}", CHECK_PATH)
    problems = store.validate(path)
    return Told({"path": path, "valid": not problems, "problems": problems}, problems or [f"{path}: valid"], bool(problems))


@database.command("merge")
@verb
def database_merge(
    paths: Annotated[list[Path], typer.Argument(help="Databases (Parquet files) of one grid.")],
    out: Annotated[Path, typer.Option("--out", help="The joined database, a new or replaced file.")],
) -> Told:
    """Join databases of one grid; a run that stands in several is kept once.

    Example: mobcg database merge data/mobility.parquet results/mine/database/mobility.parquet --out all.parquet
    """
    from mobcg.database.merging import merge

    merged = merge(paths, out)
    return Told({"path": out, "rows": len(merged.frame)}, [f"{out}: {len(merged.frame)} runs"])


@database.command("datasheet")
@verb
def database_datasheet(
    path: DatabaseFile,
    out: Annotated[Path, typer.Option("--out", help="The datasheet, a Markdown file.")],
) -> Told:
    """Write a database's datasheet from the file itself: what it holds, how it came about, its limits.

    Example: mobcg database datasheet all.parquet --out DATASHEET.md
    """
    from mobcg.database.datasheet import datasheet
    from mobcg.files import write_text

    write_text(out, datasheet(path))
    return Told({"datasheet": out}, [f"{out}"])


@database.command("rerun")
@quiet_verb
def database_rerun(
    path: DatabaseFile,
    config: Annotated[list[Path], typer.Option("--config", help="Overlay(s) of the campaign that the rows come from.")],
    parents: Annotated[
        Path | None, typer.Option("--parents", help="Folder of the campaign's inversions, RESULTS/inversion; synthetic parents need none.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Rows picked at random.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the pick.")] = 1,
    run_id: Annotated[list[str] | None, typer.Option("--run-id", help="A row to rerun instead of random ones; may stand again.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="File for the comparison; - for standard output.")] = None,
    default: Default = DEFAULT,
) -> Told:
    """Repeat rows and compare with the stored values; exit code 1 where one disagrees.

    Example: mobcg database rerun data/mobility.parquet --config config/database.yaml --runs 10
    """
    from mobcg.configfile import read_config
    from mobcg.database import store
    from mobcg.database.rerun import choose, rerun
    from mobcg.files import write_json

    if json is not None and json.is_dir():
        raise InputError(f"--json {json} is a folder; name a file", "--json rerun.json, or --json - for standard output")
    settings, table = read_config(default, *config), store.read(path)
    names = run_id or choose(table, settings, parents is not None, runs, seed)
    found = rerun(table, settings, names, parents)
    values = {"database": path, "rows": [asdict(item) | {"agrees": item.agrees} for item in found]}
    disagrees = not all(item.agrees for item in found)
    if json == Path("-"):
        return Told(values, json_lines(values), disagrees)
    if json is not None:
        write_json(json, values)
    return Told(values, _table(found), disagrees)


def _table(found: list[Repetition]) -> list[str]:
    from mobcg.database.rerun import LARGEST_PULL

    width = max(6, *(len(item.run_id) for item in found))
    lines = [f"{'run_id':<{width}}  {'stored':<18}  {'again':<18}  {'pull of D':>9}  {'pull of g':>9}  comparison"]
    for item in found:
        pulls = f"{_number(item.diffusion_pull, '+.2f')}  {_number(item.g_pull, '.2f')}"
        lines.append(f"{item.run_id:<{width}}  {item.stored_outcome:<18}  {item.outcome:<18}  {pulls}  {_verdict(item)}")
    same, agreeing = sum(item.identical for item in found), sum(item.agrees for item in found)
    lines.append(
        f"{len(found)} repeated, {same} identical, {agreeing} agree (outcome, potential, pull of D within {LARGEST_PULL:g}); "
        "a pull is the difference over its standard error, of g root mean square"
    )
    return lines


def _number(value: float | None, form: str) -> str:
    return f"{'-' if value is None else format(value, form):>9}"


def _verdict(item: Repetition) -> str:
    if item.identical:
        return "identical"
    if item.agrees:
        return "agrees"
    if not item.same_potential:
        return "another potential: other parents or another seed than the row's?"
    return "another outcome" if item.outcome != item.stored_outcome else "another D"
